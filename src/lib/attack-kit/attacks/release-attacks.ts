// Attacks by statements of what the attestation service runs: the evidence of an honest room, with a statement beside it that
// a ledger does not hold, or that is about something else (O9).

import { dirname, join } from 'node:path';

import { decode, encode, Tagged } from 'cborg';

import { MAX_RELEASE_STATEMENT_BYTES } from '../../attestation/releases/release-statement.js';
import { utf8 } from '../../base/bytes/arrays.js';
import { CleanroomError } from '../../base/errors.js';
import { readFileBounded } from '../../base/files/read-bounded.js';
import { STATEMENT_FILES } from '../../emulator/published-files.js';
import { makeLedger } from '../../emulator/signing-transparency/ledger.js';
import { messageOf, type SignedParts } from '../../emulator/signing-transparency/releases.js';
import { attestRoom } from '../../parties/attest-room.js';
import { roomAddress } from '../../parties/room-status.js';
import { verifyRoomEvidence } from '../../parties/verify-room-evidence.js';
import type { Deal } from '../stage/deal.js';
import type { Attack } from './attack.js';
import { VERIFIER } from './guards.js';

const A_LIE =
  'nothing at once; but its reader would trust an attestation service whose program nobody can look up';

/** The statements that the emulator publishes, whole and in parts. */
interface Genuine {
  readonly parts: SignedParts;
  readonly receipt: Uint8Array;
  readonly ofHsm: Uint8Array;
}

interface FalseRelease {
  readonly name: string;
  readonly what: string;
  readonly statements: (genuine: Genuine) => readonly Uint8Array[];
}

const FALSE_RELEASES: readonly FalseRelease[] = [
  {
    name: 'release-not-stated',
    what: 'shows no statement of what the attestation service runs',
    statements: () => [],
  },
  {
    name: 'release-of-another-service',
    what: 'shows the statement about HSMs as the one about the attestation service',
    statements: ({ ofHsm }) => [ofHsm],
  },
  {
    name: 'release-in-own-ledger',
    what: 'shows the genuine statement, held by a ledger of its own under the name of the trusted one',
    statements: ({ parts, receipt }) => {
      const [header] = sign1Of(receipt);
      const claims = decodeMap(header).get(15) as ReadonlyMap<unknown, unknown>;
      const own = makeLedger(String(claims.get(1)));
      const [, proofs, , signature] = sign1Of(
        own.register(messageOf(parts, []), Math.floor(Date.now() / 1000)),
      );
      return [messageOf(parts, [encode(new Tagged(18, [header, proofs, null, signature]))])];
    },
  },
  {
    name: 'release-with-stale-root',
    what: 'shows the genuine statement with a proof that leads to another root than the one that the ledger signed',
    statements: ({ parts, receipt }) => {
      const [header, , , signature] = sign1Of(receipt);
      const [, proofs] = sign1Of(makeLedger('anybody').register(messageOf(parts, []), 0));
      return [messageOf(parts, [encode(new Tagged(18, [header, proofs, null, signature]))])];
    },
  },
  {
    name: 'release-with-swapped-payload',
    what: 'puts a policy of its own into the genuine statement',
    statements: ({ parts, receipt }) => [
      messageOf({ ...parts, payload: utf8('{"security-policy-base64":"cGFja2FnZSBwb2xpY3kK"}') }, [receipt]),
    ],
  },
];

export const RELEASE_ATTACKS: readonly Attack[] = FALSE_RELEASES.map(({ name, what, statements }) => ({
  id: 'O9',
  name,
  what,
  wouldHaveLeaked: A_LIE,
  guards: { EVIDENCE_REFUSED: VERIFIER },
  play: async ({ honest }) => {
    const deal = await honest();
    const { profile } = deal.terms.host;
    const room = await (await deal.terms.host.services.rooms()).get(deal.parsed.contract.name);
    if (room === null) throw new CleanroomError('ROOM_NOT_FOUND', 'the honest room is gone');
    const { bundle, nonce } = await attestRoom(roomAddress(room), null, profile, {
      statements: statements(await genuineStatements(deal)),
    });
    const asked = { parsed: deal.parsed, profile, consents: [], nonce, required: ['SERVICE_RELEASE'] };
    const { checks } = await verifyRoomEvidence(bundle, asked);
    if (checks.some(({ id, status }) => id === 'SERVICE_RELEASE' && status === 'pass')) return null;
    throw new CleanroomError(
      'EVIDENCE_REFUSED',
      'no ledger is shown to hold what the attestation service runs',
    );
  },
}));

/* Beside the anchors, where the emulator leaves them. */
async function genuineStatements({ terms }: Deal): Promise<Genuine> {
  const { anchors, source } = terms.host.profile;
  const directory = dirname(anchors ?? source);
  const read = (name: string): Promise<Uint8Array> =>
    readFileBounded(join(directory, name), MAX_RELEASE_STATEMENT_BYTES);
  const [protectedHeader, unprotected, payload, signature] = sign1Of(await read(STATEMENT_FILES.attestation));
  const [receipt] = (unprotected as unknown as ReadonlyMap<number, readonly Uint8Array[]>).get(394) ?? [];
  if (
    protectedHeader === undefined ||
    payload === undefined ||
    signature === undefined ||
    receipt === undefined
  )
    throw new CleanroomError('EVIDENCE_MALFORMED', 'the emulator has left no transparent statement');
  return {
    parts: { protectedHeader, payload, signature },
    receipt,
    ofHsm: await read(STATEMENT_FILES.hsm),
  };
}

function sign1Of(message: Uint8Array): readonly Uint8Array[] {
  const decoded = decode(message, { useMaps: true, tags: Tagged.preserve(18) }) as Tagged;
  return decoded.value as readonly Uint8Array[];
}

function decodeMap(bytes: Uint8Array | undefined): ReadonlyMap<unknown, unknown> {
  return decode(bytes ?? new Uint8Array(), { useMaps: true, tags: Tagged.preserve(1) }) as ReadonlyMap<
    unknown,
    unknown
  >;
}
