// Every error code: its exit code, what it means, and what to do. docs/reference/errors.md is generated from this table.

/** Exit codes of every command, the same with and without --json (DESIGN §5). */
export const EXIT = {
  ok: 0,
  bug: 1,
  usage: 2,
  badInput: 3,
  unsafe: 4,
  refused: 5,
  service: 6,
  interrupted: 130,
} as const;

export interface ErrorEntry {
  readonly exit: number;
  /** One sentence: what is so. */
  readonly summary: string;
  /** One sentence: what to do next; used as the hint when the thrower gives none. */
  readonly fix: string;
}

const { bug, usage, badInput, unsafe, refused, service, interrupted } = EXIT;

/* Kept in sections, one a domain; alphabetical inside a section. */
export const ERROR_CODES = {
  // general
  CONFIRMATION_NEEDED: {
    exit: usage,
    summary: 'The command changes something that cannot be undone, and nobody can be asked.',
    fix: 'Add --yes.',
  },
  FAILURE_UNKNOWN: {
    exit: badInput,
    summary: 'Nothing in the text is a failure that is known.',
    fix: 'Give the whole error as it was printed, or the JSON that az prints with --output json.',
  },
  INTERNAL: {
    exit: bug,
    summary: 'cleanroom itself failed.',
    fix: 'Run again with DEBUG=cleanroom* and report what it prints.',
  },
  INTERRUPTED: {
    exit: interrupted,
    summary: 'The command was interrupted.',
    fix: 'Run the same command again to go on.',
  },
  OPTIONAL_PACKAGE_MISSING: {
    exit: usage,
    summary: 'An optional package that this command needs is not installed.',
    fix: 'Install it: npm install --include=optional',
  },
  USAGE: {
    exit: usage,
    summary: 'The command line is not one this command takes.',
    fix: 'See the command with --help.',
  },

  // files
  DIRECTORY_NOT_EMPTY: {
    exit: usage,
    summary: 'The directory is not empty.',
    fix: 'Name one that does not exist yet, or an empty one.',
  },
  FILE_CHANGED: {
    exit: badInput,
    summary: 'The file changed while it was being read.',
    fix: 'Run the command again when nothing writes to the file.',
  },
  FILE_EMPTY: { exit: badInput, summary: 'The file is empty.', fix: 'Give a file with content.' },
  FILE_EXISTS: {
    exit: badInput,
    summary: 'A file that would be written is there already.',
    fix: 'Move it away, write elsewhere, or add --force to replace it.',
  },
  FILE_NOT_FOUND: { exit: badInput, summary: 'The file does not exist.', fix: 'Check the path.' },
  FILE_TOO_LARGE: {
    exit: badInput,
    summary: 'The file is larger than this input may be.',
    fix: 'Give a smaller file, or split it.',
  },
  FILE_UNREADABLE: {
    exit: badInput,
    summary: 'The file cannot be read.',
    fix: 'Check that it is a regular file and that you may read it.',
  },
  FILE_UNWRITABLE: {
    exit: badInput,
    summary: 'The file cannot be written.',
    fix: 'Check the directory, its permissions and the free space; nothing was changed.',
  },
  JSON_MALFORMED: {
    exit: badInput,
    summary: 'The JSON is not well formed, has a duplicate key, or is too deep.',
    fix: 'Correct the file at the place named.',
  },
  TEXT_NOT_UTF8: {
    exit: badInput,
    summary: 'The text is not UTF-8.',
    fix: 'Convert it first, for example: iconv -f latin1 -t utf-8 FILE',
  },

  // contract
  CONSENT_MISSING: {
    exit: refused,
    summary: 'The parties of the contract have not signed it as it demands.',
    fix: 'Have the missing parties sign: cleanroom contract sign -f contract.yaml',
  },
  CONTRACT_EXISTS: {
    exit: unsafe,
    summary: 'There is a contract already, which other parties may have agreed to.',
    fix: 'Move it away, or replace it with --force.',
  },
  CONTRACT_INVALID: {
    exit: badInput,
    summary: 'The contract does not have the form that the schema demands.',
    fix: 'Correct the field named; contract.example.yaml shows every field.',
  },
  CONTRACT_MALFORMED: {
    exit: badInput,
    summary: 'The contract is not YAML that can be read unambiguously.',
    fix: 'Remove duplicate keys, anchors and tags; check the line named.',
  },
  DATASET_UNKNOWN: {
    exit: usage,
    summary: 'The contract has no dataset of that id.',
    fix: 'Name one of the datasets that the contract lists.',
  },
  PARTY_CARD_INVALID: {
    exit: badInput,
    summary: 'The party card does not have the form that is expected.',
    fix: 'Ask the party for a new one: it is the file PARTY.party.json that cleanroom init writes.',
  },
  PARTY_KEY_INVALID: {
    exit: badInput,
    summary: "The file does not hold the party's private key.",
    fix: 'Give the private JWK that cleanroom init wrote for this party.',
  },
  PARTY_KEY_MISMATCH: {
    exit: unsafe,
    summary: 'The private key is not the contract key that the contract names for this party.',
    fix: 'Use the key that cleanroom init made for this party and contract.',
  },
  PARTY_UNKNOWN: {
    exit: usage,
    summary: 'The contract has no party of that id.',
    fix: 'Name one of the parties that the contract lists.',
  },
  TRUST_MISMATCH: {
    exit: unsafe,
    summary: 'The local trust files are not the ones that the contract pins.',
    fix: 'Use the profile of the emulator that the contract was written for.',
  },

  // profile
  NO_ENVIRONMENT: {
    exit: usage,
    summary: 'No profile is chosen and no local emulator is running.',
    fix: 'Start the local Azure with: cleanroom emulator start, or write a profile with: cleanroom init',
  },
  PROFILE_INVALID: {
    exit: badInput,
    summary: 'The profile is not of the form that is expected.',
    fix: 'Correct the field named in cleanroom.config.yaml.',
  },
  PROFILE_UNKNOWN: {
    exit: usage,
    summary: 'There is no profile of that name.',
    fix: 'Name one that cleanroom.config.yaml or the running emulator has.',
  },

  // images
  IMAGE_AMBIGUOUS: {
    exit: badInput,
    summary: 'The archive holds several images, or none of that name.',
    fix: 'Name the image that is meant, or save it alone.',
  },
  IMAGE_ARCHIVE_MALFORMED: {
    exit: badInput,
    summary: 'The file is not a complete docker archive or OCI layout.',
    fix: 'Save the image again: skopeo copy docker://IMAGE oci-archive:FILE, or docker save IMAGE -o FILE',
  },
  IMAGE_ARCHIVE_REFUSED: {
    exit: badInput,
    summary: 'The archive has members that no honest tool writes.',
    fix: 'Do not use the archive; fetch the image from where it was made.',
  },
  IMAGE_DIGEST_MISMATCH: {
    exit: badInput,
    summary: 'Bytes of the image do not have the digest that names them.',
    fix: 'Fetch the image again; if it stays so, its source is damaged or hostile.',
  },
  IMAGE_LAYER_MISSING: {
    exit: badInput,
    summary: 'The archive lists layers that it does not contain.',
    fix: 'Save the image again with all of its layers.',
  },
  IMAGE_NOT_BUILT: {
    exit: usage,
    summary: 'A compiled file that the image needs does not exist.',
    fix: 'Compile first: npm run build',
  },
  LAYER_REFUSED: {
    exit: badInput,
    summary:
      'An entry of the layer cannot be laid out as Azure lays it out; Azure would refuse the layer too.',
    fix: 'Build the image anew without the entry named, or with its entries in the usual order.',
  },
  LAYER_UNPACKABLE: {
    exit: badInput,
    summary: 'A layer cannot be decompressed within bounds.',
    fix: 'Check that the file is complete; one that grows without end is an attack.',
  },
  REGISTRY_CREDENTIALS_INVALID: {
    exit: badInput,
    summary: 'The credentials that docker login keeps cannot be read.',
    fix: 'Log in again: docker login REGISTRY',
  },
  REGISTRY_DENIED: {
    exit: service,
    summary: 'The registry denies access.',
    fix: 'Log in with docker login, or with az login for a registry of Azure, and check the rights on the repository.',
  },
  REGISTRY_INSECURE: {
    exit: service,
    summary: 'The registry would have data or credentials go where they are not safe.',
    fix: 'Use a registry with https that keeps to its own host.',
  },
  REGISTRY_REFUSED: {
    exit: service,
    summary: 'The registry does not answer as it should.',
    fix: 'Check the reference; the registry may not have that image.',
  },
  TAR_MALFORMED: {
    exit: badInput,
    summary: 'The file is not a tar archive that can be read to its end.',
    fix: 'Check that the file is complete and, where it is compressed, that it ends in .gz or .zst.',
  },

  // cce-policy
  CONFCOM_INPUT_INVALID: {
    exit: badInput,
    summary: 'The JSON is not an input file of confcom.',
    fix: 'Correct the member named; it is what az confcom acipolicygen --input takes.',
  },
  IMAGE_ARCHIVE_MISSING: {
    exit: badInput,
    summary: 'The archive of an image that the policy must measure was not given.',
    fix: 'Give it with: --image NAME=ARCHIVE',
  },
  IMAGE_LOCAL_ONLY: {
    exit: unsafe,
    summary: 'The image runs in the local room only.',
    fix: 'Build it on a base that has Node: cleanroom image build --base BASE.oci.tar',
  },
  IMAGE_MISMATCH: {
    exit: badInput,
    summary: 'The archive is not the image that the contract or template names.',
    fix: 'Give the archive of exactly that digest.',
  },
  IMAGE_NAME_UNKNOWN: {
    exit: usage,
    summary: 'No container of that name is deployed.',
    fix: 'Name one of the containers: --image NAME=ARCHIVE',
  },
  IMAGE_PLATFORM: {
    exit: badInput,
    summary: 'The image is for another operating system or processor.',
    fix: 'Fetch the image for linux/amd64.',
  },
  POLICY_COMMAND_EMPTY: {
    exit: badInput,
    summary: 'A container has no command, so that no guest would start it.',
    fix: 'Give the container a command, or take an image with an entrypoint.',
  },
  POLICY_LAYERS_EMPTY: {
    exit: badInput,
    summary: 'An image has no layers; a policy over it would be worthless.',
    fix: 'Fetch the image again and check it with: cleanroom image inspect ARCHIVE',
  },
  POLICY_PUBLIC: {
    exit: refused,
    summary: 'The CCE policy is a published one that allows everything.',
    fix: 'Generate the policy of the contract: cleanroom policy generate -f contract.yaml',
  },
  POLICY_UNREADABLE: {
    exit: badInput,
    summary: 'The file is neither Rego, nor base64 of Rego, nor an ARM template with a policy.',
    fix: 'Give policy.rego, the value of ccePolicy, or the template.',
  },
  SECRET_IN_POLICY: {
    exit: badInput,
    summary: 'A secret would stand in the policy, which everybody can read.',
    fix: 'Make it a parameter with a bounded pattern, and pass the value at deployment.',
  },
  TEMPLATE_GROUP_AMBIGUOUS: {
    exit: usage,
    summary: 'The template has more than one container group, and each has a policy of its own.',
    fix: 'Name the container group: --group NAME',
  },
  TEMPLATE_INVALID: {
    exit: badInput,
    summary: 'The ARM template is not one that a policy can be made from.',
    fix: 'Correct the member named.',
  },
  TEMPLATE_PARAMETER_UNKNOWN: {
    exit: badInput,
    summary: 'The parameters file and the template do not name the same parameters.',
    fix: 'Declare the parameter in the template, or take it out of the file.',
  },
  TEMPLATE_PARAMETER_UNRESOLVED: {
    exit: badInput,
    summary: 'A template parameter that the policy depends on has no value.',
    fix: 'Give it a value in the parameters file, or allow any value of it with --yes.',
  },

  // attestation
  ANCHORS_INVALID: {
    exit: badInput,
    summary: 'The file of trust anchors does not have the form that is expected.',
    fix: 'Give the anchors.json that the emulator writes; its form is in docs/reference/evidence.md.',
  },
  ANCHORS_NOT_ALLOWED: {
    exit: usage,
    summary: 'Trust anchors from a file vouch for no hardware.',
    fix: 'Add --allow-emulated to accept them; the verdict then says trust: emulated.',
  },
  APPRAISAL_INVALID: {
    exit: badInput,
    summary: 'The appraisal file does not have the form that is expected.',
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
    summary: 'Evidence that a step depends on does not hold.',
    fix: 'See the failed checks with: cleanroom verify',
  },
  EVIDENCE_UNKNOWN_FORM: {
    exit: badInput,
    summary: 'The file is in none of the evidence forms that are known.',
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
    summary: 'The shared access signature has ended.',
    fix: 'Ask for a new one; what has been uploaded counts when the same command is run again.',
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
    summary: 'Storage does not take the shared access signature.',
    fix: 'It may have been revoked, be for another container, or one of the clocks is wrong; ask for a new one.',
  },
  SAS_TOO_NARROW: {
    exit: usage,
    summary: 'The shared access signature does not allow what has to be done.',
    fix: 'Ask for a SAS of the container with read, create and write (rcw), valid for the time of the upload.',
  },
  SEALED_BLOB_REJECTED: {
    exit: refused,
    summary: 'The sealed blob cannot be opened.',
    fix: 'It is damaged, not whole, not a sealed blob, or sealed to another key; see: cleanroom blob inspect FILE',
  },
  SEAL_STATEMENT_REJECTED: {
    exit: refused,
    summary: "The seal statement is not one by the dataset's owner for this blob.",
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
    summary: 'The exported key, roles and SAS are not of the form that is expected.',
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
    summary: 'The vault keeps another key than the one that was asked for.',
    fix: 'Nothing was sealed to it, and the version was disabled. Look at it (cleanroom key show), and at who else may write to the vault.',
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
    fix: 'Nothing is wrong if this was an attempt to use the key outside the room: it is kept from that on purpose.',
  },
  KEY_OUT_OF_TIME: {
    exit: service,
    summary: 'The key is not valid yet, or no longer (its nbf and exp).',
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
    summary: 'The vault does not take the release policy.',
    fix: 'Correct what it names; cleanroom key lint --policy FILE checks a policy without a vault.',
  },
  KEY_POLICY_VERSIONED: {
    exit: service,
    summary: 'The vault takes no release policy for an existing version of a key.',
    fix: 'Make a new version: cleanroom key rotate -f contract.yaml --dataset ID',
  },
  KEY_RELEASE_DENIED: {
    exit: service,
    summary: "The room's attestation does not meet the key's release policy.",
    fix: 'See which clause fails with: cleanroom why',
  },
  KEY_RELEASE_REFUSED: {
    exit: service,
    summary: 'The key was not released, for a reason that is none of the known ones.',
    fix: 'See the text of the service in the message.',
  },
  KEY_RELEASE_TOKEN_REJECTED: {
    exit: service,
    summary: 'The vault could not verify the attestation token.',
    fix: 'Check that the authority in the release policy is the service that issued the token, and the clocks.',
  },
  KEY_STILL_ENABLED: {
    exit: service,
    summary: 'A version of the key is still enabled after it was disabled.',
    fix: 'Run the same command again; look for somebody else who enables it.',
  },
  RELEASED_KEY_MALFORMED: {
    exit: refused,
    summary: 'What was released is not a key of the form expected.',
    fix: 'The vault or the sidecar answered in an unknown form; check their versions.',
  },
  RELEASE_JWS_REJECTED: {
    exit: refused,
    summary: 'The signed release answer does not come from the vault that was asked.',
    fix: "Check the vault's host name and the TLS roots of the profile.",
  },
  RELEASE_POLICY_EMPTY: {
    exit: usage,
    summary: 'A release policy that demands nothing is not made.',
    fix: 'Name at least one attestation authority in the contract.',
  },
  RELEASE_POLICY_MALFORMED: {
    exit: badInput,
    summary: 'The release policy is not one that the vault grammar allows.',
    fix: 'Correct the place named.',
  },
  SIDECAR_ANSWER_MALFORMED: {
    exit: service,
    summary: 'The sidecar answered in a form that is not its own.',
    fix: 'Check that port 8080 of the group is the key release sidecar and its version.',
  },
  SIDECAR_REQUEST_REFUSED: {
    exit: service,
    summary: 'The sidecar refused the request.',
    fix: 'See the reason in the message; cleanroom why explains it.',
  },
  SIDECAR_UNREACHABLE: {
    exit: service,
    summary: 'The key release sidecar does not answer.',
    fix: 'It starts after its evidence is there; see cleanroom status and cleanroom logs for the container skr.',
  },
  VAULT_FIREWALL: {
    exit: service,
    summary: 'The firewall of the vault does not let this address in.',
    fix: "Run from an allowed network, or have this address added to the vault's network rules.",
  },
  STORAGE_HOST_UNKNOWN: {
    exit: refused,
    summary: 'The host is not one of Azure Storage, so neither login nor SAS is shown to it.',
    fix: 'Check the account in the contract (or URL) letter by letter. An account behind a domain of your own goes into your profile: storageAccount.',
  },
  VAULT_HOST_UNKNOWN: {
    exit: refused,
    summary: 'The host is not one of Managed HSM or Key Vault.',
    fix: 'Check the vault host in the contract letter by letter; a look-alike would receive your key requests.',
  },
  VAULT_ROLES_UNREAD: {
    exit: service,
    summary: 'Who holds which role at the key vault could not be read.',
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

  // summary
  MODEL_DIGEST_MISMATCH: {
    exit: refused,
    summary: 'The model is not the one that was agreed on.',
    fix: 'Compare the digests with: cleanroom model inspect DIR',
  },
  MODEL_FAILED: {
    exit: bug,
    summary: 'The model stopped with a failure of its own.',
    fix: 'Try it on a short text; if that fails too, the files are not a working export of the model.',
  },
  MODEL_INVALID: {
    exit: badInput,
    summary: 'The directory does not hold a T5 or BART model in the layout of transformers.js.',
    fix: 'docs/reference/models.md lists the files; see what is there with: cleanroom model inspect DIR',
  },
  MODEL_TOO_LARGE: {
    exit: badInput,
    summary: 'The model does not fit into the memory of this machine.',
    fix: 'Take a smaller model or give the container more memory (memoryGiB in the contract).',
  },
  MODEL_UNKNOWN: {
    exit: usage,
    summary: 'There is no model of that name.',
    fix: 'Name one that cleanroom model fetch --help lists, or OWNER/REPOSITORY.',
  },
  TEXT_BINARY: {
    exit: badInput,
    summary: 'The input is binary data, not text.',
    fix: 'Give plain text; extract it first from PDF, DOCX and the like.',
  },
  TEXT_EMPTY: {
    exit: badInput,
    summary: 'The text holds no words.',
    fix: 'Give a text with at least one sentence.',
  },
  TEXT_TOO_LARGE: {
    exit: badInput,
    summary: 'The text is longer than the summarizer takes.',
    fix: 'Split it into several datasets, or leave out what need not be summarized.',
  },

  // summarizer and room
  BUDGET_SPENT: {
    exit: refused,
    summary: 'The contract allows no further result.',
    fix: 'Agree on a new contract, or on a larger maxResults, if another result is wanted.',
  },
  BUDGET_STATE_REFUSED: {
    exit: refused,
    summary: "The state that counts the contract's results is missing, altered or older than a receipt.",
    fix: "Let the data owner look at the state blob's versions in its account and restore the newest.",
  },
  BLOB_CHANGED: {
    exit: service,
    summary: 'A blob was replaced while it was being read or written.',
    fix: 'Restart the room once nobody is uploading.',
  },
  BLOB_DAMAGED_ON_WAY: {
    exit: service,
    summary: 'Storage refused a block because it did not arrive as it was sent.',
    fix: 'Run the same command again: it sends what is missing. If it happens again, look at what is between here and storage.',
  },
  BLOB_HEADER_NOT_APART: {
    exit: badInput,
    summary:
      'The blob was not uploaded with its header as a block of its own, so that the header cannot be replaced alone.',
    fix: 'Seal and upload it again with: cleanroom encrypt',
  },
  BLOB_MISSING: {
    exit: service,
    summary: 'A blob that the room needs is not in storage.',
    fix: 'Let its owner upload it: cleanroom encrypt.',
  },
  BLOB_NAME_TAKEN: {
    exit: service,
    summary: 'Something else is stored under the name of the dataset, and is not overwritten.',
    fix: 'Look at it with: cleanroom blob inspect URL. Remove it, or name another blob in the contract.',
  },
  BLOB_REFUSED: {
    exit: service,
    summary: 'Storage refused the request of the room.',
    fix: 'Deploy again for a new SAS, and check its permissions with: cleanroom doctor',
  },
  BLOB_TOO_LARGE: {
    exit: badInput,
    summary: 'A blob is larger than the room takes.',
    fix: 'Split the dataset, or give a smaller one.',
  },
  CONTRACT_DIGEST_MISMATCH: {
    exit: refused,
    summary: 'The contract in storage is not the one that the room was measured for.',
    fix: 'Upload the agreed contract again, or deploy with the policy of the new one.',
  },
  DATASET_REFUSED: {
    exit: refused,
    summary: 'A dataset is not what its owner sealed for this contract.',
    fix: 'Let its owner seal and upload it again: cleanroom encrypt.',
  },
  LIMIT_REFUSED: {
    exit: refused,
    summary: "The summary is outside the contract's limits, so it is not given out.",
    fix: 'See the failed checks in the receipt; other limits need a new contract.',
  },
  RECEIPT_REJECTED: {
    exit: refused,
    summary: 'The receipt is malformed or not signed by the room.',
    fix: 'Fetch it again with its room report; do not rely on the result.',
  },
  RESULT_NOT_THERE: {
    exit: service,
    summary: 'The result is not there yet, or not complete.',
    fix: 'See how far the room is: cleanroom status',
  },
  RESULT_WAS_REFUSED: {
    exit: refused,
    summary: 'The room ended without a result, and says why in a signed receipt.',
    fix: 'See what the code means with: cleanroom why CODE',
  },
  QUEUE_REFUSED: {
    exit: service,
    summary: 'The work queue refused the request of the room.',
    fix: 'Deploy again for a new SAS; the queue must exist and the SAS must allow add, update and process.',
  },
  ROOM_CONFIG_INVALID: {
    exit: usage,
    summary: 'The environment of the room is not the one that the contract plans.',
    fix: 'Deploy again: cleanroom deploy sets it.',
  },
  ROOM_EVIDENCE_MALFORMED: {
    exit: refused,
    summary: 'What the room gives as evidence is not in the form of version 1.',
    fix: 'Check that the address is that of a room of this version of cleanroom.',
  },
  ROOM_KEY_MISMATCH: {
    exit: refused,
    summary: 'Who answers is not who is attested.',
    fix: 'Do not use the connection; ask the host who answers at that address.',
  },
  ROOM_POLICY_MISMATCH: {
    exit: refused,
    summary:
      'The room does not run under the policy that its hardware report names, or that policy pins another contract.',
    fix: 'Deploy again with the policy of this contract.',
  },
  ROOM_RUNTIME_DATA_MALFORMED: {
    exit: refused,
    summary: 'The runtime data is not that of a room.',
    fix: 'Fetch new evidence from the room: cleanroom attest.',
  },
  WORK_POISONED: {
    exit: refused,
    summary: 'A document has no summary although several rooms tried, so the run has no result.',
    fix: 'Take the document out or mend it, and encrypt the dataset again; a part that was refused stays refused.',
  },
  SEALED_RESULT_REJECTED: {
    exit: refused,
    summary: 'The sealed result cannot be opened.',
    fix: "Check that the key is the recipient's of the contract, and fetch the result again.",
  },
  STATE_MISSING: {
    exit: refused,
    summary: 'The budget state of the contract was there before and is gone.',
    fix: 'Restore the blob from a version or backup; never start a new one for the same contract.',
  },

  // audit
  LOG_ARTEFACT_UNKNOWN: {
    exit: badInput,
    summary: 'The file is of no kind that goes into a transparency log.',
    fix: 'Say what it is: --kind contract, consent, policy, seal-statement, deployment, receipt or tombstone.',
  },
  LOG_BUSY: {
    exit: service,
    summary: 'Others write to the transparency log without pause.',
    fix: 'Run the same command again.',
  },
  LOG_ENTRY_MISSING: {
    exit: refused,
    summary: 'The transparency log has no such entry.',
    fix: 'Check that it is the right log; append the entry with: cleanroom log append',
  },
  LOG_FORKED: {
    exit: refused,
    summary: 'The log is not the continuation of the one whose tree head was kept.',
    fix: 'Keep both copies as evidence, and ask whoever keeps the log.',
  },
  LOG_MALFORMED: {
    exit: badInput,
    summary: 'The transparency log is not one: a line is changed, cut or not canonical.',
    fix: 'Compare it with another copy of the log; the line named is the first that is wrong.',
  },
  LOG_PROOF_MALFORMED: {
    exit: badInput,
    summary: 'The file is not a proof of a transparency log.',
    fix: 'Make it again with: cleanroom log prove LOG FILE',
  },
  TREE_HEAD_REJECTED: {
    exit: refused,
    summary: 'The signed tree head does not hold.',
    fix: 'Check that the key is that of whoever keeps the log.',
  },

  // services and deployment
  ACCOUNT_KEY_INVALID: {
    exit: badInput,
    summary: 'What was given as the key of a storage account is none.',
    fix: 'Take it from the portal or az storage account keys list, or leave it out: a SAS by identity needs no key.',
  },
  CONFIDENTIALITY_DEMANDED: {
    exit: unsafe,
    summary: 'The contract keeps data from the host, and the room that was asked for keeps nothing from it.',
    fix: 'Deploy without --no-confidential; to show the text to the host all the same: --i-understand-no-confidentiality',
  },
  DEPLOYMENT_TIMEOUT: {
    exit: service,
    summary: 'The container group is still being made after the time that was given.',
    fix: 'Look at it with: cleanroom status   Deploy again goes on from there; --timeout gives more time.',
  },
  DNS_NAME_TAKEN: {
    exit: service,
    summary: 'Somebody in the region has the DNS name label.',
    fix: 'Choose another: --dns LABEL',
  },
  IMPORTKEY_CONFIG_REFUSED: {
    exit: unsafe,
    summary:
      "The importkey configuration asks for another key than the contract's, or for one that any room would get.",
    fix: 'Make the file agree with the contract (docs/howto/from-the-sample.md), or leave it out: the contract says it all.',
  },
  IMAGE_NOT_FOUND: {
    exit: service,
    summary: 'The registry has no such image, or does not show it.',
    fix: 'Push it: cleanroom image push   The contract names it by digest, which must be the pushed one.',
  },
  IMAGE_PULL_DENIED: {
    exit: service,
    summary: 'The registry does not let the room pull the image.',
    fix: "Give the room's identity the role AcrPull, or a login with: --registry-login SERVER=FILE",
  },
  QUOTA_REACHED: {
    exit: service,
    summary: 'The subscription may have no more of this in the region.',
    fix: 'Remove rooms that are not needed (cleanroom destroy), or ask for more quota: az quota, or the portal.',
  },
  REGION_FULL: {
    exit: service,
    summary: 'The region has no room for the group at the moment.',
    fix: 'Try again later, or agree on another region in the contract.',
  },
  REGION_NOT_CONFIDENTIAL: {
    exit: service,
    summary: 'The region does not offer confidential container groups.',
    fix: 'Agree on a contract with another region: cleanroom doctor lists those that offer them.',
  },
  REPLICAS_NOT_AGREED: {
    exit: usage,
    summary: 'The contract has no work queue, by which several rooms would share the work.',
    fix: 'Write the contract with: cleanroom init --work-queue   and have it signed again.',
  },
  RESOURCE_GROUP_MISSING: {
    exit: service,
    summary: 'The resource group of the profile does not exist.',
    fix: 'Create it (az group create), or name another in the profile.',
  },
  ROLE_NOT_EFFECTIVE: {
    exit: service,
    summary:
      'Whoever deploys may not make container groups here, or not yet: a new role takes minutes to be known.',
    fix: 'Have the role Azure Container Instances Contributor assigned on the resource group; was it assigned just now, run the same command again in ten minutes.',
  },
  ROOM_IDENTITY_MISSING: {
    exit: service,
    summary: 'The room would have no identity by which the vault knows it.',
    fix: 'Create it (cleanroom prereqs) and name it in the profile as roomIdentity.',
  },
  ROOM_IDENTITY_NOT_ALLOWED: {
    exit: service,
    summary: "Whoever deploys may not give the room's identity to a container group.",
    fix: 'Have the role Managed Identity Operator on that identity assigned; a new assignment takes some minutes.',
  },
  DEPLOYMENT_FAILED: {
    exit: service,
    summary: 'The container group was accepted and did not start.',
    fix: 'See its events with: cleanroom status',
  },
  KEY_NOT_BOUND: {
    exit: unsafe,
    summary: "A data owner's key is not bound to the policy hash in question, or not firmly.",
    fix: 'Have the owner create the key for this policy: cleanroom encrypt, without --key',
  },
  NOT_THE_HOST: {
    exit: usage,
    summary: 'The contract names another party as the host of the room.',
    fix: 'Use the profile of the host: --profile NAME',
  },
  PARAMETER_OUTSIDE_POLICY: {
    exit: unsafe,
    summary: 'A value that the deployment would set is not one that the CCE policy allows.',
    fix: 'Give a value of the form that the policy lint prints for the variable.',
  },
  POLICY_DENIED: {
    exit: unsafe,
    summary: 'The guest agent refused to start the group: it is not what the CCE policy allows.',
    fix: 'Deploy exactly what the policy was made from; cleanroom verify-policy shows what differs.',
  },
  POLICY_DRIFT: {
    exit: unsafe,
    summary: 'The CCE policy is not the one that contract and images make.',
    fix: 'See what differs with: cleanroom verify-policy',
  },
  ROOM_AMBIGUOUS: {
    exit: usage,
    summary: 'There is more than one room.',
    fix: 'Name one: cleanroom list shows them.',
  },
  ROOM_NOT_CONFIDENTIAL: {
    exit: refused,
    summary: 'The container group runs without a CCE policy.',
    fix: 'Do not send it data; a clean room is deployed with: cleanroom deploy',
  },
  ROOM_NOT_FOUND: {
    exit: usage,
    summary: 'There is no such room.',
    fix: 'See those there are with: cleanroom list',
  },
  ROOM_NOT_OURS: {
    exit: unsafe,
    summary: 'The container group was not made by cleanroom.',
    fix: 'Remove it with the tool that made it.',
  },
  ROOM_UNREACHABLE: {
    exit: service,
    summary: 'The room does not answer.',
    fix: 'See whether it runs with: cleanroom status',
  },
  LOGIN_FAILED: {
    exit: service,
    summary: 'No access token could be had for the login of the profile.',
    fix: 'Check the credential of the profile (az login, client secret, managed identity).',
  },
  SERVICE_FORBIDDEN: {
    exit: service,
    summary: 'The service knows who is calling, and does not allow it.',
    fix: 'Have the missing role assigned; cleanroom doctor names it.',
  },
  SERVICE_REFUSED: {
    exit: service,
    summary: 'The service did not carry out the request.',
    fix: 'Read the code that the service gave; cleanroom why explains the usual ones.',
  },
  SERVICE_THROTTLED: {
    exit: service,
    summary: 'The service asks for fewer requests.',
    fix: 'Run the same command again a little later.',
  },
  SERVICE_UNAUTHENTICATED: {
    exit: service,
    summary: 'The service does not accept the access token.',
    fix: 'Log in again, and check the tenant in the profile.',
  },
  SERVICE_UNREACHABLE: {
    exit: service,
    summary: 'A service could not be reached.',
    fix: 'Check the address in the profile and that the service is up; cleanroom doctor names what is wrong.',
  },

  // emulator
  EMULATOR_ALREADY_RUNNING: {
    exit: usage,
    summary: 'An emulator is already running on this state directory.',
    fix: 'Use it as it is, or end it first with: cleanroom emulator stop',
  },
  EMULATOR_FAULT_FILE_INVALID: {
    exit: badInput,
    summary: 'The file of faults that the emulator is to provoke is not of the form that is expected.',
    fix: 'Correct the entry named; docs/reference/emulator.md lists every fault.',
  },
  EMULATOR_NOT_RUNNING: {
    exit: usage,
    summary: 'No emulator is running on this state directory.',
    fix: 'Start it with: cleanroom emulator start',
  },
  EMULATOR_PORT_TAKEN: {
    exit: service,
    summary: 'A port that this state directory has kept is in use by another program.',
    fix: 'End that program, or start with another state directory: cleanroom emulator start --dir DIR',
  },
  EMULATOR_START_FAILED: {
    exit: service,
    summary: 'A part of the emulator did not start.',
    fix: 'See emulator.log in the state directory.',
  },
  EMULATOR_STATE_CORRUPT: {
    exit: badInput,
    summary: 'The state directory of the emulator cannot be read as one.',
    fix: 'Restore the file named, or start with a new directory: cleanroom emulator start --dir DIR',
  },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof ERROR_CODES;
