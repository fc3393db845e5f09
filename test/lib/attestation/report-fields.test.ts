// Single fields of a report: each is shown, each fails only where it was stated, and over evidence that has none of it. On real
// reports of Milan and Turin.

import assert from 'node:assert/strict';

import { PINNED_ANCHORS } from '../../../src/lib/attestation/anchors.js';
import { CheckLog } from '../../../src/lib/attestation/check-log.js';
import { appraiseReportFields } from '../../../src/lib/attestation/appraise-report-fields.js';
import { nodeSignatureCrypto } from '../../../src/lib/attestation/crypto/node-crypto.js';
import { type Expectations, readAppraisal } from '../../../src/lib/attestation/expectations.js';
import { parseServiceKeys } from '../../../src/lib/attestation/maa/key-set.js';
import { parseEvidence, type EvidenceParts } from '../../../src/lib/attestation/parse-evidence.js';
import { readSnpReport } from '../../../src/lib/attestation/snp/report.js';
import type { Product } from '../../../src/lib/attestation/snp/product.js';
import { mergeStricter } from '../../../src/lib/attestation/stricter.js';
import { defaultExpectations } from '../../../src/lib/attestation/expectations.js';
import { parseStrictJson } from '../../../src/lib/base/bytes/strict-json.js';
import { toHex } from '../../../src/lib/base/bytes/hex.js';
import { verifierPlan } from '../../../src/lib/evidence/verifier-plan.js';
import { type VerifiedFile, verifyPieces } from '../../../src/lib/evidence/verify-evidence-file.js';
import { evidenceVector, vectorFile, vectorParts } from '../../support/attestation-vectors.js';

const AT = new Date('2026-11-23T00:00:00Z');
const MILAN = vectorParts(evidenceVector('aci-milan-v3-svn103-rsa'));
const TURIN = vectorParts(evidenceVector('aci-turin-v5-svn104-tav'));
const ID_KEY = toHex(readSnpReport(MILAN.report!).idKeyDigest);
const OTHER_KEY = 'ab'.repeat(48);

function judge(parts: EvidenceParts, file: object = {}): Promise<VerifiedFile> {
  const { plan } = verifierPlan(
    { crypto: nodeSignatureCrypto, anchors: PINNED_ANCHORS, appraisal: readAppraisal(JSON.stringify(file)) },
    AT,
  );
  return verifyPieces({ form: 'pieces', parts }, plan);
}

const failures = ({ checks }: VerifiedFile): readonly string[] =>
  checks.filter(({ status }) => status === 'fail').map(({ id }) => id);

interface Field {
  readonly check: string;
  readonly statement: 'HARDWARE' | 'GUEST';
  /** The value as it is shown of the Milan report. */
  readonly shown: RegExp;
  readonly met: object;
  readonly missed: readonly object[];
}

/* Milan: version 3, policy 0x3001f, firmware 1.55.29, TCB 4/0/24/219, family 1, image 2, no author key, no mitigation vector. */
const FIELDS: readonly Field[] = [
  {
    check: 'REPORT_VERSION_MIN',
    statement: 'HARDWARE',
    shown: /^3$/,
    met: { min_report_version: 3 },
    missed: [{ min_report_version: 4 }],
  },
  {
    check: 'GUEST_POLICY',
    statement: 'GUEST',
    shown: /^smt on, single_socket off, cxl_allow off, mem_aes_256_xts off, rapl_dis off, /,
    met: { guest_policy: { smt: true, single_socket: false, cxl_allow: false } },
    missed: [
      ...['single_socket', 'cxl_allow', 'mem_aes_256_xts', 'rapl_dis', 'ciphertext_hiding_dram'],
      'page_swap_disable',
    ].map((bit) => ({ guest_policy: { [bit]: true } })),
  },
  {
    check: 'GUEST_POLICY',
    statement: 'GUEST',
    shown: /smt on/,
    met: {},
    missed: [{ guest_policy: { smt: false } }],
  },
  {
    check: 'GUEST_ABI',
    statement: 'GUEST',
    shown: /^0\.31$/,
    met: { min_abi: '0.31' },
    missed: [{ min_abi: '0.32' }, { min_abi: '1.0' }],
  },
  {
    check: 'ID_KEY',
    statement: 'GUEST',
    shown: new RegExp(`^${ID_KEY}$`),
    met: { id_keys: [OTHER_KEY, ID_KEY] },
    missed: [{ id_keys: [OTHER_KEY] }],
  },
  {
    check: 'AUTHOR_KEY',
    statement: 'GUEST',
    shown: /^none$/,
    met: {},
    missed: [{ author_keys: [OTHER_KEY] }, { author_keys: ['00'.repeat(48)] }],
  },
  {
    check: 'FAMILY_ID',
    statement: 'GUEST',
    shown: /^01(?:00){15}$/,
    met: { family_id: `01${'00'.repeat(15)}` },
    missed: [{ family_id: `02${'00'.repeat(15)}` }],
  },
  {
    check: 'IMAGE_ID',
    statement: 'GUEST',
    shown: /^02(?:00){15}$/,
    met: { image_id: `02${'00'.repeat(15)}` },
    missed: [{ image_id: `01${'00'.repeat(15)}` }],
  },
  {
    check: 'MITIGATIONS',
    statement: 'HARDWARE',
    shown: /^none at launch, none now$/,
    met: {},
    missed: [{ mitigations: '0x1' }, { mitigations: '0x0' }],
  },
  {
    check: 'FIRMWARE_VERSION',
    statement: 'HARDWARE',
    shown: /^1\.55\.29 running, 1\.55\.29 committed$/,
    met: { min_firmware: '1.55.29' },
    missed: [{ min_firmware: '1.55.30' }, { min_firmware: '1.56.0' }, { min_firmware: '2.0.0' }],
  },
  {
    check: 'COMMITTED_TCB',
    statement: 'HARDWARE',
    shown: /^bootloader 4, tee 0, snp 24, microcode 219$/,
    met: { min_committed_tcb: { Milan: { snp: 24, microcode: 219 } } },
    missed: [
      { min_committed_tcb: { Milan: { microcode: 220 } } },
      { min_committed_tcb: { Milan: { fmc: 0 } } },
    ],
  },
];

