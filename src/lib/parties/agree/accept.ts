// `accept`: an owner checks an offer against its own card and installation, signs it, seals its text, and writes the reply.

import { join } from 'node:path';

import { CleanroomError } from '../../base/errors.js';
import { interruptedWith } from '../../base/interruption.js';
import { shellWord } from '../../base/shell-word.js';
import { writeFileAtomic } from '../../base/files/atomic-write.js';
import { rememberFiles } from '../../base/files/put-back.js';
import type { Judgement } from '../../base/verdict/statement.js';
import { requireLoopback } from '../../contract/emulated-contract.js';
import { ownerOf } from '../../contract/find-dataset.js';
import type { ParsedContract } from '../../contract/parse.js';
import { appraiseConsent } from '../../keys/sign-consent.js';
import { roomSasList } from '../../contract/room-plan.js';
import type { ContractDataset } from '../../contract/schema.js';
import type { Environment } from '../../ports/environment.js';
import type { UseCaseContext } from '../../ports/use-case.js';
import { consentPath, findConsents, writeConsent } from '../consent-files.js';
import { openContractKey } from '../contract-key.js';
import { encryptForRoom } from '../encrypt-for-room.js';
import type { EncryptResult } from '../encrypt-dataset.js';
import type { Reopens } from '../encryption-input.js';
import { readStoredSeal } from '../dataset-storage.js';
import { requireAgreement } from '../before/require-agreement.js';
import { ownDataset } from '../own-dataset.js';
import { recomputeRoomPolicy } from '../room-policy.js';
import { readContract } from '../environment.js';
import { MAX_SAS_HOURS } from '../room-sas.js';
import { type Offer, partyOf, readOffer, writeReply } from './offer-and-reply.js';
import { signAccess } from './party-statement.js';
import { requireOwnCardOf } from './require-own-card.js';
import { requireText, scriptWarning } from './require-text.js';
import { sealAccess } from './sealed-access.js';

export interface AcceptRequest {
  readonly offer: string;
  /** File, directory or pattern; for a sealed model its directory. */
  readonly text: string;
  readonly dataset: string | undefined;
  /** `--image` as given. */
  readonly images: readonly string[] | undefined;
  /** `--trust-program`: `sha256:…` each. */
  readonly trusted: readonly string[];
  /** Shows what the owner agrees to, and what may come of it, and asks. */
  readonly agrees: (parsed: ParsedContract, judgement: Judgement, warning: string | null) => Promise<boolean>;
  readonly reopens: Reopens;
}

export interface AcceptResult {
  readonly name: string;
  readonly contractDigest: string;
  readonly verdict: Judgement;
  /** Null where nobody agreed: nothing was signed or sealed. */
  readonly accepted: {
    readonly reply: string;
    readonly sealed: EncryptResult;
    /** What the reply lets the room do in storage, and until when. */
    readonly access: readonly { readonly what: string; readonly permissions: string }[];
    readonly accessEnds: string;
  } | null;
}

const REPLY = 'reply.cleanroom';

/** @throws CleanroomError CONTRACT_NOT_MY_CARD, STATEMENT_REFUTED, STATEMENT_UNPROVEN, CONTRACT_EXISTS, and as its parts */
export async function accept(request: AcceptRequest, context: UseCaseContext): Promise<AcceptResult> {
  const environment = await context.desk.open();
  const { directory, profile } = environment;
  const offer = await readOffer(request.offer);
  const { parsed } = offer;
  await requireOwnCardOf(environment, parsed, join(directory, 'contract.yaml'));
  requireLoopback(parsed.contract);
  const dataset = ownDataset(parsed.contract, profile.party, request.dataset);
  await requireFreePlace(directory, parsed);
  const scripts = await requireText(request.text, dataset.kind, context.signal);
  context.progress.phase('rebuilding the program, and comparing it with the offer');
  const recomputed = await recomputeRoomPolicy({
    parsed,
    environment,
    imageFlags: request.images,
    toSign: true,
    ...context,
  });
  const verdict = await requireAgreement({
    parsed,
    recomputed,
    handedOver: offer.policyText,
    consents: offer.consents,
    signers: [parsed.contract.room.host],
    party: profile.party,
    trusted: request.trusted,
    hint: `See every statement: cleanroom verify ${shellWord(request.offer)}${parsed.contract.trust === undefined ? '' : ' --allow-emulated'}. Do not sign; ask the host what differs.`,
  });
  context.progress.done();
  const result = { name: parsed.contract.name, contractDigest: parsed.digest, verdict };
  if (!(await request.agrees(parsed, verdict, scriptWarning(scripts, parsed.contract))))
    return { ...result, accepted: null };
  context.signal.throwIfAborted();
  const contractPath = await keepOffer(offer, request.trusted, environment, context);
  try {
    const encrypted = await encryptForRoom(
      {
        file: request.text,
        contractPath,
        dataset: dataset.id,
        policyPath: join(directory, 'policy.rego'),
        imageFlags: request.images,
        recomputed,
        trusted: request.trusted,
        contractKeyPath: undefined,
        consents: 'host',
        reopens: request.reopens,
        log: undefined,
        previewOnly: false,
      },
      context,
    );
    if (encrypted.kind !== 'done') throw new CleanroomError('INTERNAL', 'a preview where none was asked for');
    const access = await issueAccess(parsed, dataset, environment);
    const reply = join(directory, REPLY);
    await writeSealedReply({ reply, offer, contractPath, access }, environment, context);
    const { shown, accessEnds } = access;
    return { ...result, accepted: { reply, sealed: encrypted.result, access: shown, accessEnds } };
  } catch (cause) {
    throw interruptedWith(
      'the contract is signed in this directory; there is no reply yet',
      cause,
      context.signal,
    );
  }
}

