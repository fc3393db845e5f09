// Offers and replies as values: written from what a party holds, read as claims of another party.

import * as v from 'valibot';

import { parseStrictJson, StrictJsonError } from '../../base/bytes/strict-json.js';
import { CleanroomError } from '../../base/errors.js';
import type { FoundConsent } from '../../contract/consent.js';
import { parseContract, type ParsedContract } from '../../contract/parse.js';
import type { ContractParty, PublicKeyJwk } from '../../contract/schema.js';
import { readCleanFile, writeCleanFile } from './clean-file.js';
import { verifyTransfer } from './party-statement.js';

const OfferSchema = v.strictObject({ v: v.literal(1), transfer: v.string() });
const ReplySchema = v.strictObject({ v: v.literal(1), party: v.string(), contract: v.string() });

/** What offers and replies have in common. What is shown, signed and compared are these bytes. */
export interface AgreedFiles {
  readonly parsed: ParsedContract;
  readonly contractText: string;
  readonly policyText: string;
  readonly consents: readonly FoundConsent[];
}

export interface Offer extends AgreedFiles {
  /** The host's key that access to storage is sealed to, as its contract key signed it. */
  readonly transferKey: PublicKeyJwk;
}

export interface Reply extends AgreedFiles {
  /** Id of the party that replies. */
  readonly party: string;
  /** JWE to the host's transfer key. */
  readonly access: string;
}

/** @param transfer - the host's signed statement of its transfer key */
export function writeOffer(path: string, files: AgreedFiles, transfer: string): Promise<void> {
  const offer = `${JSON.stringify({ v: 1, transfer }, null, 2)}\n`;
  return writeCleanFile(path, { kind: 'offer', texts: { 'offer.json': offer, ...textsOf(files) } });
}

export function writeReply(path: string, reply: Reply): Promise<void> {
  const { party, parsed, access } = reply;
  const head = `${JSON.stringify({ v: 1, party, contract: parsed.digest }, null, 2)}\n`;
  const texts = { 'reply.json': head, ...textsOf(reply), 'access.jwe': access };
  return writeCleanFile(path, { kind: 'reply', texts });
}

/** Reads an offer. @throws CleanroomError CLEANROOM_FILE_…, CONTRACT_…, FILE_… */
export async function readOffer(path: string): Promise<Offer> {
  const { texts } = await readCleanFile(path, 'offer');
  const files = filesOf(texts);
  const { parsed } = files;
  const host = partyOf(parsed, parsed.contract.room.host);
  const { transfer } = readHead(OfferSchema, texts['offer.json']);
  const expected = { party: host.id, key: host.contractKey, contract: parsed.digest };
  return { ...files, transferKey: verifyTransfer(transfer, expected).key };
}

/** Reads a reply. @throws CleanroomError CLEANROOM_FILE_…, CONTRACT_…, FILE_… */
export async function readReply(path: string): Promise<Reply> {
  const { texts } = await readCleanFile(path, 'reply');
  const files = filesOf(texts);
  const { party, contract } = readHead(ReplySchema, texts['reply.json']);
  if (contract !== files.parsed.digest)
    throw new CleanroomError(
      'CLEANROOM_FILE_INVALID',
      'the reply and the contract in it do not belong together',
    );
  partyOf(files.parsed, party);
  return { ...files, party, access: texts['access.jwe'] };
}

/** @throws CleanroomError PARTY_UNKNOWN */
export function partyOf({ contract }: ParsedContract, id: string): ContractParty {
  const party = contract.parties.find((one) => one.id === id);
  if (party !== undefined) return party;
  throw new CleanroomError('PARTY_UNKNOWN', `the contract ${contract.name} has no party ${id}`);
}

function textsOf({
  contractText,
  policyText,
  consents,
}: AgreedFiles): Readonly<Record<'contract.yaml' | 'policy.rego' | 'consents.jws', string>> {
  return {
    'contract.yaml': contractText,
    'policy.rego': policyText,
    'consents.jws': consents.map(({ jws }) => `${jws.trim()}\n`).join(''),
  };
}

function filesOf(
  texts: Readonly<Record<'contract.yaml' | 'policy.rego' | 'consents.jws', string>>,
): AgreedFiles {
  const lines = texts['consents.jws'].split('\n').filter((line) => line !== '');
  return {
    parsed: parseContract(texts['contract.yaml']),
    contractText: texts['contract.yaml'],
    policyText: texts['policy.rego'],
    consents: lines.map((jws, index) => ({ source: `signature ${index + 1} in the file`, jws })),
  };
}

function readHead<S extends v.GenericSchema>(schema: S, text: string): v.InferOutput<S> {
  try {
    const outcome = v.safeParse(schema, parseStrictJson(text));
    if (outcome.success) return outcome.output;
  } catch (cause) {
    if (!(cause instanceof StrictJsonError)) throw cause;
  }
  throw new CleanroomError('CLEANROOM_FILE_INVALID', 'the first member of the file is not of its form');
}
