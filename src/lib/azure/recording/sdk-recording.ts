// The Azure SDKs' exchanges, told to the recorder: a policy of their pipelines. Storage takes policies in the older form only.

import type { ExchangeRecorder } from './recorder.js';
import type { RecordedService } from './sanitize-location.js';

interface SdkRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: SdkHeaders;
  readonly body?: unknown;
}

interface SdkAnswer {
  readonly status: number;
  readonly headers: SdkHeaders;
  /** Absent where the body is a stream. */
  readonly bodyAsText?: string | null | undefined;
}

/* `toJSON` in pipelines, `toJson` in those of the older form. */
interface SdkHeaders {
  toJSON?(): Readonly<Record<string, string>>;
  toJson?(): Readonly<Record<string, string>>;
}

type Send<Request, Answer> = (request: Request) => Promise<Answer>;

interface RecordingPolicy {
  readonly name: string;
  sendRequest<Request extends SdkRequest, Answer extends SdkAnswer>(
    request: Request,
    next: Send<Request, Answer>,
  ): Promise<Answer>;
}

interface AdditionalPolicies {
  readonly additionalPolicies?: { policy: RecordingPolicy; position: 'perRetry' }[];
}

/** Client options by which an SDK's exchanges are recorded; none where nothing is recorded. */
export function recordedBy(
  recorder: ExchangeRecorder | null | undefined,
  service: RecordedService,
): AdditionalPolicies {
  if (recorder == null) return {};
  return { additionalPolicies: [{ policy: recordingPolicy(recorder, service), position: 'perRetry' }] };
}

/** The same for a storage client's pipeline, which is asked before requests are signed; empty where nothing is recorded. */
export function storageRecording(recorder: ExchangeRecorder | null | undefined, login: 'login' | 'sas') {
  if (recorder == null) return [];
  const added: Readonly<Record<string, string>> = login === 'login' ? { authorization: 'Bearer -' } : {};
  const policy = recordingPolicy(recorder, 'blob-storage', added);
  const create = <Request extends SdkRequest, Answer extends SdkAnswer>(next: {
    sendRequest: Send<Request, Answer>;
  }) => ({ sendRequest: (request: Request) => policy.sendRequest(request, (one) => next.sendRequest(one)) });
  return [{ create }];
}

function recordingPolicy(
  recorder: ExchangeRecorder,
  service: RecordedService,
  added: Readonly<Record<string, string>> = {},
): RecordingPolicy {
  return {
    name: 'cleanroomRecording',
    sendRequest: async (request, next) => {
      const { method, url, body } = request;
      const requestHeaders = { ...headersOf(request.headers), ...added };
      const answer = await next(request);
      const answerHeaders = headersOf(answer.headers);
      await recorder({
        ...{ service, method, url, requestHeaders, answerHeaders, status: answer.status },
        requestBody: bodyOf(body, requestHeaders),
        answerBody: bodyOf(method === 'HEAD' ? null : (answer.bodyAsText ?? undefined), answerHeaders),
      });
      return answer;
    },
  };
}

function headersOf(headers: SdkHeaders): Record<string, string> {
  const given = headers.toJSON?.() ?? headers.toJson?.() ?? {};
  return Object.fromEntries(Object.entries(given).map(([key, value]) => [key.toLowerCase(), value]));
}

/* A stream is as long as its header says. */
function bodyOf(body: unknown, headers: Readonly<Record<string, string>>) {
  if (body === null) return { text: null, length: 0 };
  if (typeof body === 'string') return { text: body, length: Buffer.byteLength(body) };
  if (body instanceof Uint8Array) return { text: null, length: body.length };
  const length = Number(headers['content-length'] ?? 0);
  return { text: null, length: Number.isSafeInteger(length) ? length : 0 };
}
