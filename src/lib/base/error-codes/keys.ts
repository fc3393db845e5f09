// Errors of evidence, of sealed blobs, and of the keys that are released to rooms. Kept in sections, one a domain; alphabetical inside a section.

import { type ErrorEntry, EXIT } from './entry.js';

const { usage, badInput, refused, service } = EXIT;

export const KEY_ERRORS = {
  // attestation
  ANCHORS_INVALID: {
    exit: badInput,
    summary: 'The file of trust anchors does not have the expected form.',
    fix: 'Give the anchors.json that the emulator writes; its form is in docs/reference/evidence.md.',
  },
  APPRAISAL_INVALID: {
    exit: badInput,
    summary: 'The appraisal file does not have the expected form.',
    fix: 'Correct the key named; the keys are in docs/reference/evidence.md.',
  },
  CERTIFICATE_MALFORMED: {
    exit: badInput,
    summary: 'Bytes that should be a certificate are not one.',
    fix: 'Give DER, or PEM blocks of certificates and nothing else.',
  },
  EVIDENCE_MALFORMED: {
    exit: badInput,
    summary: 'The evidence is damaged, too large, or has more than one reading.',
    fix: 'Fetch it again with: cleanroom attest',
  },
  EVIDENCE_REFUSED: {
    exit: refused,
    summary: 'Evidence that a step depends on was refused.',
    fix: 'See the failed checks with: cleanroom verify',
  },
  EVIDENCE_UNKNOWN_FORM: {
    exit: badInput,
    summary: 'The file has no known form of evidence.',
    fix: 'Name its parts: cleanroom verify --report FILE --certs FILE --uvm FILE --policy FILE --runtime-data FILE',
  },
  JWKS_INVALID: {
    exit: badInput,
    summary: 'The key set is not a JSON Web Key Set.',
    fix: 'Fetch it from the issuer through a path you trust: ISSUER/certs',
  },
  SNP_REPORT_MALFORMED: {
    exit: badInput,
    summary: 'The bytes are not an SEV-SNP attestation report.',
    fix: 'Give exactly the 1184 bytes of the report, without header or padding.',
  },

  // sealed-blob
  DOCUMENTS_INVALID: {
    exit: badInput,
    summary: 'The documents cannot be sealed together.',
    fix: 'Rename the document named; names must be plain relative paths and differ in more than case.',
  },
  JWK_INVALID: {
    exit: badInput,
    summary: 'The JWK is not a key that can be used here.',
    fix: 'Give RSA of 2048 bits or more, or EC on P-256, P-384 or P-521, as a JWK (RFC 7517).',
  },
  SAS_EXPIRED: {
    exit: service,
    summary: 'The shared access signature has expired.',
    fix: 'Ask for a new one; the same command then continues the upload.',
  },
  SAS_INVALID: {
    exit: badInput,
    summary: 'The text is not a shared access signature.',
    fix: 'Give the query of a SAS URL (sv=…&se=…&sp=…&sig=…) from a file, env:NAME or fd:N.',
  },
  SAS_NOT_YET_VALID: {
    exit: service,
    summary: 'The shared access signature is not valid yet.',
    fix: "Compare this machine's clock with the issuer's, or wait; a SAS should begin 15 minutes in the past.",
  },
  SAS_REFUSED: {
    exit: service,
    summary: 'Storage does not accept the shared access signature.',
    fix: 'It may have been revoked, be for another container, or one of the clocks is wrong; ask for a new one.',
  },
  SAS_TOO_NARROW: {
    exit: usage,
    summary: 'The shared access signature does not allow the operation.',
    fix: 'Ask for a SAS of the container with read, create and write (rcw), valid for the time of the upload.',
  },
  SEALED_BLOB_REJECTED: {
    exit: refused,
    summary: 'The sealed blob cannot be opened.',
    fix: 'It is damaged, not whole, not a sealed blob, or sealed to another key; see: cleanroom blob inspect FILE',
  },
  SEAL_STATEMENT_REJECTED: {
    exit: refused,
    summary: "The seal statement is not by the dataset's owner, or not for this blob.",
    fix: 'Ask the owner to seal and upload again; do not use the blob.',
  },

  // keys and release
  ATTESTATION_REFUSED: {
    exit: service,
    summary: 'The attestation service refused the evidence.',
    fix: 'See the reason claim by claim with: cleanroom why',
  },
  EXPOSURE_INVALID: {
    exit: badInput,
    summary: 'The exported key, roles and SAS do not have the expected form.',
    fix: 'Correct the field named; docs/reference/keys.md shows the form.',
  },
  KEY_ACCESS_DENIED: {
    exit: service,
    summary: 'The identity has no role that allows this on the key.',
    fix: 'Assign the least role that does: Managed HSM Crypto User to the owner, Crypto Service Release User to the room.',
  },
  KEY_CONFLICT: {
    exit: service,
    summary: 'The vault is changing this key already.',
    fix: 'Run the same command again a little later.',
  },
  KEY_DISABLED: {
    exit: service,
    summary: 'The key version is disabled.',
    fix: 'A disabled version belongs to an earlier dataset version or was revoked; seal again with: cleanroom encrypt',
  },
  KEY_EXPORTABLE_FIXED: {
    exit: service,
    summary: 'Whether a key is exportable cannot be changed once it exists.',
    fix: 'Name another key in the contract (datasets[].key.name), and create that one: cleanroom key create',
  },
  KEY_KIND_UNSUPPORTED: {
    exit: usage,
    summary: 'The vault has no keys of that kind.',
    fix: 'Take --kind rsa, which every vault has.',
  },
  KEY_NAME_BUSY: {
    exit: service,
    summary: 'A key of that name is being deleted or restored.',
    fix: 'Wait until that is done, or take another name.',
  },
  KEY_NAME_DELETED: {
    exit: service,
    summary: 'A deleted key of that name is still kept by the vault (soft delete).',
    fix: 'Recover or purge it: az keyvault key recover --hsm-name HSM -n NAME, or take another name.',
  },
  KEY_NOT_AS_ASKED: {
    exit: service,
    summary: 'The vault contains another key than the requested one.',
    fix: 'Nothing was sealed to it, and the version was disabled. Inspect it (cleanroom key show), and check who else may write to the vault.',
  },
  KEY_NOT_EXPORTABLE: {
    exit: service,
    summary: 'The key is not exportable, so it can never be released to a room.',
    fix: 'Create one that is: cleanroom key create -f contract.yaml --dataset ID',
  },
  KEY_NOT_FOUND: {
    exit: service,
    summary: 'The vault has no key of that name and version.',
    fix: 'Check vault host, key name and version; list versions with: cleanroom key show',
  },
  KEY_OPERATION_FORBIDDEN: {
    exit: service,
    summary: 'The key does not allow that operation (its key_ops).',
    fix: 'This refusal is intended if you tried to use the key outside the room.',
  },
  KEY_OUT_OF_TIME: {
    exit: service,
    summary: 'The key is not valid yet, or has expired (its nbf and exp).',
    fix: 'Wait, or have the owner of the vault change the dates of the key or make a new version.',
  },
  KEY_POLICY_IMMUTABLE: {
    exit: service,
    summary: 'The release policy of the key is immutable.',
    fix: 'Make a new version with the new policy: cleanroom key rotate -f contract.yaml --dataset ID',
  },
  KEY_POLICY_MISSING: {
    exit: service,
    summary: 'An exportable key must have a release policy.',
    fix: 'Create it with: cleanroom key create -f contract.yaml --dataset ID',
  },
  KEY_POLICY_REFUSED: {
    exit: service,
    summary: 'The vault does not accept the release policy.',
    fix: 'Correct what it names; cleanroom key lint --exposure FILE checks it without a vault.',
  },
  KEY_POLICY_VERSIONED: {
    exit: service,
    summary: 'The vault accepts no release policy for an existing version of a key.',
    fix: 'Make a new version: cleanroom key rotate -f contract.yaml --dataset ID',
  },
  KEY_RELEASE_DENIED: {
    exit: service,
    summary: "The room's attestation does not meet the key's release policy.",
    fix: 'See which clause fails with: cleanroom why',
  },
  KEY_RELEASE_REFUSED: {
    exit: service,
    summary: 'The key was not released, for an unknown reason.',
    fix: 'See the text of the service in the message.',
  },
  KEY_RELEASE_TOKEN_REJECTED: {
    exit: service,
    summary: 'The vault could not verify the attestation token.',
    fix: 'Check that the authority in the release policy is the service that issued the token, and the clocks.',
  },
  KEY_REVOKED: {
    exit: refused,
    summary:
      "Every version of a dataset's key was disabled by key revoke, and its owner did not agree to a new one.",
    fix: 'To seal to a new version of the key, run encrypt again and agree, or add --yes.',
  },
  KEY_STILL_ENABLED: {
    exit: service,
    summary: 'A version of the key is still enabled after it was disabled.',
    fix: 'Run the same command again, and check who else enables it.',
  },
  RELEASED_KEY_MALFORMED: {
    exit: refused,
    summary: 'The released value is not a key of the expected form.',
    fix: 'The vault or the sidecar answered in an unknown form; check their versions.',
  },
  RELEASE_JWS_REJECTED: {
    exit: refused,
    summary: 'The signed release answer does not come from the vault that was asked.',
    fix: "Check the vault's host name and the TLS roots of the profile.",
  },
  RELEASE_POLICY_EMPTY: {
    exit: usage,
    summary: 'A release policy must demand something.',
    fix: 'Name at least one attestation authority in the contract.',
  },
  RELEASE_POLICY_MALFORMED: {
    exit: badInput,
    summary: 'The release policy does not follow the vault’s grammar.',
    fix: 'Correct the place named.',
  },
  SIDECAR_ANSWER_MALFORMED: {
    exit: service,
    summary: 'The sidecar answered in a form that is not its own.',
    fix: 'Check that port 8080 of the group is the key release sidecar and its version.',
  },
  SIDECAR_CERTIFICATES_OLD: {
    exit: service,
    summary: "The sidecar's certificates are for other firmware than the report names.",
    fix: 'Restart the room: cleanroom restart ROOM. The sidecar keeps the certificates that it read when it started.',
  },
  SIDECAR_REQUEST_REFUSED: {
    exit: service,
    summary: 'The sidecar refused the request.',
    fix: 'See the reason in the message; cleanroom why explains it.',
  },
  SIDECAR_TOO_OLD: {
    exit: service,
    summary: 'The key release sidecar is older than release 2.11.',
    fix: 'Name mcr.microsoft.com/aci/skr of release 2.11 or later in the contract, by digest, and generate the policy again.',
  },
  SIDECAR_UNREACHABLE: {
    exit: service,
    summary: 'The key release sidecar does not answer.',
    fix: 'It starts after its evidence is there; see cleanroom status and cleanroom logs for the container skr.',
  },
  VAULT_FIREWALL: {
    exit: service,
    summary: 'The firewall of the vault does not admit this address.',
    fix: "Run from an allowed network, or have this address added to the vault's network rules.",
  },
  STORAGE_HOST_UNKNOWN: {
    exit: refused,
    summary: 'The host is not one of Azure Storage, so it receives no login and no SAS.',
    fix: 'Check the account in the contract (or URL) letter by letter. An account behind a domain of your own goes into your profile: storageAccount.',
  },
  VAULT_HOST_UNKNOWN: {
    exit: refused,
    summary: 'The host is not one of Managed HSM or Key Vault.',
    fix: 'Check the vault host in the contract letter by letter; a look-alike would receive your key requests.',
  },
  VAULT_ROLES_UNREAD: {
    exit: service,
    summary: 'The role assignments of the key vault could not be read.',
    fix: 'Name the subscription of the vault in the profile, or export the assignments: az role assignment list --scope VAULT-ID --include-inherited',
  },
  VAULT_LOGIN_REFUSED: {
    exit: service,
    summary: 'The room got no token for a vault in another tenant.',
    fix: "Check that the room's identity vouches for the contract's application (party I: prereqs --cross-tenant federated) and that its owner admitted it (party II: the same).",
  },
  VAULT_NOT_PREMIUM: {
    exit: service,
    summary: 'The vault does not keep exportable keys in an HSM.',
    fix: 'Use a Managed HSM or a vault of the Premium SKU.',
  },
} as const satisfies Record<string, ErrorEntry>;
