// What the party's part costs in Azure: known from the contract and the profile, asked of no service.

import type { Contract } from '../../contract/schema.js';
import { vaultFlavour } from '../../contract/vault-flavour.js';
import { describeRoomCost, describeVaultCost } from '../cost.js';
import { type DoctorCheck, type DoctorLine, ok, skip } from './doctor-line.js';
import type { DoctorProfile } from './service-checks.js';

const ROOM: DoctorCheck = {
  id: 'COST_ROOM',
  why: 'A room is billed by the second from deploy until destroy.',
  fix: '',
};
const KEYS: DoctorCheck = {
  id: 'COST_KEYS',
  why: 'A Managed HSM is by far the largest item of a trial; a key vault costs little.',
  fix: '',
};

/** @param contract - null where none was given: what its room takes is not known then. */
export function checkCost(
  { roomIdentity, region, vault }: DoctorProfile,
  contract: Contract | null,
): readonly DoctorLine[] {
  return [roomCost(roomIdentity, region, contract), keyCost(vault)];
}

function roomCost(
  identity: string | undefined,
  region: string | undefined,
  contract: Contract | null,
): DoctorLine {
  if (identity === undefined) return skip(ROOM, 'the profile has no room identity: this party hosts no room');
  if (region === undefined) return skip(ROOM, 'the profile names no region');
  if (contract === null) return skip(ROOM, 'no contract was given (-f)');
  const { containers } = contract.room;
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  const cost = {
    groups: 1,
    vcpu: sum(containers.map(({ cpu }) => cpu)),
    memoryGiB: sum(containers.map(({ memoryGiB }) => memoryGiB)),
  };
  return ok(ROOM, describeRoomCost({ ...cost, region, sku: 'Confidential' }));
}

function keyCost(vault: string | undefined): DoctorLine {
  if (vault === undefined) return skip(KEYS, 'the profile names no vault');
  return ok(KEYS, describeVaultCost(vaultFlavour(vault).service));
}