/* What another contract's parties agreed to is not replaced. */
async function requireFreePlace(directory: string, { digest }: ParsedContract): Promise<void> {
  const path = join(directory, 'contract.yaml');
  const kept = await readContract(path).catch((cause: unknown) => {
    if (cause instanceof CleanroomError && cause.code === 'FILE_NOT_FOUND') return null;
    throw cause;
  });
  if (kept === null || kept.digest === digest) return;
  throw new CleanroomError(
    'CONTRACT_EXISTS',
    `${path} is another contract, which this party may have agreed to`,
    {
      hint: 'Move contract.yaml and contract.*.consent.jws away, then accept again.',
    },
  );
}

async function keepOffer(
  { parsed, contractText, policyText, consents }: Offer,
  named: readonly string[],
  { directory, profile }: Environment,
  { desk }: UseCaseContext,
): Promise<string> {
  const { party } = profile;
  const contractPath = join(directory, 'contract.yaml');
  const key = await openContractKey(undefined, party, desk);
  const files = new Map([
    [contractPath, contractText],
    [join(directory, 'policy.rego'), policyText],
  ]);
  for (const consent of consents)
    for (const signer of appraiseConsent(parsed, [consent]).signers)
      files.set(consentPath(contractPath, signer), `${consent.jws.trim()}\n`);
  const putBack = await rememberFiles([...files.keys(), consentPath(contractPath, party)]);
  try {
    for (const [path, text] of files) await writeFileAtomic(path, text);
    await writeConsent(contractPath, parsed, { party, key, at: new Date(), named });
  } catch (cause) {
    await putBack();
    throw cause;
  }
  return contractPath;
}

interface IssuedAccess {
  readonly variables: readonly { readonly variable: string; readonly query: string }[];
  readonly shown: readonly { readonly what: string; readonly permissions: string }[];
  readonly expiresAt: Date;
  readonly accessEnds: string;
}

/* What the room plan says of the owner's account, and no more. */
async function issueAccess(
  { contract }: ParsedContract,
  { blob: { account } }: ContractDataset,
  { services }: Environment,
): Promise<IssuedAccess> {
  const issuer = await services.sas();
  const expiresAt = new Date(Date.now() + MAX_SAS_HOURS * 60 * 60_000);
  const variables: { variable: string; query: string }[] = [];
  const shown: { what: string; permissions: string }[] = [];
  for (const { variable, blob, scope, permissions } of roomSasList(contract)) {
    if (blob.account !== account || blob === contract.room.resultBlob) continue;
    variables.push({ variable, query: await issuer.issue({ blob, scope, permissions, expiresAt }) });
    shown.push({ what: scope === 'blob' ? `${blob.container}/${blob.name}` : blob.container, permissions });
  }
  return { variables, shown, expiresAt, accessEnds: expiresAt.toISOString() };
}

async function writeSealedReply(
  {
    reply,
    offer: { parsed, contractText, policyText, transferKey },
    contractPath,
    access: { variables, expiresAt },
  }: {
    readonly reply: string;
    readonly offer: Offer;
    readonly contractPath: string;
    readonly access: IssuedAccess;
  },
  environment: Environment,
  { desk }: UseCaseContext,
): Promise<void> {
  const { party } = environment.profile;
  const key = await openContractKey(undefined, party, desk);
  const exp = Math.floor(expiresAt.getTime() / 1000);
  const statement = await signAccess(
    { v: 1, contract: parsed.digest, party: partyOf(parsed, party).id, exp, access: [...variables] },
    key,
  );
  const consents = await findConsents(contractPath);
  const seals = await statedSeals(parsed, environment);
  const access = await sealAccess(statement, transferKey);
  await writeReply(reply, { parsed, contractText, policyText, consents, party, seals, access });
}

/* What the party stated of each of its texts that is in storage: with it, anybody sees to what the keys are bound. */
async function statedSeals(
  { contract }: ParsedContract,
  { profile: { party }, services }: Environment,
): Promise<readonly string[]> {
  const blobs = await services.blobs();
  const seals: string[] = [];
  for (const dataset of contract.datasets.filter(({ owner }) => owner === party)) {
    const stored = await readStoredSeal(dataset.blob, ownerOf(contract, dataset).contractKey, blobs);
    if (stored !== null) seals.push(stored.statement.raw);
  }
  return seals;
}
