// Every check that a verdict can hold, over evidence or before there is any: its id, what passes, and the specification it comes from.

export interface CheckEntry {
  /** What holds when the check passes, as a sentence for people. */
  readonly claim: string;
  /** Document and section. */
  readonly spec: string;
}

const ABI = 'AMD 56860 (SEV-SNP firmware ABI), ATTESTATION_REPORT';
const KDS = 'AMD 57230 (VCEK certificate and KDS)';
const ACI = 'Microsoft, confidential containers on ACI';
const MAA = 'Microsoft Azure Attestation, SEV-SNP claims';
const MAA_TEE = 'Microsoft Azure Attestation, attested signing certificate';

/* In the order in which they are shown; docs/security/checks.md is made of it. */
export const CHECKS = {
  // the report's form
  REPORT_LENGTH: { claim: 'The report has exactly 1184 bytes.', spec: ABI },
  REPORT_VERSION: { claim: 'The report has a version whose layout is known.', spec: ABI },
  REPORT_RESERVED: { claim: 'Reserved fields and the padding of the signature are empty.', spec: ABI },
  SIG_ALGO: { claim: 'The report names ECDSA P-384 with SHA-384.', spec: `${ABI}, SIGNATURE_ALGO` },
  SIGNING_KEY: { claim: 'The chip’s own key (VCEK) signed the report.', spec: `${ABI}, SIGNING_KEY` },
  CHIP_KEY_MASKED: { claim: 'The report names the chip.', spec: `${ABI}, MASK_CHIP_KEY` },
  // what the guest may do
  DEBUG: {
    claim: 'The host cannot read the guest’s memory through debugging.',
    spec: 'AMD 56860, Guest Policy',
  },
  MIGRATE_MA: { claim: 'The guest cannot be moved by a migration agent.', spec: 'AMD 56860, Guest Policy' },
  VMPL: { claim: 'The most privileged level of the guest asked for the report.', spec: `${ABI}, VMPL` },
  GUEST_SVN: { claim: 'The guest’s security version is high enough.', spec: `${ABI}, GUEST_SVN` },
  // AMD's chain
  PRODUCT: { claim: 'Report and certificate name the same, known AMD product.', spec: KDS },
  PRODUCT_ALLOWED: {
    claim: 'The AMD product is one that is allowed.',
    spec: 'RFC 9334 §8 (appraisal policy)',
  },
  CHIP_ALLOWED: {
    claim: 'The chip is one of those that are allowed.',
    spec: 'RFC 9334 §8 (appraisal policy)',
  },
  PLATFORM_INFO: {
    claim: 'The machine is set up as demanded.',
    spec: `${ABI}, PLATFORM_INFO`,
  },
  ENDORSEMENT_FORMAT: { claim: 'The endorsement is the three AMD certificates VCEK, ASK, ARK.', spec: KDS },
  ROOT_PINNED: { claim: 'The root is the AMD key that is built in for this product.', spec: KDS },
  CHAIN_NAMES: { claim: 'The AMD certificates carry the product’s names.', spec: KDS },
  CHAIN: { claim: 'The AMD certificates are signed one by the other.', spec: `${KDS}; RFC 5280 §6` },
  CERT_TIME: { claim: 'The AMD certificates are valid at the time of the check.', spec: 'RFC 5280 §6.1.3' },
  CRL: { claim: 'AMD has not revoked the certificates.', spec: 'RFC 5280 §6.3' },
  VCEK_PROFILE: { claim: 'The chip’s certificate has AMD’s profile.', spec: KDS },
  REPORT_SIGNATURE: { claim: 'The chip’s key signed exactly this report.', spec: `${ABI}, SIGNATURE` },
  HWID: { claim: 'The certificate is that of the chip in the report.', spec: `${KDS}, hwID` },
  TCB_CERT: { claim: 'The certificate is for the firmware that the report names.', spec: `${KDS}, SPLs` },
  TCB_ORDER: {
    claim: 'Reported and committed firmware are not above the running one.',
    spec: 'AMD 56860, TCB_VERSION',
  },
  TCB_MIN: { claim: 'The firmware is not older than demanded.', spec: 'RFC 9334 §8 (appraisal policy)' },
  LAUNCH_TCB: {
    claim: 'The firmware was not older than demanded when the guest was launched.',
    spec: 'AMD 56860, LAUNCH_TCB',
  },
  TCB_STATUS: {
    claim: 'The firmware is not withdrawn.',
    spec: 'RFC 9334 §8.2 (reference values); docs/reference/reference-values.md',
  },
  // Microsoft's endorsement of the guest
  UVM_MISSING: { claim: 'There is an endorsement of the guest’s firmware.', spec: ACI },
  UVM_FORMAT: {
    claim: 'The endorsement of the guest is a COSE message of a known form.',
    spec: 'RFC 9052 §4.2',
  },
  UVM_ALG: { claim: 'Its algorithm is signed, allowed, and fits the key.', spec: 'RFC 9052 §3.1, RFC 9053' },
  UVM_CHAIN: {
    claim: 'The signer’s certificates are signed one by the other.',
    spec: 'RFC 5280 §6, RFC 9360',
  },
  UVM_CERT_TIME: {
    claim: 'The signer’s certificates were valid when it was signed.',
    spec: 'RFC 5280 §6.1.3',
  },
  UVM_DID: { claim: 'The signer is the one that is trusted.', spec: 'did:x509 method specification' },
  UVM_SIGNATURE: { claim: 'The signer signed exactly this endorsement.', spec: 'RFC 9052 §4.4' },
  UVM_FEED: { claim: 'The endorsement is for the product in question.', spec: ACI },
  UVM_PAYLOAD: { claim: 'The endorsement says a measurement and a version, unambiguously.', spec: ACI },
  UVM_SVN: { claim: 'The guest’s firmware is not older than demanded.', spec: ACI },
  UVM_STATUS: {
    claim: 'The guest’s firmware is not withdrawn.',
    spec: 'RFC 9334 §8.2 (reference values); docs/reference/reference-values.md',
  },
  UVM_CRL: { claim: 'The signer’s certificates are not revoked.', spec: 'RFC 5280 §6.3' },
  UVM_TIMESTAMP: { claim: 'A time stamp authority confirms when it was signed.', spec: 'RFC 3161' },
  UVM_RECEIPT: { claim: 'A transparency ledger holds the endorsement.', spec: 'IETF SCITT, COSE receipts' },
  MEASUREMENT: { claim: 'The guest that runs is the one that is endorsed.', spec: `${ABI}, MEASUREMENT` },
  // what is bound to the report
  HOST_DATA: { claim: 'The policy that is enforced is the one given.', spec: `${ABI}, HOST_DATA; ${ACI}` },
  REPORT_DATA: {
    claim: 'The report is about exactly this data of the workload.',
    spec: `${ABI}, REPORT_DATA`,
  },
  NONCE: {
    claim: 'The report was made for this question, and is no older one.',
    spec: 'RFC 9334 §10 (freshness)',
  },
  MAX_AGE: { claim: 'The evidence is recent enough.', spec: 'RFC 9334 §10 (freshness)' },
  POLICY_NOT_PUBLIC: { claim: 'The policy is none of the published ones that allow everything.', spec: ACI },
  RUNTIME_KEY_NOT_PUBLIC: {
    claim: 'No key in the runtime data is one whose private half is published.',
    spec: 'docs/security/threat-model.md',
  },
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
  // where the trust ends
  TRUST_ROOTS: {
    claim: 'The roots of trust are AMD’s and Microsoft’s own.',
    spec: 'docs/security/what-verify-checks.md',
  },
  // the room: what an evidence bundle adds
  ROOM_DATA: {
    claim: 'The report binds the keys and the contract of a room.',
    spec: 'docs/reference/evidence.md',
  },
  ANCHORS_CONTRACT: {
    claim: 'The anchors are those that the contract names.',
    spec: 'docs/reference/contract.md',
  },
  CONTRACT_FORM: { claim: 'The contract in the bundle is well formed.', spec: 'contract.schema.json' },
  CONTRACT_EXPECTED: {
    claim: 'No other contract than the one given came with the evidence.',
    spec: 'docs/reference/evidence.md',
  },
  CONTRACT_ROOM: { claim: 'The room keeps the contract in the bundle.', spec: 'docs/reference/evidence.md' },
  CONTRACT_POLICY: {
    claim: 'The policy pins the contract, and requires it.',
    spec: 'docs/reference/policy.md',
  },
  CONSENT_THRESHOLD: {
    claim: 'As many parties as the contract demands have signed it.',
    spec: 'RFC 7515; docs/reference/contract.md',
  },
  CONSENT_EQUIVOCATION: {
    claim: 'No party has signed two versions of the contract.',
    spec: 'docs/reference/contract.md',
  },
  PROGRAM_KNOWN: {
    claim: 'Every container that the policy admits is a known program.',
    spec: 'docs/reference/policy.md',
  },
  KEY_STATED: {
    claim: 'The owner of each dataset signed which release policy its key has.',
    spec: 'RFC 7515; docs/reference/receipt.md',
  },
  KEY_RELEASE_POLICIES: {
    claim: 'Every release policy implies each clause that the contract demands.',
    spec: 'docs/reference/keys.md',
  },
  KEY_IMMUTABLE: {
    claim: 'Each owner signed that nobody can change the release policy of its key.',
    spec: 'docs/reference/keys.md',
  },
  KEY_ATTESTATION: {
    claim: 'A partition of an HSM signed what is said of each key.',
    spec: 'docs/reference/keys.md; Key Vault REST API, Get Key Attestation',
  },
  KEY_ATTESTATION_MAKER: {
    claim: 'The maker of the HSM vouches for the partition that signed.',
    spec: 'docs/reference/keys.md; Azure/azure-managed-hsm-key-attestation, Marvell’s root certificates',
  },
  KEY_ATTESTATION_OPERATOR: {
    claim: 'The operator of the HSM vouches for the same partition.',
    spec: 'docs/reference/keys.md; Azure/azure-managed-hsm-key-attestation, partition root',
  },
  KEY_ATTESTATION_KEY: {
    claim: 'Each attestation is about the version of the key that was released, and its public half.',
    spec: 'docs/reference/keys.md; RFC 7638',
  },
  KEY_ATTESTATION_ORIGIN: {
    claim: 'Each key was made in the HSM, which does not give its private half out in the clear.',
    spec: 'docs/reference/keys.md; PKCS #11 v3.1 §4.9, CKA_LOCAL and CKA_SENSITIVE',
  },
  KEY_HARDWARE: {
    claim: 'Each key was made in an HSM that its maker vouches for.',
    spec: 'docs/reference/keys.md',
  },
  RECEIPT_SIGNATURE: {
    claim: 'The room’s own key signed each receipt.',
    spec: 'RFC 7515 §5.2; docs/reference/receipt.md',
  },
  RECEIPT_CONTRACT: {
    claim: 'Each receipt is about this contract and policy.',
    spec: 'docs/reference/receipt.md',
  },
  RECEIPT_KEYS: {
    claim: 'Each input was opened with the contract’s own key of it.',
    spec: 'docs/reference/receipt.md',
  },
  RECEIPT_JKT: {
    claim: 'Each key that was released has the fingerprint in the header of its sealed blob.',
    spec: 'RFC 7638; docs/reference/receipt.md',
  },
  RECEIPT_SEALS: {
    claim: 'The owner of each input signed the sealed blob that was opened.',
    spec: 'RFC 7515; docs/reference/receipt.md',
  },
  RECEIPT_RELEASED: {
    claim: 'A receipt is of a result that was given out.',
    spec: 'docs/reference/receipt.md',
  },
  RECEIPT_BUDGET: {
    claim: 'Each result has a place of its own among those that the contract allows.',
    spec: 'docs/reference/receipt.md',
  },
  RECEIPT_ENTRIES: {
    claim: 'The budget entries that came along are those of the receipts.',
    spec: 'docs/reference/receipt.md',
  },
  RECEIPT_PLACE: {
    claim: 'Nothing else that is known of a receipt’s place in the budget is of another result.',
    spec: 'docs/reference/receipt.md',
  },
  RECEIPT_REPORT: {
    claim: 'The receipt names the report of the room that made it.',
    spec: 'docs/reference/receipt.md',
  },
  RECEIPT_OUTPUT: {
    claim: 'The summary shown is the one in the receipt.',
    spec: 'docs/reference/receipt.md',
  },
  RECEIPT_SEALED: {
    claim: 'The sealed result is the one in the receipt.',
    spec: 'docs/reference/receipt.md',
  },
  RECEIPT_INPUTS: {
    claim: 'Summary and receipt name the same inputs.',
    spec: 'docs/reference/receipt.md',
  },
  LOG_PROOF: {
    claim: 'Every proof of a transparency log is about the evidence, under a trusted head.',
    spec: 'docs/reference/log.md',
  },
  LOG_CONTRACT: { claim: 'A transparency log holds the contract.', spec: 'docs/reference/log.md' },
  LOG_POLICY: { claim: 'A transparency log holds the policy.', spec: 'docs/reference/log.md' },
  LOG_FRESH: {
    claim: 'The head of each proof was signed recently enough.',
    spec: 'RFC 9334 §10 (freshness); docs/reference/log.md',
  },
  // signatures, one by one: what does not count is listed
  CONSENT_PARTY: {
    claim: 'The party has signed this version of the contract.',
    spec: 'docs/reference/contract.md',
  },
  CONSENT_SIGNED: {
    claim: 'Everybody whose turn has passed has signed the contract.',
    spec: 'docs/reference/contract.md',
  },
  CONSENT_FORMAT: {
    claim: 'The file is a consent signature.',
    spec: 'RFC 7515; docs/reference/contract.md',
  },
  CONSENT_SIGNATURE: {
    claim: 'The signature is that of the party’s contract key.',
    spec: 'RFC 7515; docs/reference/contract.md',
  },
  CONSENT_UNKNOWN_SIGNER: {
    claim: 'The signer is a party of the contract.',
    spec: 'docs/reference/contract.md',
  },
  CONSENT_OTHER_VERSION: {
    claim: 'The signature is over this version of the contract.',
    spec: 'docs/reference/contract.md',
  },
  CONSENT_REPLAYED: {
    claim: 'The signature is over the contract of this name.',
    spec: 'docs/reference/contract.md',
  },
  CONSENT_REPEATED: {
    claim: 'The party’s signature has not been counted yet.',
    spec: 'docs/reference/contract.md',
  },
  // before anything runs: policy, keys, room
  CONTRACT_PINNED: {
    claim: 'The policy pins the contract, and requires it.',
    spec: 'docs/reference/policy.md',
  },
  POLICY_RECOMPUTED: {
    claim: 'Contract and images give this policy.',
    spec: 'docs/reference/policy.md',
  },
  POLICY_FILE: {
    claim: 'The policy file is the recomputed one.',
    spec: 'docs/reference/policy.md',
  },
  POLICY_LINT: {
    claim: 'Lint finds no error in the policy.',
    spec: 'docs/reference/policy.md',
  },
  ROOM_POLICY: {
    claim: 'The policy that the room was started with is this one.',
    spec: 'docs/reference/policy.md',
  },
  KEY_RELEASE_POLICY: {
    claim: 'The release policy of the dataset’s key implies each clause that the contract demands.',
    spec: 'docs/reference/keys.md',
  },
  KEY_POLICY_IMMUTABLE: {
    claim: 'Nobody can change the release policy of the key.',
    spec: 'docs/reference/keys.md',
  },
  // an offer or a reply
  SEAL_STATEMENTS: {
    claim: 'Each seal statement in a reply is its sender’s, over this contract, and names the agreed key.',
    spec: 'docs/reference/receipt.md',
  },
  TRANSFER_KEY: {
    claim: 'The host signed the key that replies to its offer are sealed to.',
    spec: 'RFC 7515; docs/reference/contract.md',
  },
  CONTRACT_SAME: {
    claim: 'The contract in the file is the one that was given with -f.',
    spec: 'RFC 8785; docs/reference/contract.md',
  },
  // a sealed blob and its owner’s statement
  SEAL_STRUCTURE: {
    claim: 'The blob has the published form.',
    spec: 'docs/reference/sealed-format.md',
  },
  SEAL_SIGNATURE: {
    claim: 'The owner’s contract key signed the statement.',
    spec: 'RFC 7515; docs/reference/sealed-format.md',
  },
  SEAL_CONTRACT: {
    claim: 'The blob was sealed for this contract.',
    spec: 'docs/reference/sealed-format.md',
  },
  SEAL_DATASET: {
    claim: 'The blob was sealed as this dataset.',
    spec: 'docs/reference/sealed-format.md',
  },
  SEAL_KEY: {
    claim: 'The blob was sealed to the contract’s key of the dataset.',
    spec: 'docs/reference/sealed-format.md',
  },
  SEAL_PROTECTED: {
    claim: 'The protected header says what the statement says.',
    spec: 'docs/reference/sealed-format.md',
  },
  SEAL_HEADER: {
    claim: 'The header is the one that was sealed.',
    spec: 'docs/reference/sealed-format.md',
  },
  SEAL_PAYLOAD: {
    claim: 'The payload is the one that was sealed.',
    spec: 'docs/reference/sealed-format.md',
  },
  // what may leave a room
  SUMMARY_DOCUMENTS: {
    claim: 'Each dataset holds as many distinct documents as the contract demands.',
    spec: 'docs/reference/contract.md',
  },
  SUMMARY_ALPHABET: {
    claim: 'All texts are in the alphabet of the contract.',
    spec: 'docs/reference/contract.md',
  },
  SUMMARY_CHARACTERS: {
    claim: 'All texts together are not longer than the contract allows.',
    spec: 'docs/reference/contract.md',
  },
  SUMMARY_SHARE: {
    claim: 'All texts together are not a greater share of the sources than the contract allows.',
    spec: 'docs/reference/contract.md',
  },
  SUMMARY_COPIED_WORDS: {
    claim: 'No run of source words is longer than the contract allows.',
    spec: 'docs/reference/contract.md',
  },
  SUMMARY_COPIED_SHARE: {
    claim: 'No greater share of the result is copied than the contract allows.',
    spec: 'docs/reference/contract.md',
  },
  // a transparency log as a file
  LOG_FORM: {
    claim: 'The log is whole, each entry on the ones before it.',
    spec: 'docs/reference/log.md',
  },
  LOG_HEAD: {
    claim: 'A key that is trusted signed the head of the log.',
    spec: 'docs/reference/log.md',
  },
  LOG_CONTINUES: {
    claim: 'The log continues the one whose head is given.',
    spec: 'docs/reference/log.md',
  },
  LOG_STATEMENTS: {
    claim: 'A key that is trusted signed the statement of each entry.',
    spec: 'docs/reference/log.md; draft-ietf-scitt-architecture, Signed Statements',
  },
  // a policy fragment
  FRAGMENT_CHAIN: {
    claim: 'The signer’s certificates are signed one by the other.',
    spec: 'RFC 5280 §6, RFC 9360',
  },
  FRAGMENT_CERT_TIME: {
    claim: 'The signer’s certificates are valid.',
    spec: 'RFC 5280 §6.1.3',
  },
  FRAGMENT_ISSUER: {
    claim: 'The signer is the one that the policy names.',
    spec: 'did:x509 method specification',
  },
  FRAGMENT_SIGNATURE: {
    claim: 'The signer signed exactly this fragment.',
    spec: 'RFC 9052 §4.4',
  },
  FRAGMENT_FEED: {
    claim: 'The fragment is of the feed that the policy names.',
    spec: 'docs/reference/policy.md',
  },
  FRAGMENT_SVN: {
    claim: 'The fragment’s version is not lower than the policy demands.',
    spec: 'docs/reference/policy.md',
  },
} as const satisfies Record<string, CheckEntry>;

export type CheckId = keyof typeof CHECKS;

/** Whether `text` is the id of a check. */
export function isCheckId(text: string): text is CheckId {
  return Object.hasOwn(CHECKS, text);
}
