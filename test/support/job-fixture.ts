// A Job of eight pods under a contract for virtual nodes, and the policy of its pods.

import { generateContractPolicy } from '../../src/lib/cce-policy/generate/contract-policy.js';
import { roomSasList } from '../../src/lib/contract/room-plan.js';
import { describeContainerGroup } from '../../src/lib/ports/container-group.js';
import { contractValue, parsedContract, roomImages } from './room-fixture.js';

export const SAS = 'sv=2022-11-02&sp=r&sig=secretsecretsecret';
const value = contractValue();
export const parsed = parsedContract({ ...value, room: { ...value.room, platform: 'virtual-nodes' } });
export const policy = generateContractPolicy({ parsed, tlsRoots: null, images: roomImages() });
export const group = describeContainerGroup({
  name: 'quarterly-notes',
  shard: null,
  parsed,
  tlsRoots: null,
  policy,
  identity:
    '/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/room',
  dnsNameLabel: null,
  registries: [],
  parameters: new Map([
    ...roomSasList(parsed.contract).map(({ variable }) => [variable, SAS] as const),
    ['CLEANROOM_SHARDS', '8'],
  ]),
  accessEnds: new Date(0),
});
export const job = { group, count: 8 };
