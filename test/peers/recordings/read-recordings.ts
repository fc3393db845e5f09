// Recordings as somebody sent them: files of others, looked at before they are used.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import * as v from 'valibot';

import {
  RECORDING_FORMAT,
  type RecordedExchange,
} from '../../../src/lib/azure/recording/recorded-exchange.js';

const Headers = v.record(v.string(), v.string());
const Body = v.variant('kind', [
  v.strictObject({ kind: v.literal('none') }),
  v.strictObject({ kind: v.literal('json'), json: v.unknown() }),
  v.strictObject({ kind: v.literal('form'), form: v.unknown() }),
  v.strictObject({ kind: v.literal('xml'), elements: v.array(v.string()) }),
  v.strictObject({
    kind: v.literal('bytes'),
    atMost: v.pipe(v.number(), v.integer(), v.maxValue(64 * 1024 * 1024)),
  }),
]);
const Services = [
  ...(['managed-hsm', 'key-vault', 'resource-manager', 'blob-storage'] as const),
  ...(['attestation', 'token-endpoint', 'other'] as const),
];
const Exchange = v.strictObject({
  format: v.literal(RECORDING_FORMAT),
  day: v.nullable(v.string()),
  service: v.picklist(Services),
  request: v.strictObject({
    method: v.picklist(['GET', 'HEAD', 'PUT', 'POST', 'PATCH', 'DELETE']),
    path: v.pipe(v.string(), v.startsWith('/')),
    query: Headers,
    authorization: v.picklist(['bearer', 'sas', 'shared-key', 'none']),
    headers: Headers,
    body: Body,
  }),
  answer: v.strictObject({ status: v.number(), headers: Headers, body: Body }),
});

export interface NumberedExchange {
  readonly number: string;
  readonly exchange: RecordedExchange;
}

/** The recordings of a directory, in their order. @throws Error where a file is none */
export function readRecordings(directory: string): readonly NumberedExchange[] {
  return readdirSync(directory)
    .filter((name) => /^\d+\.json$/.test(name))
    .toSorted((one, other) => Number.parseInt(one, 10) - Number.parseInt(other, 10))
    .map((name) => {
      const parsed = v.safeParse(Exchange, JSON.parse(readFileSync(join(directory, name), 'utf8')));
      if (!parsed.success) throw new Error(`${name} is no recording: ${v.summarize(parsed.issues)}`);
      return { number: name.replace('.json', ''), exchange: parsed.output };
    });
}
