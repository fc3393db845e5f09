// Errors of images and of the CCE policy made from them. Kept in sections, one a domain; alphabetical inside a section.

import { type ErrorEntry, EXIT } from './entry.js';

const { usage, badInput, unsafe, refused, service } = EXIT;

export const POLICY_ERRORS = {
  // images
  IMAGE_AMBIGUOUS: {
    exit: badInput,
    summary: 'The archive contains several images, or none of that name.',
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
  IMAGE_ATTESTATION_MALFORMED: {
    exit: badInput,
    summary: 'The image’s attachment is not a Sigstore bundle with an in-toto statement.',
    fix: 'Ignore it: the layers show what an image is (cleanroom image verify --program).',
  },
  IMAGE_BASE_UNREACHABLE: {
    exit: service,
    summary: "A part of the room's base cannot be fetched.",
    fix: 'Check the network, npm, and the mirror (--debian-mirror URL); fetched parts stay in the cache.',
  },
  IMAGE_BASE_UNSUITABLE: {
    exit: badInput,
    summary: 'The base image cannot carry the room.',
    fix: "Leave --base out, for this toolkit's own base, or give one with Node.js on the PATH and none of the variables named.",
  },
  IMAGE_DIGEST_MISMATCH: {
    exit: badInput,
    summary: 'Bytes of the image do not have the digest that names them.',
    fix: 'Fetch the image again; if the digest still differs, its source is damaged or hostile.',
  },
  IMAGE_LAYER_MISSING: {
    exit: badInput,
    summary: 'The archive lists layers that it does not contain.',
    fix: 'Save the image again with all of its layers.',
  },
  IMAGE_MODEL_LAYER: {
    exit: refused,
    summary: "The layer of the image's model contains more than a model.",
    fix: 'Do not use the image. A model layer contains only regular files below /app/models/: cleanroom image build --model DIR',
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
    fix: 'Rebuild the image without the named entry, or with its entries in the usual order.',
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
    summary: 'The registry would send data or credentials to an unsafe place.',
    fix: 'Use a registry with https that keeps to its own host.',
  },
  REGISTRY_REFUSED: {
    exit: service,
    summary: 'The registry gave an unexpected answer.',
    fix: 'Check the reference; the registry may not have that image.',
  },
  REFERENCE_INVALID: {
    exit: badInput,
    summary: 'A file is not a table of reference values.',
    fix: 'Take a table that its maker signed, or correct the row that the message names.',
  },
  REFERENCE_OLDER: {
    exit: refused,
    summary: 'A table of reference values is not newer than the one that is in use.',
    fix: 'Take a newer table; see what is in use: cleanroom reference show.',
  },
  REFERENCE_UNSIGNED: {
    exit: refused,
    summary: 'A table of reference values is not signed by the release key of this version.',
    fix: 'Use it for one command with --reference FILE, where it can only make a verdict stricter.',
  },
  RELEASES_INVALID: {
    exit: badInput,
    summary: 'The table of releases that this installation has cannot be read.',
    fix: 'Install this version again.',
  },
  RELEASE_UNKNOWN: {
    exit: badInput,
    summary: 'This installation knows no release of that version.',
    fix: 'Install a newer cleanroom, or give the package of that version: --from FILE.tgz',
  },
  RELEASE_NOT_REPRODUCED: {
    exit: refused,
    summary: 'The rebuilt image is not the release that the table names.',
    fix: 'Do not trust either before the difference is understood: compare the layers that the message names.',
  },
  ROOM_LOCK_INVALID: {
    exit: badInput,
    summary: 'This version cannot read the room lock, or an input of the lock is missing.',
    fix: 'Install this version again; to make a new lock: cleanroom image lock --update',
  },
  ROOM_LOCK_STALE: {
    exit: badInput,
    summary: "The room's program needs a package that the room lock does not name.",
    fix: 'Renew the lock: cleanroom image lock --update',
  },
  ROOM_LOCK_UNSIGNED: {
    exit: refused,
    summary: "Debian's Release file carries no signature by a key of Debian's archive.",
    fix: 'Check the mirror and the keyring (--debian-keyring FILE), and that gpgv is installed.',
  },
  ROOM_PACKAGE_CHANGED: {
    exit: refused,
    summary: 'An installed package is not the one that the room lock names.',
    fix: 'Install it again: npm ci, or npm install -g @cleanroom/cli',
  },
  ROOM_PART_MISMATCH: {
    exit: refused,
    summary: "A part of the room's base is not the one that the room lock names.",
    fix: 'Use another mirror or registry; if the digest still differs, the part was changed.',
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
  FRAGMENT_INVALID: {
    exit: badInput,
    summary: 'The file is no policy fragment, or no signed one.',
    fix: 'Write it with: cleanroom policy fragment generate; and sign it with: cleanroom policy fragment sign',
  },
  FRAGMENT_KEY_INVALID: {
    exit: badInput,
    summary: 'Key, chain and issuer do not belong together, or no guest accepts their kind.',
    fix: 'Give the EC private key of the first certificate, and the chain from there to its root.',
  },
  IMAGE_ARCHIVE_MISSING: {
    exit: badInput,
    summary: 'The archive of an image that the policy must measure was not given.',
    fix: 'Give it with: --image NAME=ARCHIVE',
  },
  IMAGE_LOCAL_ONLY: {
    exit: unsafe,
    summary: 'The image runs in the local room only.',
    fix: 'Build it with its base: cleanroom image build --out FILE',
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
  LINT_ACCEPTANCE_INVALID: {
    exit: badInput,
    summary: 'The file of accepted findings is invalid.',
    fix: 'Take id and digest of each finding from: cleanroom policy show POLICY --lint --json; and give a reason.',
  },
  POD_INVALID: {
    exit: badInput,
    summary: 'No policy can be made from this Kubernetes manifest.',
    fix: 'Correct the member named; a pod on virtual nodes of ACI needs a policy for all that it runs.',
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
    summary: 'The file is not Rego, base64 of Rego, or an ARM template with a policy.',
    fix: 'Give policy.rego, the value of ccePolicy, or the template.',
  },
  SECRET_IN_POLICY: {
    exit: badInput,
    summary: 'The policy, which everybody can read, would contain a secret.',
    fix: 'Make it a parameter with a bounded pattern, and pass the value at deployment.',
  },
  TEMPLATE_GROUP_AMBIGUOUS: {
    exit: usage,
    summary: 'The template has more than one container group, and each has a policy of its own.',
    fix: 'Name the container group: --group NAME',
  },
  TEMPLATE_INVALID: {
    exit: badInput,
    summary: 'No policy can be made from this ARM template.',
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
} as const satisfies Record<string, ErrorEntry>;
