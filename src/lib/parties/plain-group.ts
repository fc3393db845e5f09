// The plain variant of the sample: a container group that is not confidential and reads its text from a mounted file
// share. Nothing about it is measured or attested: the host reads everything.

import { toBase64Url } from '../base/bytes/base64.js';
import { utf8 } from '../base/bytes/arrays.js';
import type { ParsedContract } from '../contract/check.js';
import { CleanroomError } from '../base/errors.js';
import {
  type ContainerGroupDescription,
  CONTRACT_TAG,
  DEPLOYMENT_TAG,
  type GroupRegistry,
  PLAIN_TAG,
  roomProbes,
} from '../ports/container-group.js';

export interface PlainGroupInput {
  readonly name: string;
  readonly parsed: ParsedContract;
  readonly share: { readonly account: string; readonly name: string; readonly accountKey: string };
  readonly dnsNameLabel: string | null;
  readonly identity: string | null;
  readonly registries: readonly GroupRegistry[];
}

/** A program of its own in the image: the confidential room has no switch that turns it into this. */
const PLAIN_COMMAND = ['node', '/app/lib/room/plain/main.js'];
/** Where the sample mounts the share. */
const MOUNT_PATH = '/mnt/remote/share';
const VOLUME = 'text';

/** Describes the plain group of a contract: its summarizer alone, with the share mounted read-only. */
export function describePlainGroup({
  name,
  parsed,
  share,
  dnsNameLabel,
  identity,
  registries,
}: PlainGroupInput): ContainerGroupDescription {
  const { contract, digest, canonical } = parsed;
  const { room } = contract;
  const summarizer = room.containers.find((container) => container.name === 'summarizer');
  if (summarizer === undefined)
    throw new CleanroomError('CONTRACT_INVALID', 'room.containers: none is named summarizer');
  return {
    name,
    location: room.region,
    tags: { [CONTRACT_TAG]: digest, [DEPLOYMENT_TAG]: name, [PLAIN_TAG]: 'true' },
    identity: registries.some(({ kind }) => kind === 'identity') ? identity : null,
    ccePolicy: null,
    containers: [
      {
        ...summarizer,
        command: PLAIN_COMMAND,
        /* ACI takes a security context in confidential groups only. */
        unprivileged: false,
        writesFiles: true,
        environment: [
          { name: 'CLEANROOM_PLAIN_CONTRACT', value: toBase64Url(utf8(canonical)), secure: false },
          { name: 'CLEANROOM_PLAIN_TEXT', value: MOUNT_PATH, secure: false },
        ],
        ports: room.ports,
        ...roomProbes(room.ports[0]),
        mounts: [{ volume: VOLUME, path: MOUNT_PATH }],
      },
    ],
    registries,
    volumes: [{ name: VOLUME, account: share.account, share: share.name, accountKey: share.accountKey }],
    publicPorts: room.ports,
    dnsNameLabel,
    restartPolicy: 'OnFailure',
  };
}

/**
 * Whether the contract protects anybody from the host: a dataset or model of another party, which the parties agreed to
 * give to an attested room only.
 */
export function demandsConfidentiality({ contract }: ParsedContract): boolean {
  return contract.datasets.some(({ owner }) => owner !== contract.room.host);
}

/**
 * Refuses to run a contract that demands confidentiality without it, unless the caller says that it knows.
 *
 * @throws CleanroomError CONFIDENTIALITY_DEMANDED
 */
export function requirePlainAllowed(parsed: ParsedContract, understood: boolean): void {
  const { contract } = parsed;
  if ('dataset' in contract.model)
    throw new CleanroomError(
      'CONFIDENTIALITY_DEMANDED',
      `the model is sealed by ${contract.model.dataset}'s owner: no room without attestation gets its key`,
    );
  if (!demandsConfidentiality(parsed) || understood) return;
  const owners = new Set(
    contract.datasets.map(({ owner }) => owner).filter((owner) => owner !== contract.room.host),
  );
  throw new CleanroomError(
    'CONFIDENTIALITY_DEMANDED',
    `the contract keeps data of ${[...owners].join(', ')} from the host, and a plain room keeps nothing from it`,
  );
}
