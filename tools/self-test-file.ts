// templates/self-test.json: the shared vectors that hold under the pinned anchors, each file stored once.

import { createHash } from 'node:crypto';

import { EVIDENCE_VECTORS, TOKEN_VECTORS, vectorFile } from '../test/support/attestation-vectors.js';

type Inputs = Readonly<Record<string, string | undefined>>;

const PART: Readonly<Record<string, string>> = { runtime_data: 'runtimeData' };

/** The text of the file. */
export function renderSelfTestFile(): string {
  const blobs = new Map<string, string>();
  const store = (path: string): string => {
    const bytes = Buffer.from(vectorFile(path));
    const name = createHash('sha256').update(bytes).digest('hex').slice(0, 16);
    blobs.set(name, bytes.toString('base64'));
    return name;
  };
  const partsOf = (inputs: Inputs): Record<string, string> =>
    Object.fromEntries(
      Object.entries(inputs).flatMap(([name, path]) => (path === undefined ? [] : [[PART[name] ?? name, store(path)]])),
    );
  const evidence = EVIDENCE_VECTORS.filter((vector) => vector.trust_anchors?.startsWith('synthetic/') !== true);
  const cases = [...evidence, ...TOKEN_VECTORS].map(({ name, inputs, options, expected_reasons: reasons }) => ({
    name,
    parts: partsOf(inputs),
    options,
    reasons,
  }));
  return `${JSON.stringify({ version: 1, blobs: Object.fromEntries(blobs), cases })}\n`;
}
