// Checks of attestation tokens, and of the attestation service’s own evidence.

import type { CheckEntry } from './check-entry.js';

const ABI = 'AMD 56860 (SEV-SNP firmware ABI), ATTESTATION_REPORT';
const MAA = 'Microsoft Azure Attestation, SEV-SNP claims';
const MAA_TEE = 'Microsoft Azure Attestation, attested signing certificate';

export const SERVICE_CHECKS = {
  // attestation token
  JWT_FORMAT: { claim: 'The token is a signed JWT of three parts.', spec: 'RFC 7515 §7.1' },
  JWT_ALG: { claim: 'The token is signed with RS256.', spec: 'RFC 8725 §3.1' },
  JWT_CRIT: { claim: 'The token demands no extension.', spec: 'RFC 7515 §4.1.11' },
  JWT_JKU: { claim: 'The token names its issuer’s own key set.', spec: 'RFC 8725 §3.10' },
  JWT_KID: { claim: 'The token’s key is in the key set that is trusted.', spec: 'RFC 7515 §4.1.4' },
  JWT_SIGNATURE: { claim: 'The attestation service signed exactly this token.', spec: 'RFC 7515 §5.2' },
  JWT_ISS: { claim: 'The issuer is the one expected.', spec: 'RFC 7519 §4.1.1' },
  JWT_TIME: { claim: 'The token is valid at the time of the check.', spec: 'RFC 7519 §4.1.4, §4.1.5' },
  CLAIM_TYPE: { claim: 'The token is about an SEV-SNP guest.', spec: MAA },
  CLAIM_COMPLIANCE: { claim: 'The service found the guest’s firmware endorsed for ACI.', spec: MAA },
  CLAIM_DEBUG: { claim: 'The service saw that debugging is off.', spec: MAA },
  CLAIM_MIGRATION: { claim: 'The service saw that migration is off.', spec: MAA },
  CLAIM_VMPL: { claim: 'The service saw the most privileged level.', spec: MAA },
  CLAIM_HOSTDATA: { claim: 'The service saw the expected policy.', spec: MAA },
  CLAIM_REPORTDATA: { claim: 'The service saw the expected data of the workload.', spec: MAA },
  CLAIM_NONCE: { claim: 'The token answers this question.', spec: MAA },
  CLAIM_RUNTIME: { claim: 'The token is about the expected keys.', spec: MAA },
  CLAIM_POLICY_HASH: { claim: 'The service appraised by the policy that is demanded.', spec: MAA },
  CLAIM_REPORT: { claim: 'Token and report agree.', spec: MAA },
  // the attestation service's own evidence
  SERVICE_EVIDENCE: {
    claim: 'The service’s certificate is valid and carries evidence of a confidential container group.',
    spec: MAA_TEE,
  },
  SERVICE_KEY: {
    claim: 'The service’s evidence is about the key that signed the token.',
    spec: `${MAA_TEE}; ${ABI}, REPORT_DATA`,
  },
  SERVICE_ROOM: {
    claim: 'The service runs on genuine hardware, in Microsoft’s utility VM.',
    spec: `${MAA_TEE}; ${ABI}`,
  },
  SERVICE_PROGRAM: {
    claim: 'The service runs under a policy that is known to be the service’s.',
    spec: `${MAA_TEE}; ${ABI}, HOST_DATA`,
  },
  SERVICE_ATTESTED: { claim: 'The attestation service is itself attested.', spec: MAA_TEE },
} as const satisfies Record<string, CheckEntry>;