describe('single fields of a report', () => {
  for (const { check, statement, shown, met, missed } of FIELDS)
    it(`${check} is shown always, holds, and refutes ${statement} where ${missed.length} other demands are stated`, async () => {
      const plain = await judge(MILAN);
      assert.equal(plain.verdict, 'accepted');
      const made = plain.checks.find(({ id }) => id === check);
      assert.equal(made?.status, 'skip');
      assert.match(made.actual ?? '', shown);
      assert.equal((await judge(MILAN, met)).verdict, 'accepted');
      for (const file of missed) {
        const verdict = await judge(MILAN, file);
        assert.deepEqual([verdict.verdict, failures(verdict)], ['refused', [check]], JSON.stringify(file));
        assert.equal(verdict.statements.find(({ id }) => id === statement)?.status, 'refuted');
      }
    });

  it('MITIGATIONS of a report that has them hold bit by bit, at launch and now', async () => {
    assert.equal((await judge(TURIN, { mitigations: '0x3f' })).verdict, 'accepted');
    assert.deepEqual(failures(await judge(TURIN, { mitigations: '0x40' })), ['MITIGATIONS']);
  });

  it('I20: each fails over evidence without a report, instead of being left out', async () => {
    const { endorsements, uvm } = MILAN;
    for (const { check, missed } of FIELDS) {
      const verdict = await judge({ endorsements: endorsements!, uvm: uvm! }, missed[0]);
      assert.deepEqual(failures(verdict), [check]);
    }
  });

  const fieldsOf = (
    report: Uint8Array,
    product: Product,
    demands: Partial<Expectations> = {},
    status = 'pass',
  ) => {
    const log = new CheckLog();
    const evidence = { report: readSnpReport(report), product, chain: null, uvm: null };
    const parsed = {
      ...parseEvidence({ report }),
      ...evidence,
      checks: [{ id: 'REPORT_SIGNATURE', status }],
    };
    appraiseReportFields(parsed as never, demands, log);
    return new Map(log.checks().map(({ id, status }) => [id, status]));
  };

  it('O1: committed firmware and the vector at launch count like those of now', () => {
    for (const [at, demands, check] of [
      [0x1ec, { minFirmware: [1, 55, 29] }, 'FIRMWARE_VERSION'],
      [0x1e8, { minFirmware: [1, 55, 29] }, 'FIRMWARE_VERSION'],
      [0x1e0 + 7, { minCommittedTcb: { Milan: { microcode: 219 } } }, 'COMMITTED_TCB'],
    ] as const) {
      const report = Uint8Array.from(MILAN.report!);
      assert.equal(fieldsOf(report, 'Milan', demands).get(check), 'pass');
      report[at]! -= 1;
      assert.equal(fieldsOf(report, 'Milan', demands).get(check), 'fail');
    }
    for (const at of [0x1f8, 0x200]) {
      const report = Uint8Array.from(TURIN.report!);
      assert.equal(fieldsOf(report, 'Turin', { mitigations: 0x3fn }).get('MITIGATIONS'), 'pass');
      report[at] = 0x3e;
      assert.equal(fieldsOf(report, 'Turin', { mitigations: 0x3fn }).get('MITIGATIONS'), 'fail');
    }
  });

  it('AUTHOR_KEY is one that is enabled, and of a digest that is allowed', () => {
    const report = Uint8Array.from(MILAN.report!);
    report.fill(0xab, 0x110, 0x140);
    assert.equal(fieldsOf(report, 'Milan', { authorKeys: [OTHER_KEY] }).get('AUTHOR_KEY'), 'fail');
    report[0x48]! |= 1;
    assert.equal(fieldsOf(report, 'Milan', { authorKeys: [OTHER_KEY] }).get('AUTHOR_KEY'), 'pass');
    assert.equal(fieldsOf(report, 'Milan', { authorKeys: [ID_KEY] }).get('AUTHOR_KEY'), 'fail');
  });

  it('X5: TCB_RESERVED: bytes that a product does not use are zero, in each of the four versions', () => {
    const versions = [0x38, 0x180, 0x1e0, 0x1f0];
    for (const [report, product, unused] of [
      [MILAN.report!, 'Milan', [2, 3, 4, 5]],
      [MILAN.report!, 'Genoa', [2, 3, 4, 5]],
      [TURIN.report!, 'Turin', [4, 5, 6]],
    ] as const) {
      assert.equal(fieldsOf(report, product).get('TCB_RESERVED'), 'pass');
      for (const version of versions)
        for (let place = 0; place < 8; place++) {
          const changed = Uint8Array.from(report);
          changed[version + place]! ^= 0x80;
          const expected = (unused as readonly number[]).includes(place) ? 'fail' : 'pass';
          assert.equal(
            fieldsOf(changed, product).get('TCB_RESERVED'),
            expected,
            `${product} ${version} ${place}`,
          );
        }
    }
  });

  it('TCB_RESERVED is not asked of bytes that no chip signed', () => {
    const report = Uint8Array.from(MILAN.report!);
    report[0x38 + 2] = 1;
    assert.equal(fieldsOf(report, 'Milan', {}, 'fail').get('TCB_RESERVED'), 'skip');
  });

  it('of two places the stricter demand holds, and what nothing can meet is no question', () => {
    const base = { ...defaultExpectations(AT), minAbi: [1, 2], idKeys: [ID_KEY, OTHER_KEY], mitigations: 1n };
    const { expectations } = mergeStricter(base, {
      minAbi: [1, 1],
      idKeys: [OTHER_KEY],
      mitigations: 2n,
      minFirmware: [1, 55, 1],
      minReportVersion: 3,
      guestPolicy: { smt: true },
      minCommittedTcb: { Milan: { snp: 24 } },
      servicePolicy: 'x',
    });
    const { minAbi, idKeys, mitigations, minFirmware, guestPolicy, minCommittedTcb } = expectations;
    assert.deepEqual(
      [minAbi, idKeys, mitigations, minFirmware, guestPolicy, minCommittedTcb],
      [[1, 2], [OTHER_KEY], 3n, [1, 55, 1], { smt: true }, { Milan: { snp: 24 } }],
    );
    for (const [one, other] of [
      [{ familyId: '01' }, { familyId: '02' }],
      [{ imageId: '01' }, { imageId: '02' }],
      [{ guestPolicy: { smt: true } }, { guestPolicy: { smt: false } }],
      [{ servicePolicy: 'a' }, { servicePolicy: 'b' }],
      [{ platform: { smt_en: true } }, { platform: { smt_en: false } }],
    ] as const)
      assert.throws(() => mergeStricter({ ...defaultExpectations(AT), ...one }, other), {
        code: 'APPRAISAL_INVALID',
      });
  });

  it('are demanded in one spelling each', () => {
    for (const file of [
      { min_abi: '1' },
      { min_abi: 1.55 },
      { min_firmware: '1.55' },
      { mitigations: '3f' },
      { mitigations: 63 },
      { id_keys: [] },
      { id_keys: [ID_KEY.toUpperCase()] },
      { family_id: '01' },
      { guest_policy: { debug: false } },
      { min_report_version: 1 },
      { min_committed_tcb: { Rome: {} } },
      { service_policy: 'short' },
    ])
      assert.throws(
        () => readAppraisal(JSON.stringify(file)),
        { code: 'APPRAISAL_INVALID' },
        JSON.stringify(file),
      );
  });
});

