// templates/self-test.json: the shared vectors, each file stored once; the synthetic ones with the anchors they name.

import { createHash } from 'node:crypto';

import {
  EVIDENCE_VECTORS,
  type EvidenceVector,
  TOKEN_VECTORS,
  type TokenVector,
  vectorFile,
} from '../test/support/attestation-vectors.js';

type Inputs = Readonly<Record<string, string | undefined>>;

const PART: Readonly<Record<string, string>> = { runtime_data: 'runtimeData' };

function isSynthetic(vector: EvidenceVector): vector is EvidenceVector & { readonly trust_anchors: string } {
  return vector.trust_anchors?.startsWith('synthetic/') === true;
}

/** The text of the file. */
export function renderSelfTestFile(): string {
  const blobs = new Map<string, string>();
  const store = (path: string): string => {
    const bytes = Buffer.from(vectorFile(path));
    const name = createHash('sha256').update(bytes).digest('hex').slice(0, 16);
    blobs.set(name, bytes.toString('base64'));
    return name;
  };
  const caseOf = ({ name, inputs, options, expected_reasons: reasons }: EvidenceVector | TokenVector) => ({
    name,
    parts: partsOf(inputs),
    options,
    reasons,
  });
  const partsOf = (inputs: Inputs): Record<string, string> =>
    Object.fromEntries(
      Object.entries(inputs).flatMap(([name, path]) => (path === undefined ? [] : [[PART[name] ?? name, store(path)]])),
    );
  const evidence = EVIDENCE_VECTORS.map((vector) => ({
    ...caseOf(vector),
    ...(isSynthetic(vector) ? { anchors: store(vector.trust_anchors) } : {}),
  }));
  const cases = [...evidence, ...TOKEN_VECTORS.map(caseOf)];
  return `${JSON.stringify({ version: 1, blobs: Object.fromEntries(blobs), cases })}\n`;
}
