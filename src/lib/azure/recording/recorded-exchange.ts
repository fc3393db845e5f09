// A recorded exchange: one request and its answer, with nothing left of who asked and about what.

import { ANSWER_HEADERS, REQUEST_HEADERS, RESOURCES } from './allow-list.js';
import type { Pseudonym } from './pseudonyms.js';
import { type RecordedBody, sanitizeBody, type WireBody } from './sanitize-body.js';
import {
  type RecordedLocation,
  type RecordedService,
  sanitizeLocation,
  sanitizeReference,
} from './sanitize-location.js';

export const RECORDING_FORMAT = 'cleanroom-exchange/1';

type Headers = Readonly<Record<string, string>>;

/** An exchange as it was on the wire; names of headers in lower case. Holds secrets. */
export interface WireExchange {
  readonly service: RecordedService;
  readonly method: string;
  readonly url: string;
  readonly requestHeaders: Headers;
  readonly requestBody: WireBody;
  readonly status: number;
  readonly answerHeaders: Headers;
  readonly answerBody: WireBody;
}

export interface RecordedExchange {
  readonly format: typeof RECORDING_FORMAT;
  /** The service's own, as its `Date` says; null where it says none. */
  readonly day: string | null;
  readonly service: RecordedService;
  readonly request: RecordedLocation & {
    readonly method: string;
    readonly authorization: 'bearer' | 'sas' | 'shared-key' | 'none';
    readonly headers: Headers;
    readonly body: RecordedBody;
  };
  readonly answer: {
    readonly status: number;
    readonly headers: Headers;
    readonly body: RecordedBody;
  };
}

const METHOD = /^(?:GET|HEAD|PUT|POST|PATCH|DELETE)$/;

/** Keeps of an exchange what the allow-lists name. */
export function sanitizeExchange(wire: WireExchange, name: Pseudonym): RecordedExchange {
  const url = new URL(wire.url);
  const { requestHeaders, answerHeaders } = wire;
  return {
    format: RECORDING_FORMAT,
    day: dayOf(answerHeaders['date']),
    service: wire.service,
    request: {
      method: METHOD.test(wire.method) ? wire.method : '<method>',
      ...sanitizeLocation(url, wire.service, name),
      authorization: authorizationOf(url, requestHeaders['authorization']),
      headers: keptHeaders(requestHeaders, REQUEST_HEADERS),
      body: sanitizeBody(wire.requestBody, requestHeaders['content-type'] ?? '', name),
    },
    answer: {
      status: wire.status,
      headers: {
        ...keptHeaders(answerHeaders, ANSWER_HEADERS),
        ...referenceHeaders(answerHeaders, name),
        ...challengeOf(answerHeaders['www-authenticate']),
      },
      body: sanitizeBody(wire.answerBody, answerHeaders['content-type'] ?? '', name),
    },
  };
}

function keptHeaders(headers: Headers, allowed: Readonly<Record<string, RegExp>>): Headers {
  return Object.fromEntries(
    Object.entries(allowed).flatMap(([header, values]) => {
      const value = headers[header];
      if (value === undefined) return [];
      return [[header, values.test(value) ? value : '<text>']];
    }),
  );
}

function referenceHeaders(headers: Headers, name: Pseudonym): Headers {
  return Object.fromEntries(
    ['azure-asyncoperation', 'location'].flatMap((header) => {
      const value = headers[header];
      return value === undefined ? [] : [[header, sanitizeReference(value, name) ?? '<text>']];
    }),
  );
}

/* `Bearer authorization="…", resource="…"`: the scheme, the parameters' names, and the resource where it is Azure's own. */
function challengeOf(challenge: string | undefined): Headers {
  if (challenge === undefined) return {};
  const scheme = /^(?:Bearer|Basic|PoP)\b/.exec(challenge)?.[0] ?? '<scheme>';
  const parameters = [
    ...challenge.matchAll(/\b(authorization|authorization_uri|resource|resource_id|scope)=["']?([^"',\s]+)/g),
  ];
  const kept = parameters.map(
    ([, key = '', value = '']) => `${key}="${RESOURCES.has(value) ? value : '<text>'}"`,
  );
  return { 'www-authenticate': [scheme, kept.join(', ')].join(' ').trim() };
}

function authorizationOf(url: URL, header: string | undefined): RecordedExchange['request']['authorization'] {
  if (header === undefined) return url.searchParams.has('sig') ? 'sas' : 'none';
  return /^bearer /i.test(header) ? 'bearer' : 'shared-key';
}

function dayOf(date: string | undefined): string | null {
  const at = new Date(date ?? '');
  return Number.isNaN(at.getTime()) ? null : at.toISOString().slice(0, 10);
}
