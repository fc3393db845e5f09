// An owner that takes its key back while the room works, and denies that its text was ever in it.

import { createPublicKey, type JsonWebKey } from 'node:crypto';

import { createBlobStore } from '../../azure/blob-store.js';
import { openKeyVault } from '../../azure/key-vault.js';
import { decodeUtf8 } from '../../base/bytes/arrays.js';
import { parseCompactJws } from '../../base/bytes/compact-jws.js';
import { verifyEs256 } from '../../keys/es256.js';
import type { PublicKeyJwk } from '../../contract/schema.js';
import { CleanroomError } from '../../base/errors.js';
import type { RoomReport } from '../../parties/room-status.js';
import { waitForRoom } from '../../parties/wait-for-room.js';
import { MAX_STATEMENT_BYTES, verifySealStatement } from '../../sealed-blob/statement/seal-statement.js';
import { type DataOwner, datasetOf, type Deal, firstOwner } from '../stage/deal.js';
import { encryptText, receiveSummaryOf } from '../stage/steps.js';
import { revokeDatasetKey } from '../../parties/revoke-key.js';
import { statementBlob } from '../../parties/dataset-storage.js';
import { partyKeyPath, readPartyKey } from '../../parties/init-party.js';
import type { Attack, Observation } from './attack.js';
import { describeRoom, waitForEnd } from './attack-room.js';
import type { AttackSetting } from './attack-setting.js';
import { VERIFIER } from './guards.js';
import { removeGroup } from './plain-group.js';
import { connectionOf } from '../stage/connection-of.js';

const ROOM = 'attack-revoke';
const TIMEOUT_MS = 60_000;

export const REVOCATION_ATTACKS: readonly Attack[] = [
  {
    id: 'II5',
    name: 'revoke-and-deny',
    what: "revokes its key once the room has it and waits for the other owner's text, and denies that its own was ever in it",
    wouldHaveLeaked: 'nothing; but Contoso could not show what it was given',
    guards: { RECEIPT_HOLDS: VERIFIER },
    play: revokeInMidRun,
  },
];

async function revokeInMidRun(setting: AttackSetting): Promise<Observation | null> {
  const { stage, textPath } = setting;
  const deal = await setting.agree('revoke-and-deny', { owners: ['fabrikam', 'tailspin'] });
  const { host, owners } = deal.terms;
  const [denier, other] = owners;
  if (denier === undefined || other === undefined) throw new TypeError('the attack needs two owners');
  await encryptText(stage, denier, textPath);
  const rooms = await host.services.rooms();
  try {
    await rooms.apply(await describeRoom(deal, ROOM), { signal: stage.signal });
    await waitForRoom(rooms, ROOM, {
      reached: (report) => waitsOnlyFor(report, other),
      timeoutMs: TIMEOUT_MS,
      signal: stage.signal,
    });
    const tombstone = await revoke(deal);
    await encryptText(stage, other, textPath);
    const code = await waitForEnd(rooms, ROOM, stage.signal);
    if (code !== null) throw new CleanroomError(code, 'the room ended without a result');
    return (await receiptProvesRun(deal, tombstone)) ? 'RECEIPT_HOLDS' : null;
  } finally {
    await removeGroup(host, ROOM);
  }
}

/* One of two keys is in the room, and it is not the other owner's. */
function waitsOnlyFor({ waiting, progress }: RoomReport, { dataset }: DataOwner): boolean {
  return progress > 0 && waiting.some(({ what }) => what === dataset);
}

/** What `key revoke` does; its tombstone. */
async function revoke(deal: Deal): Promise<string> {
  const owner = firstOwner(deal);
  const { environment } = owner;
  const dataset = datasetOf(deal, owner);
  const vault = await openKeyVault(await connectionOf(environment), dataset.key.vault);
  const key = await readPartyKey(partyKeyPath(environment.directory, environment.profile.party, 'contract'));
  const owned = { contractKey: key.privateKey, at: new Date() };
  return (await revokeDatasetKey(vault, dataset, owned)).tombstone;
}

/**
 * Whether an accepted receipt names blob and key as the owner's own statement does, and the owner's own tombstone says
 * that it revoked this very key before the receipt was signed: the revocation came in mid-run, and did not undo it.
 */
async function receiptProvesRun(deal: Deal, tombstone: string): Promise<boolean> {
  const { verdict, receipt } = await receiveSummaryOf(deal);
  const owner = firstOwner(deal);
  const ownerKey = contractKeyOf(deal);
  const statement = verifySealStatement(await readStatement(deal), ownerKey);
  const revoked = readTombstone(tombstone, ownerKey);
  const input = receipt.inputs.find(({ dataset }) => dataset === owner.dataset);
  return (
    verdict.verdict === 'accepted' &&
    input?.payload === statement.payload.sha256 &&
    input.header === statement.header.sha256 &&
    input.key === statement.key &&
    revoked.keys.includes(input.key) &&
    revoked.iat * 1000 <= Date.parse(receipt.time)
  );
}

interface Tombstone {
  readonly keys: readonly string[];
  readonly iat: number;
}

function readTombstone(tombstone: string, ownerKey: PublicKeyJwk): Tombstone {
  const jws = parseCompactJws(tombstone);
  const jwk: JsonWebKey = { ...ownerKey };
  if (jws === null || !verifyEs256(jws, createPublicKey({ key: jwk, format: 'jwk' })))
    throw new CleanroomError('INTERNAL', 'the tombstone is not signed by the owner');
  return JSON.parse(decodeUtf8(jws.payload) ?? '') as Tombstone;
}

function contractKeyOf(deal: Deal): PublicKeyJwk {
  const { party } = firstOwner(deal).environment.profile;
  const found = deal.parsed.contract.parties.find(({ id }) => id === party);
  if (found === undefined) throw new CleanroomError('PARTY_UNKNOWN', `the contract has no party ${party}`);
  return found.contractKey;
}

async function readStatement(deal: Deal): Promise<string> {
  const owner = firstOwner(deal);
  const store = createBlobStore(await connectionOf(owner.environment));
  const stored = await store.read(statementBlob(datasetOf(deal, owner).blob), MAX_STATEMENT_BYTES);
  return decodeUtf8(stored?.bytes ?? new Uint8Array())?.trim() ?? '';
}
