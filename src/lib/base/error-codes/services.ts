// Errors of services, of deployment and of the local Azure. Kept in sections, one a domain; alphabetical inside a section.

import { type ErrorEntry, EXIT } from './entry.js';

const { usage, badInput, unsafe, refused, service } = EXIT;

export const SERVICE_ERRORS = {
  // services and deployment
  ACCOUNT_KEY_INVALID: {
    exit: badInput,
    summary: 'The given value is not a storage account key.',
    fix: 'Take it from the portal or az storage account keys list, or leave it out: a SAS by identity needs no key.',
  },
  CONFIDENTIALITY_DEMANDED: {
    exit: unsafe,
    summary: 'The contract protects data from the host, and the requested room does not.',
    fix: 'Deploy without --no-confidential; to show the text to the host all the same: --i-understand-no-confidentiality',
  },
  DEPLOYMENT_TIMEOUT: {
    exit: service,
    summary: 'The container group is still being created after the given time.',
    fix: 'See its state with: cleanroom status. Deploy again to continue; --timeout gives more time.',
  },
  DNS_NAME_TAKEN: {
    exit: service,
    summary: 'The DNS name label is taken in this region.',
    fix: 'Choose another: --dns LABEL',
  },
  IMPORTKEY_CONFIG_REFUSED: {
    exit: unsafe,
    summary:
      "The importkey configuration asks for another key than the contract's, or for one that any room would get.",
    fix: 'Make the file agree with the contract (docs/howto/from-the-sample.md), or omit it: the contract contains all of it.',
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
  ROOM_NEEDS_NAMESPACES: {
    exit: service,
    summary:
      "The room is another program than this installation's own, and this machine gives rooms no namespaces.",
    fix: 'Use Linux with bubblewrap, util-linux and iproute2 installed and user namespaces allowed, or a room of this installation.',
  },
  QUOTA_REACHED: {
    exit: service,
    summary: 'The quota of the subscription in this region is used up.',
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
  REPLICAS_UNAVAILABLE: {
    exit: usage,
    summary:
      'Rooms that share documents end with their work, but the contract delivers its result on a room’s page.',
    fix: 'Deploy without --replicas, or agree on a contract with summary.delivery: sealed.',
  },
  RESOURCE_GROUP_MISSING: {
    exit: service,
    summary: 'The resource group of the profile does not exist.',
    fix: 'Create it (az group create), or name another in the profile.',
  },
  ROLE_NOT_EFFECTIVE: {
    exit: service,
    summary:
      'Your login may not create container groups here, or not yet: a new role takes minutes to become effective.',
    fix: 'Have the role Azure Container Instances Contributor assigned on the resource group; if it was just assigned, run the same command again in ten minutes.',
  },
  ROOM_IDENTITY_MISSING: {
    exit: service,
    summary: 'The room would have no identity for the vault.',
    fix: 'Create it (cleanroom prereqs) and name it in the profile as roomIdentity.',
  },
  ROOM_IDENTITY_NOT_ALLOWED: {
    exit: service,
    summary: "Your login may not assign the room's identity to a container group.",
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
    summary: 'The CCE policy does not allow a value that the deployment would set.',
    fix: 'Give a value of the form that policy show --lint prints for the variable.',
  },
  POLICY_DENIED: {
    exit: unsafe,
    summary: 'The guest agent refused to start the group: the CCE policy does not allow it.',
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
    summary: 'The login of the profile got no access token.',
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
    summary: 'The fault file of the emulator does not have the expected form.',
    fix: 'Correct the entry named; docs/reference/emulator.md lists every fault.',
  },
  EMULATOR_NOT_RUNNING: {
    exit: usage,
    summary: 'No emulator is running on this state directory.',
    fix: 'Start it with: cleanroom emulator start',
  },
  LOCAL_AZURE_NEEDS_LINUX: {
    exit: service,
    summary:
      'The local Azure runs on Linux only: its services and rooms have loopback addresses of their own.',
    fix: 'Run it in a container, in the clone: docker run -it --rm -v "$PWD:/clone" -w /clone node:22 sh -c "npm ci && npm run demo"   verify, encrypt --to, policy and image work here.',
  },
  EMULATOR_PORT_TAKEN: {
    exit: service,
    summary: 'Another program uses a port of this state directory.',
    fix: 'End that program, or start with another state directory: cleanroom emulator start --dir DIR',
  },
  EMULATOR_START_FAILED: {
    exit: service,
    summary: 'A part of the emulator did not start.',
    fix: 'See emulator.log in the state directory.',
  },
  EMULATOR_STATE_CORRUPT: {
    exit: badInput,
    summary: 'The directory is not a readable state directory of the emulator.',
    fix: 'Restore the file named, or start with a new directory: cleanroom emulator start --dir DIR',
  },
} as const satisfies Record<string, ErrorEntry>;
