// A failing case for each check of Microsoft’s endorsement of the guest, and of what is bound to the report.

import { webcrypto } from 'node:crypto';

import type { GUEST_CHECKS } from '../../../src/lib/attestation/checks/guest-checks.js';
import { CheckLog } from '../../../src/lib/attestation/check-log.js';
import { defaultExpectations, readAppraisal } from '../../../src/lib/attestation/expectations.js';
import { parseAttestationToken } from '../../../src/lib/attestation/maa/token.js';
import { REFERENCE_VALUES } from '../../../src/lib/contract/published/reference-values.js';
import { evidenceVector, vectorFile, vectorParts } from '../attestation-vectors.js';
import { recordAge } from '../../../src/lib/evidence/evidence-age.js';
import { makeEndorsementSigner } from '../uvm-chain.js';
import { allowingAll } from './agreement-cases.js';
import { type CasesOf, checksOf, demand, MILAN, textOf, vector } from './failing-case.js';

const SIGNED = [{ id: 'JWT_SIGNATURE', status: 'pass' }] as const;
const LEDGER = 'sets/uvm-transparent-0.2.10/reference-info.cose';

export const GUEST_CASES: CasesOf<typeof GUEST_CHECKS> = {
  UVM_MISSING: {
    name: 'no endorsement where one is demanded',
    fails: () => {
      const { report, endorsements } = MILAN;
      return checksOf(
        { form: 'pieces', parts: { report: report!, endorsements: endorsements! } },
        { appraisal: readAppraisal('{"require_uvm":true}') },
      );
    },
  },
  UVM_FORMAT: vector('aci-milan-v3-svn103-ec--uvm-untagged'),
  UVM_ALG: vector('aci-milan-v3-svn103-ec--uvm-alg-missing'),
  UVM_CHAIN: vector('aci-milan-v3-svn103-ec--uvm-x5chain-no-root'),
  UVM_CERT_TIME: vector('aci-milan-v3-svn103-ec--uvm-leaf-expired-now'),
  UVM_DID: vector('syn-uvm-wrong-eku'),
  UVM_SIGNATURE: vector('aci-milan-v3-svn103-ec--uvm-sig-flip'),
  UVM_FEED: vector('syn-uvm-wrong-feed'),
  UVM_PAYLOAD: {
    name: 'a signed endorsement without a measurement',
    fails: async () => {
      const signer = await makeEndorsementSigner(webcrypto.subtle, null);
      const uvm = await signer.sign(signer.leaf, '{"x-ms-sevsnpvm-guestsvn":"104"}');
      return checksOf({ form: 'pieces', parts: { ...MILAN, uvm } });
    },
  },
  UVM_SVN: vector('aci-milan-v2-svn22'),
  UVM_STATUS: {
    name: 'a guest that the table of reference values calls withdrawn',
    fails: () => {
      const uvm = REFERENCE_VALUES.uvm.map((row) => ({ ...row, status: 'withdrawn' as const }));
      return checksOf({ form: 'pieces', parts: MILAN }, { reference: { ...REFERENCE_VALUES, uvm } });
    },
  },
  UVM_CRL: demand('a revocation list that is none', {}, { crls: [new Uint8Array([0x30, 0])] }),
  UVM_TIMESTAMP: {
    name: 'an endorsement with or without a time stamp',
    neverFails: 'time stamps are listed as not checked: no published endorsement has one of a known form',
    skips: () => checksOf({ form: 'pieces', parts: MILAN }),
  },
  UVM_RECEIPT: {
    name: 'a receipt by a ledger whose key is withdrawn',
    neverFails:
      'anybody can put one into the header, which is not signed: one that does not hold says nothing',
    skips: () => {
      const ledgers = REFERENCE_VALUES.ledgers.map((row) => ({ ...row, status: 'withdrawn' as const }));
      return checksOf(
        { form: 'pieces', parts: { uvm: vectorFile(LEDGER) } },
        { reference: { ...REFERENCE_VALUES, ledgers } },
      );
    },
  },
  MEASUREMENT: vector('aci-milan-v3-svn103-ec--uvm-other-measurement'),
  HOST_DATA: vector('aci-milan-v3-svn103-ec--policy-altered'),
  REPORT_DATA: vector('aci-milan-v3-svn103-ec--runtime-data-newline'),
  NONCE: demand('an answer to another question', { nonce: 'another' }),
  MAX_AGE: {
    name: 'a token that was issued years before',
    fails: () => {
      const log = new CheckLog();
      const token = { token: parseAttestationToken(textOf('maa/ok.jwt')), checks: SIGNED };
      recordAge(token, { ...defaultExpectations(new Date('2030-01-01T00:00:00Z')), maxAgeMs: 60_000 }, log);
      return log.checks();
    },
  },
  POLICY_NOT_PUBLIC: {
    name: 'an agreed policy that allows everything',
    fails: allowingAll,
  },
  RUNTIME_KEY_NOT_PUBLIC: {
    name: 'the published evidence whose private key is published with it',
    neverFails: 'genuine evidence stays genuine: it is warned of, and refuses where it is required',
    skips: () => checksOf({ form: 'pieces', parts: vectorParts(evidenceVector('aci-milan-v3-maa-request')) }),
  },
};
