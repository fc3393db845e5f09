// One good piece of evidence, one change, one failing check; and every bit of what is signed.

import assert from 'node:assert/strict';

import { toHex } from '../../../src/lib/base/bytes/hex.js';
import { nodeSignatureCrypto } from '../../../src/lib/attestation/crypto/node-crypto.js';
import type { SignatureCrypto } from '../../../src/lib/attestation/crypto/signature-crypto.js';
import { PINNED_ANCHORS } from '../../../src/lib/attestation/anchors.js';
import type { Expectations } from '../../../src/lib/attestation/expectations.js';
import type { EvidenceParts } from '../../../src/lib/attestation/parse-evidence.js';
import { judgeRaw } from '../../support/judge.js';
import { parseSnpReport } from '../../../src/lib/attestation/snp/report.js';
import {
  evidenceVector,
  vectorExpectations,
  vectorFile,
  vectorParts,
} from '../../support/attestation-vectors.js';

const VECTOR = evidenceVector('aci-milan-v3-svn103-ec');
const GOOD = vectorParts(VECTOR);
const EXPECTED = vectorExpectations(VECTOR);

async function failures(
  parts: EvidenceParts,
  changes: Partial<Expectations> = {},
  crypto: SignatureCrypto = nodeSignatureCrypto,
): Promise<readonly string[]> {
  const { verdict } = await judgeRaw({
    ...parts,
    anchors: PINNED_ANCHORS,
    expectations: { ...EXPECTED, ...changes },
    crypto,
  });
  return verdict.checks.filter((check) => check.status === 'fail').map((check) => check.id);
}

/* The chain is the same in every flip: its RSA signatures are verified once, the report's every time. */
const known = new Map<string, Promise<boolean>>();
const REMEMBERING: SignatureCrypto = {
  ...nodeSignatureCrypto,
  verify: (scheme, spki, message, signature) => {
    if (scheme.kind === 'ecdsa') return nodeSignatureCrypto.verify(scheme, spki, message, signature);
    const name = toHex(signature);
    const outcome = known.get(name) ?? nodeSignatureCrypto.verify(scheme, spki, message, signature);
    known.set(name, outcome);
    return outcome;
  },
};

function withBit(bytes: Uint8Array, bit: number): Uint8Array {
  const changed = Uint8Array.from(bytes);
  changed[bit >> 3]! ^= 1 << (bit & 7);
  return changed;
}

const OTHER_HASH = 'ab'.repeat(32);

/* A change to one expectation or one part: the one check that fails. */
const MUTATIONS: readonly (readonly [
  string,
  Partial<EvidenceParts>,
  Partial<Expectations>,
  readonly string[],
])[] = [
  ['O1: an old UVM', {}, { uvmMinSvn: 104 }, ['UVM_SVN']],
  ['O1: old microcode', {}, { minTcb: { Milan: { microcode: 220 } } }, ['TCB_MIN']],
  ['O1: an old boot loader', {}, { minTcb: { Milan: { bootloader: 5 } } }, ['TCB_MIN']],
  ['O1: a TCB component that the product does not have', {}, { minTcb: { Milan: { fmc: 0 } } }, ['TCB_MIN']],
  ['O1: an old guest', {}, { guestSvn: 3 }, ['GUEST_SVN']],
  ['another product', {}, { products: ['Genoa', 'Turin'] }, ['PRODUCT_ALLOWED']],
  ['another policy hash', {}, { hostData: OTHER_HASH }, ['HOST_DATA']],
  ['another policy', { policy: new TextEncoder().encode('package policy\n') }, {}, ['HOST_DATA']],
  ['I9: another nonce', {}, { nonce: 'fresh' }, ['NONCE']],
  ['I9: other runtime data', { runtimeData: new Uint8Array([1]) }, {}, ['REPORT_DATA']],
  ['another measurement', {}, { measurement: 'cd'.repeat(48) }, ['MEASUREMENT']],
  ['O5: a stale chain', {}, { at: new Date('2040-01-01T00:00:00Z') }, ['CERT_TIME']],
  ['another feed', {}, { uvm: { feed: 'ConfAKS-AMD-UVM' } }, ['UVM_FEED']],
  ['another signer of the UVM', {}, { uvm: { did: 'did:x509:0:sha256:x::eku:1.2' } }, ['UVM_DID']],
  ['the signer judged today', {}, { uvmTime: 'now' }, ['UVM_CERT_TIME']],
  ['O5: no PEM', { endorsements: new Uint8Array([1, 2]) }, {}, ['ENDORSEMENT_FORMAT']],
  ['X5: junk behind the UVM endorsement', { uvm: Uint8Array.of(...GOOD.uvm!, 0) }, {}, ['UVM_FORMAT']],
  ['X5: a byte behind the report', { report: Uint8Array.of(...GOOD.report!, 0) }, {}, ['REPORT_LENGTH']],
  ['a revocation list that is none', { crls: [new Uint8Array([0x30, 0])] }, {}, ['CRL', 'UVM_CRL']],
];

describe('attestation mutations', function () {
  this.timeout(120_000);

  it('accepts what the mutations start from', async () => {
    assert.deepEqual(await failures(GOOD), []);
  });

  for (const [name, parts, changes, expected] of MUTATIONS) {
    it(`${name} fails ${expected.join(' and ')} only`, async () => {
      const launch = expected.includes('TCB_MIN') ? ['LAUNCH_TCB'] : [];
      assert.deepEqual(await failures({ ...GOOD, ...parts }, changes), [...expected, ...launch]);
    });
  }

  it('O5: refuses a chain under empty roots', async () => {
    const { verdict } = await judgeRaw({
      ...GOOD,
      anchors: { ...PINNED_ANCHORS, amdRoots: new Map() },
      expectations: EXPECTED,
      crypto: nodeSignatureCrypto,
    });
    assert.equal(verdict.verdict, 'refused');
  });

  it('refuses every single-bit flip of the 672 signed bytes', async () => {
    for (let bit = 0; bit < 672 * 8; bit++) {
      const flipped = { report: withBit(GOOD.report!, bit), endorsements: GOOD.endorsements! };
      const failed = await failures(flipped, {}, REMEMBERING);
      assert.ok(failed.includes('REPORT_SIGNATURE'), `bit ${bit}`);
    }
  });

  it('refuses every single-bit flip of R, S and the zero padding', async () => {
    for (let bit = 0x2a0 * 8; bit < 0x4a0 * 8; bit++) {
      const flipped = { report: withBit(GOOD.report!, bit), endorsements: GOOD.endorsements! };
      const failed = await failures(flipped, {}, REMEMBERING);
      assert.ok(failed.includes(bit < 0x330 * 8 ? 'REPORT_SIGNATURE' : 'REPORT_RESERVED'), `bit ${bit}`);
    }
  });

  it('X5: parses strictly where it is asked to: a set reserved bit is named', () => {
    assert.throws(() => parseSnpReport(withBit(vectorFile(VECTOR.inputs.report!), 0x210 * 8)), {
      code: 'SNP_REPORT_MALFORMED',
    });
  });
});
