// `npm run peers azure -- DIR`: exchanges that somebody recorded in a subscription, sent again to the local Azure.

import { randomBytes } from 'node:crypto';
import { join } from 'node:path';

import { pseudonymsUnder } from '../../../src/lib/azure/recording/pseudonyms.js';
import {
  type RecordedExchange,
  sanitizeExchange,
} from '../../../src/lib/azure/recording/recorded-exchange.js';
import type { HttpsAnswer } from '../../support/https-call.js';
import { startTestEmulator } from '../../support/local-azure.js';
import { countAnswers, type PeerOutcome } from '../outcome.js';
import type { Compared } from '../peer.js';
import { answerShape, shapeDifference } from './answer-shape.js';
import { fillJson } from './fill-body.js';
import { type LearntNames, learntNames } from './learnt-names.js';
import { type LocalSide, localSide } from './local-side.js';
import { createPreparation } from './prepare.js';
import { type NumberedExchange, readRecordings } from './read-recordings.js';

/** Replays the recordings of `recorded`; the local Azure lives in `directory`, which is empty. */
export async function replayRecordings(recorded: string, directory: string): Promise<PeerOutcome> {
  const started = performance.now();
  const exchanges = readRecordings(recorded);
  const emulator = await startTestEmulator(join(directory, 'azure'));
  try {
    const side = await localSide(emulator, directory);
    const compared = await replayAll(exchanges, side);
    const days = exchanges.flatMap(({ exchange: { day } }) => day ?? []).toSorted();
    return {
      peer: 'azure',
      version: `recorded ${days[0] ?? 'on no day'}`,
      about: 'recorded exchanges against the local Azure',
      ...countAnswers(compared),
      seconds: (performance.now() - started) / 1000,
      notRun: exchanges.length === 0 ? `${recorded} holds no recordings` : null,
    };
  } finally {
    await emulator.stop();
  }
}

async function replayAll(
  exchanges: readonly NumberedExchange[],
  side: LocalSide,
): Promise<readonly Compared[]> {
  const names = learntNames(side.places);
  const prepare = createPreparation(side, names);
  const again = createSender(side, names);
  const compared: Compared[] = [];
  for (const { number, exchange } of exchanges) {
    const { service, request, answer } = exchange;
    const question = `${number} ${request.method} ${service} ${request.path}`;
    if (side.base(service) === null) {
      compared.push({ question, ours: 'not sent', theirs: '-', byDesign: 'a service that is not emulated' });
      continue;
    }
    await prepare(exchange);
    const local = await again(exchange);
    names.learn(answer.body, { kind: 'json', json: local.raw.json });
    names.learn(answer.headers, local.raw.headers);
    const difference = shapeDifference(answerShape(answer), answerShape(local.sanitized.answer));
    compared.push({
      question,
      ours: difference ?? 'the same',
      theirs: 'the same',
      byDesign: null,
    });
  }
  return compared;
}

/* Sends a recorded request with local names, login and values. */
function createSender(side: LocalSide, names: LearntNames) {
  const name = pseudonymsUnder(randomBytes(32));
  const blocks = new Map<string, string[]>();
  return async (exchange: RecordedExchange): Promise<{ raw: HttpsAnswer; sanitized: RecordedExchange }> => {
    const { service, request } = exchange;
    const url = await urlOf(exchange, side, names, blocks);
    const text = textOf(exchange, side, names, blocks);
    const headers = headersOf(request);
    const token = request.authorization === 'bearer' ? { token: await side.token(exchange) } : {};
    const raw = await side.call(request.method, url, {
      headers,
      ...token,
      ...(text === null ? {} : { text }),
    });
    const answerHeaders = Object.fromEntries(
      Object.entries(raw.headers).map(([header, value]) => [header, String(value)]),
    );
    const length = request.method === 'HEAD' ? 0 : Buffer.byteLength(raw.text);
    const streamed = exchange.answer.body.kind === 'bytes' && raw.status < 300;
    const sanitized = sanitizeExchange(
      {
        ...{
          service,
          method: request.method,
          url,
          requestHeaders: headers,
          status: raw.status,
          answerHeaders,
        },
        requestBody: { text: null, length: 0 },
        answerBody: { text: streamed ? null : raw.text, length },
      },
      name,
    );
    return { raw, sanitized };
  };
}

async function urlOf(
  { service, request }: RecordedExchange,
  side: LocalSide,
  names: LearntNames,
  blocks: Map<string, string[]>,
): Promise<string> {
  const path = pathOf(service, names.fill(request.path), side);
  const kept = Object.entries(request.query).filter(([, value]) => value !== '<text>');
  const query = new URLSearchParams(Object.fromEntries(kept));
  if ('blockid' in request.query) {
    const ids = blocks.get(path) ?? [];
    const id = Buffer.from(`block-${String(ids.length).padStart(6, '0')}`).toString('base64');
    blocks.set(path, [...ids, id]);
    query.set('blockid', id);
  }
  if (request.authorization === 'sas') {
    for (const parameter of ['sv', 'sp', 'sr', 'spr']) query.delete(parameter);
    const sas = new URLSearchParams(await side.sas(path.split('/')[1] ?? '', request.query['sp'] ?? 'r'));
    for (const [key, value] of sas) query.set(key, value);
  }
  const asked = query.size === 0 ? '' : `?${query.toString()}`;
  return `${side.base(service) ?? ''}${path}${asked}`;
}

/* At the token endpoint the first segment is the tenant. */
function pathOf(service: RecordedExchange['service'], path: string, side: LocalSide): string {
  return service === 'token-endpoint' ? path.replace(/^\/[^/]+/, `/${side.places['tenant'] ?? ''}`) : path;
}

function textOf(
  { request: { body, path } }: RecordedExchange,
  side: LocalSide,
  names: LearntNames,
  blocks: Map<string, string[]>,
): string | null {
  switch (body.kind) {
    case 'none':
      return null;
    case 'bytes':
      return 'x'.repeat(body.atMost);
    case 'json':
      return JSON.stringify(fillJson(body.json, side.values, names));
    case 'form':
      return new URLSearchParams(
        fillJson(body.form, side.values, names) as Record<string, string>,
      ).toString();
    case 'xml':
      return body.elements.includes('KeyInfo')
        ? keyInfo()
        : `<?xml version="1.0" encoding="utf-8"?><BlockList>${(blocks.get(names.fill(path)) ?? [])
            .map((id) => `<Latest>${id}</Latest>`)
            .join('')}</BlockList>`;
  }
}

function keyInfo(): string {
  const at = (hours: number): string =>
    new Date(Date.now() + hours * 3_600_000).toISOString().replace(/\.\d+/, '');
  return `<?xml version="1.0" encoding="utf-8"?><KeyInfo><Start>${at(-1)}</Start><Expiry>${at(4)}</Expiry></KeyInfo>`;
}

function headersOf({ headers }: RecordedExchange['request']): Record<string, string> {
  const { 'x-ms-range': range, ...others } = headers;
  return {
    'content-type': 'application/octet-stream',
    ...Object.fromEntries(Object.entries(others).filter(([, value]) => value !== '<text>')),
    ...(range === undefined ? {} : { 'x-ms-range': 'bytes=0-99' }),
  };
}
