// A full evidence bundle, in process, against the four bare signature verifications that it cannot do without.

import { constants, createPublicKey, verify, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';

import { PINNED_ANCHORS } from '../src/lib/attestation/anchors.js';
import { nodeSignatureCrypto } from '../src/lib/attestation/crypto/node-crypto.js';
import { defaultExpectations } from '../src/lib/attestation/expectations.js';
import { parseAmdChain } from '../src/lib/attestation/snp/chain.js';
import { readSnpReport, SIGNED_BYTES } from '../src/lib/attestation/snp/report.js';
import { verifySnpEvidence } from '../src/lib/attestation/verify-snp-evidence.js';
import { parseUvmEndorsement } from '../src/lib/attestation/uvm/endorsement.js';
import { concatBytes, utf8 } from '../src/lib/bytes/arrays.js';
import { encodeByteString } from '../src/lib/attestation/uvm/cbor.js';
import type { BenchRow } from './row.js';

const SET = 'test/vectors/attestation/sets/aci-milan-v3-svn103-ec';
const ROUNDS = 200;
const TARGET = 2.5;

/** The row for `npm run bench`. */
export default async function benchVerify(): Promise<readonly BenchRow[]> {
  const file = (name: string): Uint8Array => new Uint8Array(readFileSync(`${SET}/${name}`));
  const parts = {
    report: file('report.bin'),
    endorsements: file('endorsements.pem'),
    uvm: file('reference-info.cose'),
    policy: file('security-policy.rego'),
    runtimeData: file('runtime-data.pem'),
  };
  const expectations = defaultExpectations(new Date('2026-11-23T00:00:00Z'));
  const full = (): Promise<unknown> =>
    verifySnpEvidence({ ...parts, anchors: PINNED_ANCHORS, expectations, crypto: nodeSignatureCrypto });
  const bare = bareVerifications(parts);
  const times: { full: number[]; bare: number[] } = { full: [], bare: [] };
  for (let round = 0; round < ROUNDS; round++) {
    times.bare.push(await timed(() => Promise.resolve(bare())));
    times.full.push(await timed(full));
  }
  const [fullMs, bareMs] = [median(times.full), median(times.bare)];
  return [
    {
      name: 'verify a full evidence bundle, in process',
      against: 'the four bare signature verifications in node:crypto',
      ratio: fullMs / bareMs,
      target: `< ${TARGET}x, < 10 ms warm`,
      detail: `${fullMs.toFixed(2)} ms against ${bareMs.toFixed(2)} ms`,
    },
  ];
}

/* Report by VCEK, VCEK by ASK, ASK by ARK, endorsement by its leaf; keys imported each time, as a verifier has to. */
function bareVerifications(parts: {
  readonly report: Uint8Array;
  readonly endorsements: Uint8Array;
  readonly uvm: Uint8Array;
}): () => boolean {
  const report = readSnpReport(parts.report);
  const { vcek, ask, ark } = parseAmdChain(parts.endorsements);
  const uvm = parseUvmEndorsement(parts.uvm);
  const leaf = uvm.chain[0]!.publicKey.spki;
  const signed = concatBytes(
    Uint8Array.of(0x84, 0x6a),
    utf8('Signature1'),
    ...[uvm.message.protectedBytes, new Uint8Array(), uvm.message.payload].map(encodeByteString),
  );
  const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 48 };
  const key = (spki: Uint8Array): ReturnType<typeof createPublicKey> =>
    createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
  const chip = vcek.certificate;
  return () =>
    verify(
      'sha384',
      report.raw.subarray(0, SIGNED_BYTES),
      { key: key(chip.publicKey.spki), dsaEncoding: 'ieee-p1363' },
      report.signature!,
    ) &&
    new X509Certificate(chip.raw).verify(key(ask.publicKey.spki)) &&
    new X509Certificate(ask.raw).verify(key(ark.publicKey.spki)) &&
    verify('sha384', signed, { key: key(leaf), ...pss }, uvm.message.signature);
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
