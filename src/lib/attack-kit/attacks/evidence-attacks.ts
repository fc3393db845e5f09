// Attacks by evidence: old, published, or over data that is not the room's; and a room that is none.

import { attestWith } from './send-evidence.js';
import { deployWithFileShare, deployWithoutPolicy } from './send-groups.js';
import { attestRoom } from '../../parties/attest-room.js';
import { verifyRoomEvidence } from '../../parties/verify-room-evidence.js';
import { freshKeyPair } from '../../keys/fresh-key.js';
import { randomBytes } from 'node:crypto';
import { toBase64Url } from '../../base/bytes/base64.js';
import { CleanroomError } from '../../base/errors.js';
import { roomAddress } from '../../parties/room-status.js';
import type { Deal } from '../stage/deal.js';
import type { Attack } from './attack.js';
import { describeRoom, waitForEnd } from './attack-room.js';
import { ATTESTATION, GUEST, HSM_RELEASE, HSM_TOKEN, ROOM_CONFIGURATION, VERIFIER } from './guards.js';
import { releaseAsRoom } from './key-access.js';
import { groupLocation, removeGroup } from './plain-group.js';
import { connectionOf } from '../stage/connection-of.js';

const A_LIE = 'nothing at once; but its reader would trust a room that no longer, or never, ran';
const THE_KEY = "the private half of Fabrikam's key";

export const EVIDENCE_ATTACKS: readonly Attack[] = [
  {
    id: 'I9',
    name: 'old-evidence',
    what: 'answers a fresh nonce with the evidence that the room gave for an earlier one',
    wouldHaveLeaked: A_LIE,
    guards: { EVIDENCE_REFUSED: VERIFIER },
    play: async ({ honest }) => {
      const deal = await honest();
      const { profile } = deal.terms.host;
      const { bundle } = await freshEvidence(deal);
      const asked = { parsed: deal.parsed, profile, consents: [], nonce: toBase64Url(randomBytes(32)) };
      const { checks } = await verifyRoomEvidence(bundle, asked);
      if (!checks.some(({ id, status }) => id === 'NONCE' && status === 'fail')) return null;
      throw new CleanroomError('EVIDENCE_REFUSED', 'the evidence answers another nonce');
    },
  },
  {
    id: 'I9',
    name: 'published-token',
    what: "takes the attestation token out of the room's published evidence and asks the HSM for the key with it",
    wouldHaveLeaked: THE_KEY,
    guards: { KEY_RELEASE_REFUSED: HSM_TOKEN, KEY_RELEASE_DENIED: HSM_RELEASE },
    play: async (setting) => {
      const deal = await setting.honest();
      const { bundle } = await freshEvidence(deal);
      if (bundle.token === undefined) throw new CleanroomError('EVIDENCE_MALFORMED', 'there is no token');
      await releaseAsRoom(setting, deal, bundle.token);
      return null;
    },
  },
  {
    id: 'I9',
    name: 'report-for-own-key',
    what: "sends the room's published report to the attestation service with a key of its own as runtime data",
    wouldHaveLeaked: `${THE_KEY}, released to a key that the attacker holds`,
    guards: { ATTESTATION_REFUSED: ATTESTATION },
    play: async ({ honest }) => {
      const deal = await honest();
      const { bundle } = await freshEvidence(deal);
      const { publicKey } = await freshKeyPair({ type: 'rsa', bits: 2048 });
      const key = { ...publicKey.export({ format: 'jwk' }), kid: 'mine', key_ops: ['encrypt'] };
      await attestWith(
        await connectionOf(deal.terms.host),
        deal.parsed.contract.attestation.authorities[0] ?? '',
        {
          report: bundle.report,
          certificates: bundle.certificates,
          uvm: bundle.uvm ?? new Uint8Array(),
          runtimeData: JSON.stringify({ keys: [key] }),
        },
      );
      return null;
    },
  },
  {
    id: 'I10',
    name: 'file-share',
    what: "mounts a file share of its own over the program's directory",
    wouldHaveLeaked: "Fabrikam's text, to a program that nobody measured",
    guards: { POLICY_DENIED: GUEST },
    play: async ({ honest }) => {
      const deal = await honest();
      const { host } = deal.terms;
      const group = await describeRoom(deal, 'attack-file-share');
      const share = { account: 'contosodata', name: 'notes', mountPath: '/app/lib' };
      try {
        await deployWithFileShare(await connectionOf(host), groupLocation(host), group, share);
      } finally {
        await removeGroup(host, group.name);
      }
      return null;
    },
  },
  {
    id: 'I10',
    name: 'plain-as-confidential',
    what: 'starts the same images as an ordinary group, without any policy, and passes it off as the room',
    wouldHaveLeaked: "Fabrikam's text, on a machine that the host can read",
    guards: { ROOM_CONFIG_INVALID: ROOM_CONFIGURATION, ROOM_POLICY_MISMATCH: ROOM_CONFIGURATION },
    play: async ({ honest, stage }) => {
      const deal = await honest();
      const { host } = deal.terms;
      const group = await describeRoom(deal, 'attack-plain');
      const rooms = await host.services.rooms();
      try {
        await deployWithoutPolicy(await connectionOf(host), groupLocation(host), group);
        const code = await waitForEnd(rooms, group.name, stage.signal);
        if (code !== null) throw new CleanroomError(code, 'the program does not start outside a room');
      } finally {
        await removeGroup(host, group.name);
      }
      return null;
    },
  },
];

/** Evidence of the room that still answers. */
async function freshEvidence({ terms, parsed }: Deal): ReturnType<typeof attestRoom> {
  const room = await (await terms.host.services.rooms()).get(parsed.contract.name);
  if (room === null) throw new CleanroomError('ROOM_NOT_FOUND', 'the honest room is gone');
  return attestRoom(roomAddress(room), null, terms.host.profile);
}
