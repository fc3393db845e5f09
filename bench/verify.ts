// Verification against what it cannot do without: raw evidence and a whole bundle in process against four bare signature
// verifications, the command against a bare start of Node, and a directory of 10,000 bundles against one after the other.

import { spawnSync } from 'node:child_process';
import { constants, createPublicKey, verify, X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';

import { type Anchors, PINNED_ANCHORS } from '../src/lib/attestation/anchors.js';
import { nodeSignatureCrypto } from '../src/lib/attestation/crypto/node-crypto.js';
import { defaultExpectations } from '../src/lib/attestation/expectations.js';
import type { EvidenceParts } from '../src/lib/attestation/parse-evidence.js';
import { parseAmdChain } from '../src/lib/attestation/snp/chain.js';
import { readSnpReport, SIGNED_BYTES } from '../src/lib/attestation/snp/report.js';
import { encodeByteString } from '../src/lib/attestation/uvm/cbor.js';
import { parseUvmEndorsement } from '../src/lib/attestation/uvm/endorsement.js';
import { verificationPlan } from '../src/lib/evidence/verification-plan.js';
import { bundleParts, renderBundle } from '../src/lib/evidence/evidence-bundle.js';
import { verifyEvidenceFile, verifyPieces } from '../src/lib/evidence/verify-evidence-file.js';
import { concatBytes, utf8 } from '../src/lib/base/bytes/arrays.js';
import { emulatedRoom } from '../test/support/emulated-evidence.js';
import type { BenchRow } from './row.js';

const SET = 'test/vectors/attestation/sets/aci-milan-v3-svn103-ec';
const ROUNDS = 200;
const PROCESS_ROUNDS = 15;
const FILES = 10_000;

/** The rows for `npm run bench`. */
export default async function benchVerify(): Promise<readonly BenchRow[]> {
  const room = await emulatedRoom();
  const bundle = room.bundle();
  const text = utf8(renderBundle(bundle));
  const judge = (anchors: Anchors, bytes: Uint8Array): Promise<unknown> =>
    verifyEvidenceFile(
      bytes,
      verificationPlan({
        anchors,
        expectations: defaultExpectations(new Date()),
        emulatedAllowed: true,
        crypto: nodeSignatureCrypto,
      }),
    );
  return [
    await inProcess('verify raw evidence of a machine, in process', realParts(), (parts) =>
      verifyPieces(
        { form: 'pieces', parts },
        verificationPlan({
          anchors: PINNED_ANCHORS,
          expectations: defaultExpectations(new Date('2026-11-23T00:00:00Z')),
          crypto: nodeSignatureCrypto,
        }),
      ),
    ),
    await inProcess('verify a full evidence bundle from its bytes, in process', bundleParts(bundle), () =>
      judge(room.anchors, text),
    ),
    command(),
    await directory(room.anchorsText, text, (bytes) => judge(room.anchors, bytes)),
  ];
}

function realParts(): EvidenceParts {
  const file = (name: string): Uint8Array => new Uint8Array(readFileSync(`${SET}/${name}`));
  return {
    report: file('report.bin'),
    endorsements: file('endorsements.pem'),
    uvm: file('reference-info.cose'),
    policy: file('security-policy.rego'),
    runtimeData: file('runtime-data.pem'),
  };
}

async function inProcess(
  name: string,
  parts: EvidenceParts,
  full: (parts: EvidenceParts) => Promise<unknown>,
): Promise<BenchRow> {
  const bare = bareVerifications(parts);
  if (!bare()) throw new Error('the bare verifications do not hold');
  const times: { full: number[]; bare: number[] } = { full: [], bare: [] };
  for (let round = 0; round < ROUNDS; round++) {
    times.bare.push(await timed(() => Promise.resolve(bare())));
    times.full.push(await timed(() => full(parts)));
  }
  const [fullMs, bareMs] = [median(times.full), median(times.bare)];
  return {
    name,
    against: 'the four bare signature verifications in node:crypto',
    ratio: fullMs / bareMs,
    target: '< 2.5x, < 10 ms warm',
    detail: `${fullMs.toFixed(2)} ms against ${bareMs.toFixed(2)} ms`,
  };
}

/* Report by VCEK, VCEK by ASK, ASK by ARK, endorsement by its leaf; keys imported each time, as a verifier has to. */
function bareVerifications({ report: bytes, endorsements, uvm: cose }: EvidenceParts): () => boolean {
  const report = readSnpReport(bytes ?? new Uint8Array());
  const { vcek, ask, ark } = parseAmdChain(endorsements ?? new Uint8Array());
  const { chain, message } = parseUvmEndorsement(cose ?? new Uint8Array());
  const signed = concatBytes(
    Uint8Array.of(0x84, 0x6a),
    utf8('Signature1'),
    ...[message.protectedBytes, new Uint8Array(), message.payload].map(encodeByteString),
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
    verify('sha384', signed, { key: key(chain[0]!.publicKey.spki), ...pss }, message.signature);
}

/* The built program on a file, as an auditor starts it. */
function command(): BenchRow {
  const file = 'test/vectors/attestation/sets/aci-milan-v3-maa-request/maa-request.json';
  const times: { full: number[]; bare: number[] } = { full: [], bare: [] };
  for (let round = 0; round < PROCESS_ROUNDS; round++) {
    times.bare.push(timedRun(['-e', '0'], 0));
    times.full.push(timedRun(['bin/run.js', 'verify', file, '--json'], 0));
  }
  const [fullMs, bareMs] = [median(times.full), median(times.bare)];
  return {
    name: 'cleanroom verify FILE',
    against: 'bare node -e 0',
    ratio: fullMs / bareMs,
    target: '< 5x',
    detail: `${fullMs.toFixed(0)} ms against ${bareMs.toFixed(0)} ms`,
  };
}

/* The command on a directory, its start included, against the same number of verifications on one thread. */
async function directory(
  anchors: string,
  bundle: Uint8Array,
  judge: (bytes: Uint8Array) => Promise<unknown>,
): Promise<BenchRow> {
  const root = mkdtempSync(join(tmpdir(), 'cleanroom-bench-'));
  try {
    writeFileSync(join(root, '.anchors.json'), anchors);
    for (let index = 0; index < FILES; index++) writeFileSync(join(root, `${index}.evidence.json`), bundle);
    const argv = ['bin/run.js', 'verify', root, '--anchors', join(root, '.anchors.json'), '--allow-emulated'];
    const allMs = timedRun(argv, 0);
    const one: number[] = [];
    for (let round = 0; round < ROUNDS; round++) one.push(await timed(() => judge(bundle)));
    const serialMs = median(one) * FILES;
    return {
      name: `cleanroom verify DIR, ${FILES} bundles`,
      against: 'as many on one thread, in process',
      ratio: allMs / serialMs,
      target: '< 1x',
      detail: `${(allMs / 1000).toFixed(1)} s against ${(serialMs / 1000).toFixed(1)} s`,
    };
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

function timedRun(argv: readonly string[], expected: number): number {
  const start = performance.now();
  const { status, stderr } = spawnSync(process.execPath, argv, {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  if (status !== expected) throw new Error(`ended with ${String(status)}: ${stderr}`);
  return performance.now() - start;
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
