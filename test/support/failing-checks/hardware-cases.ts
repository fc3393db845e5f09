// A failing case for each check of AMD’s part of evidence.

import type { HARDWARE_CHECKS } from '../../../src/lib/attestation/checks/hardware-checks.js';
import { appraiseReportFields } from '../../../src/lib/attestation/appraise-report-fields.js';
import { CheckLog } from '../../../src/lib/attestation/check-log.js';
import { parseEvidence } from '../../../src/lib/attestation/parse-evidence.js';
import { REFERENCE_VALUES } from '../../../src/lib/contract/published/reference-values.js';
import { type CasesOf, checksOf, demand, type FailingCase, MILAN, vector, withByte } from './failing-case.js';

const OTHER_KEY = 'ab'.repeat(48);
const NO_LIST = new Uint8Array([0x30, 0]);

const reportWith = (name: string, at: number, bits: number): FailingCase => ({
  name,
  fails: () => checksOf({ form: 'pieces', parts: { ...MILAN, report: withByte(MILAN.report!, at, bits) } }),
});

export const HARDWARE_CASES: CasesOf<typeof HARDWARE_CHECKS> = {
  REPORT_LENGTH: vector('aci-milan-v3-svn103-ec--truncated-1183'),
  REPORT_VERSION: reportWith('a report of version 1', 0, 2),
  REPORT_VERSION_MIN: demand('a report of version 3 where 4 is demanded', { min_report_version: 4 }),
  REPORT_RESERVED: vector('aci-milan-v3-svn103-ec--flip-sig-padding'),
  SIG_ALGO: reportWith('a report that names another algorithm', 0x34, 2),
  SIGNING_KEY: vector('aci-milan-v3-svn103-ec--flip-signer-info-vlek'),
  CHIP_KEY_MASKED: reportWith('a report that hides its chip', 0x48, 2),
  DEBUG: vector('vm-milan-v2-debug'),
  MIGRATE_MA: vector('syn-migrate-ma'),
  VMPL: vector('syn-vmpl1'),
  GUEST_POLICY: demand('a guest on threads of one core', { guest_policy: { smt: false } }),
  GUEST_ABI: demand('an older ABI', { min_abi: '0.32' }),
  ID_KEY: demand('another ID key', { id_keys: [OTHER_KEY] }),
  AUTHOR_KEY: demand('no author key', { author_keys: [OTHER_KEY] }),
  FAMILY_ID: demand('another family', { family_id: '02'.repeat(16) }),
  IMAGE_ID: demand('another image', { image_id: '01'.repeat(16) }),
  GUEST_SVN: demand('an old guest', { guest_svn: 99 }),
  PRODUCT: vector('aci-turin-v5-svn104-tav--flip-cpuid-family'),
  PRODUCT_ALLOWED: demand('a product that is not allowed', { products: ['Turin'] }),
  CHIP_ALLOWED: demand('another chip', { chip_ids: ['ab'.repeat(64)] }),
  PLATFORM_INFO: demand('a machine set up otherwise', { platform_info: { tsme_en: true, smt_en: false } }),
  ENDORSEMENT_FORMAT: vector('aci-milan-v3-svn103-ec--chain-missing-ask'),
  ROOT_PINNED: vector('aci-milan-v3-svn103-ec--attacker-hierarchy'),
  CHAIN_NAMES: vector('aci-milan-v3-svn103-ec--ask-other-product'),
  CHAIN: vector('aci-milan-v3-svn103-ec--attacker-vcek-real-ask'),
  CERT_TIME: vector('aci-milan-v3-svn103-ec--before-vcek-not-before'),
  CRL: demand('a revocation list that is none', {}, { crls: [NO_LIST] }),
  VCEK_PROFILE: {
    name: 'AMD’s intermediate certificate in the place of the chip’s',
    fails: () => {
      const [, ask, ark] = new TextDecoder()
        .decode(MILAN.endorsements)
        .split(/(?<=-----END CERTIFICATE-----\n)/);
      const endorsements = new TextEncoder().encode(`${ask ?? ''}${ask ?? ''}${ark ?? ''}`);
      return checksOf({ form: 'pieces', parts: { ...MILAN, endorsements } });
    },
  },
  REPORT_SIGNATURE: vector('aci-milan-v3-svn103-ec--flip-sig-r'),
  HWID: vector('syn-hwid-mismatch'),
  TCB_CERT: vector('syn-reported-above-cert'),
  TCB_ORDER: vector('aci-milan-v3-svn103-ec--flip-reported-tcb-up'),
  TCB_RESERVED: {
    name: 'a signed report with a byte of its TCB that Milan does not use',
    fails: () => {
      const log = new CheckLog();
      const parsed = parseEvidence({ report: withByte(MILAN.report!, 0x38 + 2, 0x80) });
      const signed = [{ id: 'REPORT_SIGNATURE', status: 'pass' as const }];
      appraiseReportFields({ ...parsed, product: 'Milan', checks: signed }, {}, log);
      return log.checks();
    },
  },
  COMMITTED_TCB: demand('firmware that can be taken back', {
    min_committed_tcb: { Milan: { microcode: 220 } },
  }),
  FIRMWARE_VERSION: demand('an older build of the firmware', { min_firmware: '1.55.30' }),
  MITIGATIONS: demand('a report without a vector of mitigations', { mitigations: '0x1' }),
  TCB_MIN: vector('aci-milan-v3-svn103-ec--min-tcb-microcode'),
  LAUNCH_TCB: vector('aci-milan-v3-svn103-ec--min-tcb-microcode'),
  TCB_STATUS: {
    name: 'firmware that the table of reference values calls withdrawn',
    fails: () => {
      const tcb = REFERENCE_VALUES.tcb.map((row) => ({ ...row, status: 'withdrawn' as const }));
      return checksOf({ form: 'pieces', parts: MILAN }, { reference: { ...REFERENCE_VALUES, tcb } });
    },
  },
};
