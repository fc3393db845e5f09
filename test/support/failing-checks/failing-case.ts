// One case a check in which it does not hold: by these the table of checks is shown to hold no check that never fails.

import { PINNED_ANCHORS } from '../../../src/lib/attestation/anchors.js';
import { nodeSignatureCrypto } from '../../../src/lib/attestation/crypto/node-crypto.js';
import { rememberRsaSignatures } from '../../../src/lib/attestation/crypto/remembered-crypto.js';
import { readAppraisal } from '../../../src/lib/attestation/expectations.js';
import type { EvidenceParts } from '../../../src/lib/attestation/parse-evidence.js';
import { parseServiceKeys } from '../../../src/lib/attestation/maa/key-set.js';
import type { Check } from '../../../src/lib/base/verdict/check.js';
import { type VerifierInput, verifierPlan } from '../../../src/lib/evidence/verifier-plan.js';
import { type EvidencePieces } from '../../../src/lib/evidence/evidence-pieces.js';
import { verifyPieces } from '../../../src/lib/evidence/verify-evidence-file.js';
import {
  evidenceVector,
  TOKEN_VECTORS,
  vectorAnchors,
  vectorExpectations,
  vectorFile,
  vectorParts,
} from '../attestation-vectors.js';
import { judgeRaw } from '../judge.js';

type Checks = readonly Check[] | Promise<readonly Check[]>;

/** A case in which the check fails; or, where it never does, in which it does not pass, and why it never fails. */
export type FailingCase =
  | { readonly name: string; readonly fails: () => Checks }
  | { readonly name: string; readonly neverFails: string; readonly skips: () => Checks }
  | {
      readonly name: string;
      readonly neverFails: string;
      readonly throws: () => unknown;
      readonly code: string;
    };

/** A case for each of the checks of a table: one that has none does not compile. */
export type CasesOf<Table> = Readonly<Record<keyof Table, FailingCase>>;

const crypto = rememberRsaSignatures(nodeSignatureCrypto);

/** A case by one of the shared vectors. */
export function vector(name: string): FailingCase {
  return {
    name: `vector ${name}`,
    fails: async () => {
      const found = evidenceVector(name);
      const { verdict } = await judgeRaw({
        ...vectorParts(found),
        anchors: vectorAnchors(found),
        expectations: vectorExpectations(found),
        crypto,
      });
      return verdict.checks;
    },
  };
}

/** A case by one of the shared vectors of tokens. */
export function tokenVector(name: string): FailingCase {
  return {
    name: `vector ${name}`,
    fails: () => {
      const found = TOKEN_VECTORS.find((one) => one.name === name);
      if (found === undefined) throw new Error(`no vector ${name}`);
      const { at, ...expectations } = vectorExpectations(found);
      return checksOf(
        { form: 'pieces', parts: {}, token: textOf(found.inputs.token) },
        { tokenKeys: keysOf(found.inputs.jwks), appraisal: { at, ...expectations } },
      );
    },
  };
}

/** Evidence of a real Milan machine. */
export const MILAN = vectorParts(evidenceVector('aci-milan-v3-svn103-rsa'));

/** Pieces as the engine judges them, under pinned roots unless `given` says others. */
export async function checksOf(
  pieces: EvidencePieces,
  given: Partial<VerifierInput> = {},
): Promise<readonly Check[]> {
  const input = { crypto, anchors: PINNED_ANCHORS, emulatedAllowed: true, ...given };
  return (await verifyPieces(pieces, verifierPlan(input, new Date()).plan)).checks;
}

/** What an appraisal file demands, over evidence of the Milan machine. */
export function demand(name: string, file: object, parts: Partial<EvidenceParts> = {}): FailingCase {
  const appraisal = readAppraisal(JSON.stringify(file));
  return {
    name,
    fails: () => checksOf({ form: 'pieces', parts: { ...MILAN, ...parts } }, { appraisal }),
  };
}

export function keysOf(path: string): ReturnType<typeof parseServiceKeys> {
  return parseServiceKeys(JSON.parse(textOf(path)));
}

export function textOf(path: string): string {
  return new TextDecoder().decode(vectorFile(path)).trim();
}

/** A copy of bytes with one of them changed by `bits`. */
export function withByte(bytes: Uint8Array, at: number, bits: number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ bits;
  return copy;
}
