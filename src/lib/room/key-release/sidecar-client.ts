// Client of Microsoft's key release sidecar (plain HTTP on the group's loopback; routes as in its README).

import * as v from 'valibot';

import { decodeUtf8, utf8 } from '../../base/bytes/arrays.js';
import { fromBase64, toBase64 } from '../../base/bytes/base64.js';
import { fromHex } from '../../base/bytes/hex.js';
import { CleanroomError } from '../../base/errors.js';
import { exchange, HttpFailure } from '../../http/exchange.js';
import { parseReleasedJwk, type ReleasedKey } from './released-key.js';
import { type SidecarFailure, sidecarFailure } from './sidecar-failure.js';

const COMBINED = '/attest/combined';
const REPORT_BYTES = 1184;
const MAX_ANSWER_BYTES = 4 * 1024 * 1024;
const DEFAULT_TIMEOUT_MS = 60_000;

export interface SidecarOptions {
  readonly port: number;
  /** `localhost` if absent: the sidecar listens nowhere else. */
  readonly host?: string;
  /** Of one request, attestation and release included; 60 s if absent. */
  readonly timeoutMs?: number;
}

/** What a verifier needs beside the report. */
export interface CombinedEvidence {
  /** 1184 bytes. */
  readonly report: Uint8Array;
  /** PEM: VCEK, ASK, ARK. */
  readonly certificateChain: string;
  /** TCB of the certificate, hex, as THIM gives it. */
  readonly endorsedTcb: string;
  /** Text of `reference-info-base64`; empty where the machine has none. */
  readonly uvmEndorsement: string;
}

export interface KeyReleaseRequest {
  /** Host of the attestation service, with port where it is not 443. */
  readonly authority: string;
  /** Host of the vault, with port where it is not 443. */
  readonly vault: string;
  /** `name` or `name/version`. */
  readonly key: string;
  /** Absent: the sidecar asks the metadata service. */
  readonly accessToken?: string;
}

export interface SidecarClient {
  /** Whether the sidecar is up. @throws CleanroomError SIDECAR_UNREACHABLE */
  status(): Promise<void>;
  /** A report over SHA-256 of `runtimeData`. */
  attestRaw(runtimeData: Uint8Array): Promise<Uint8Array>;
  /** A report over SHA-256 of `runtimeData`, with the chain and the UVM endorsement. */
  attestCombined(runtimeData: Uint8Array): Promise<CombinedEvidence>;
  /** A token of the attestation service; `runtimeData` must be JSON text. */
  attestMaa(authority: string, runtimeData: Uint8Array): Promise<string>;
  /** Attests and fetches the key that the vault releases. */
  releaseKey(request: KeyReleaseRequest): Promise<ReleasedKey>;
}

const RawAnswer = v.looseObject({ report: v.string() });
const CombinedAnswer = v.looseObject({
  evidence: v.string(),
  endorsements: v.string(),
  endorsed_tcb: v.string(),
  uvm_endorsements: v.optional(v.string(), ''),
});
const MaaAnswer = v.looseObject({ token: v.pipe(v.string(), v.minLength(1)) });
const KeyAnswer = v.looseObject({ key: v.string() });
const ErrorAnswer = v.looseObject({ error: v.unknown() });

/**
 * A client of the sidecar. Each call throws CleanroomError: SIDECAR_UNREACHABLE, SIDECAR_REQUEST_REFUSED,
 * SIDECAR_ANSWER_MALFORMED, SIDECAR_TOO_OLD, and `releaseKey` and `attestMaa` the code of the service behind it (see sidecar-failure.ts).
 */
