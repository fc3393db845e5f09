// Offers and replies as values: written from what a party holds, read as claims of another party.

import * as v from 'valibot';

import { parseStrictJson, StrictJsonError } from '../../base/bytes/strict-json.js';
import { CleanroomError } from '../../base/errors.js';
import type { FoundConsent } from '../../contract/consent.js';
import { parseContract, type ParsedContract } from '../../contract/parse.js';
import type { ContractParty, PublicKeyJwk } from '../../contract/schema.js';
import { type CleanFile, readCleanFile, writeCleanFile } from './clean-file.js';
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

/** An offer whose host's statement of its transfer key has not been verified. */
export interface OpenedOffer extends AgreedFiles {
  /** JWS of the host. */
  readonly transfer: string;
}

export interface Reply extends AgreedFiles {
  /** Id of the party that replies. */
  readonly party: string;
  /** What the party stated of each text that it sealed, JWS. */
  readonly seals: readonly string[];
  /** JWE to the host's transfer key. */
  readonly access: string;
}

/** @param transfer - the host's signed statement of its transfer key */
export function writeOffer(path: string, files: AgreedFiles, transfer: string): Promise<void> {
  const offer = `${JSON.stringify({ v: 1, transfer }, null, 2)}\n`;
  return writeCleanFile(path, { kind: 'offer', texts: { 'offer.json': offer, ...textsOf(files) } });
}

export function writeReply(path: string, reply: Reply): Promise<void> {
  const { party, parsed, seals, access } = reply;
  const head = `${JSON.stringify({ v: 1, party, contract: parsed.digest }, null, 2)}\n`;
  const texts = {
    'reply.json': head,
    ...textsOf(reply),
    'seals.jws': seals.map((jws) => `${jws.trim()}\n`).join(''),
    'access.jwe': access,
  };
  return writeCleanFile(path, { kind: 'reply', texts });
}

/** Reads an offer, and verifies whose transfer key is in it. @throws CleanroomError CLEANROOM_FILE_…, CONTRACT_…, FILE_… */
export async function readOffer(path: string): Promise<Offer> {
  const { transfer, ...files } = openOffer(await readCleanFile(path, 'offer'));
  return { ...files, transferKey: transferKeyOf(files.parsed, transfer) };
}

/** An offer's members as values; nothing is verified. @throws CleanroomError CLEANROOM_FILE_INVALID, CONTRACT_… */
export function openOffer({ texts }: CleanFile<'offer'>): OpenedOffer {
  return { ...filesOf(texts), transfer: readHead(OfferSchema, texts['offer.json']).transfer };
}

/** The key that replies are sealed to. @throws CleanroomError CLEANROOM_FILE_INVALID unless the host signed it for this contract */
export function transferKeyOf(parsed: ParsedContract, transfer: string): PublicKeyJwk {
  const host = partyOf(parsed, parsed.contract.room.host);
  return verifyTransfer(transfer, { party: host.id, key: host.contractKey, contract: parsed.digest }).key;
}

/** Reads a reply. @throws CleanroomError CLEANROOM_FILE_…, CONTRACT_…, FILE_… */
export async function readReply(path: string): Promise<Reply> {
  return openReply(await readCleanFile(path, 'reply'));
}

/** A reply's members as values; no signature is verified. @throws CleanroomError CLEANROOM_FILE_INVALID, CONTRACT_…, PARTY_UNKNOWN */
export function openReply({ texts }: CleanFile<'reply'>): Reply {
  const files = filesOf(texts);
  const { party, contract } = readHead(ReplySchema, texts['reply.json']);
  if (contract !== files.parsed.digest)
    throw new CleanroomError(
      'CLEANROOM_FILE_INVALID',
      'the reply and the contract in it do not belong together',
    );
  partyOf(files.parsed, party);
  const seals = linesOf(texts['seals.jws']);
  return { ...files, party, seals, access: texts['access.jwe'] };
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
  const lines = linesOf(texts['consents.jws']);
  return {
    parsed: parseContract(texts['contract.yaml']),
    contractText: texts['contract.yaml'],
    policyText: texts['policy.rego'],
    consents: lines.map((jws, index) => ({ source: `signature ${index + 1} in the file`, jws })),
  };
}

function linesOf(text: string): readonly string[] {
  return text.split('\n').filter((line) => line !== '');
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