describe('the policy of an attestation service', () => {
  const TOKEN = new TextDecoder().decode(vectorFile('maa/ok.jwt'));
  const KEYS = parseServiceKeys(parseStrictJson(new TextDecoder().decode(vectorFile('maa/jwks.json'))));
  const claims = JSON.parse(Buffer.from(TOKEN.split('.')[1]!, 'base64url').toString()) as Record<
    string,
    unknown
  >;

  const ofToken = (policy: string): Promise<VerifiedFile> => {
    const { plan } = verifierPlan(
      {
        crypto: nodeSignatureCrypto,
        tokenKeys: KEYS,
        appraisal: readAppraisal(JSON.stringify({ service_policy: policy })),
      },
      new Date(1_763_000_000_000),
    );
    return verifyPieces({ form: 'pieces', parts: {}, token: TOKEN }, plan);
  };

  it('is the one that was stated, or CLAIM_POLICY_HASH refutes SERVICE', async () => {
    const own = claims['x-ms-policy-hash'];
    assert.equal(typeof own, 'string');
    assert.equal((await ofToken(String(own))).verdict, 'accepted');
    const other = await ofToken('A'.repeat(43));
    assert.deepEqual([other.verdict, failures(other)], ['refused', ['CLAIM_POLICY_HASH']]);
    assert.equal(other.statements.find(({ id }) => id === 'SERVICE')?.status, 'refuted');
  });

  it('I20: fails without a token', async () => {
    assert.deepEqual(failures(await judge(MILAN, { service_policy: 'A'.repeat(43) })), ['CLAIM_POLICY_HASH']);
  });
});