export function createSidecarClient(options: SidecarOptions): SidecarClient {
  const post = async <S extends v.GenericSchema>(
    path: string,
    body: Record<string, string | undefined>,
    schema: S,
    failure: SidecarFailure,
  ): Promise<v.InferOutput<S>> => {
    const answer = await ask(options, 'POST', path, JSON.stringify(body));
    if (answer.status === 404 && path === COMBINED) throw tooOld();
    if (answer.status !== 200) throw sidecarFailure(failure, answer.status, errorText(answer.text));
    const outcome = v.safeParse(schema, firstJsonValue(answer.text));
    if (!outcome.success) throw malformed(path);
    return outcome.output;
  };
  return {
    status: async () => {
      const answer = await ask(options, 'GET', '/status', null);
      if (answer.status !== 200 || !/"status ok"/i.test(answer.text)) {
        throw new CleanroomError('SIDECAR_UNREACHABLE', 'the sidecar is not ready');
      }
    },
    attestRaw: async (runtimeData) => {
      const body = { runtime_data: toBase64(runtimeData) };
      return readReport(fromHex((await post('/attest/raw', body, RawAnswer, 'report')).report));
    },
    attestCombined: async (runtimeData) => {
      const body = { runtime_data: toBase64(runtimeData) };
      const answer = await post(COMBINED, body, CombinedAnswer, 'report');
      return {
        report: readReport(fromBase64(answer.evidence)),
        certificateChain: decodeUtf8(fromBase64(answer.endorsements) ?? utf8('')) ?? '',
        endorsedTcb: answer.endorsed_tcb,
        uvmEndorsement: answer.uvm_endorsements,
      };
    },
    attestMaa: async (authority, runtimeData) => {
      const body = { maa_endpoint: authority, runtime_data: toBase64(runtimeData) };
      return (await post('/attest/maa', body, MaaAnswer, 'attestation')).token;
    },
    releaseKey: async ({ authority, vault, key, accessToken }) => {
      const body = { maa_endpoint: authority, akv_endpoint: vault, kid: key, access_token: accessToken };
      return parseReleasedJwk((await post('/key/release', body, KeyAnswer, 'release')).key);
    },
  };
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

async function ask(
  { host = 'localhost', port, timeoutMs = DEFAULT_TIMEOUT_MS }: SidecarOptions,
  method: 'GET' | 'POST',
  path: string,
  body: string | null,
): Promise<Answer> {
  try {
    const answer = await exchange({
      method,
      url: `http://${host}:${port}${path}`,
      headers: body === null ? {} : { 'content-type': 'application/json' },
      body,
      timeoutMs,
      maxBytes: MAX_ANSWER_BYTES,
    });
    return { status: answer.status, text: new TextDecoder().decode(answer.body) };
  } catch (cause) {
    if (!(cause instanceof HttpFailure)) throw cause;
    if (cause.kind === 'too-long') throw malformed(path);
    throw new CleanroomError('SIDECAR_UNREACHABLE', `the sidecar ${cause.message}`, { cause });
  }
}

/* A failed attestation is answered with two JSON objects back to back: only the first one counts. */
function firstJsonValue(text: string): unknown {
  try {
    return JSON.parse(text.slice(0, endOfFirstObject(text)));
  } catch {
    return undefined;
  }
}

function endOfFirstObject(text: string): number {
  let depth = 0;
  let quoted = false;
  for (const { 0: sign, index } of text.matchAll(/\\.|["{}]/gs)) {
    if (sign === '"') quoted = !quoted;
    else if (!quoted && sign === '{') depth += 1;
    else if (!quoted && sign === '}') {
      depth -= 1;
      if (depth === 0) return index + 1;
    }
  }
  return text.length;
}

/* `/key/release` answers a bad request with an empty object where its text should be. */
function errorText(text: string): string {
  const outcome = v.safeParse(ErrorAnswer, firstJsonValue(text));
  if (!outcome.success) return '';
  return typeof outcome.output.error === 'string' ? outcome.output.error : '';
}

function readReport(bytes: Uint8Array | null): Uint8Array {
  if (bytes?.length !== REPORT_BYTES) throw malformed('the report');
  return bytes;
}

/* The route came with release 2.11; before it the sidecar's router knows no such page. */
function tooOld(): CleanroomError {
  return new CleanroomError(
    'SIDECAR_TOO_OLD',
    'the key release sidecar has no /attest/combined: it is older than release 2.11',
  );
}

function malformed(what: string): CleanroomError {
  return new CleanroomError('SIDECAR_ANSWER_MALFORMED', `the sidecar's answer to ${what} is not of its form`);
}
