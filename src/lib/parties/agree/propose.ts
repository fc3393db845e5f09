// `propose`: the host builds the room's image, writes contract and policy, shows them, signs, and writes the offer.

import { join } from 'node:path';

import { CleanroomError } from '../../base/errors.js';
import { interruptedWith } from '../../base/interruption.js';
import { writeFileAtomic } from '../../base/files/atomic-write.js';
import { rememberFiles } from '../../base/files/put-back.js';
import { readTextBounded } from '../../base/files/read-bounded.js';
import type { BaseSource } from '../../images/base/base-layers.js';
import type { ParsedContract } from '../../contract/parse.js';
import type { PartyCard } from '../../contract/party-card.js';
import type { Environment } from '../../ports/environment.js';
import type { UseCaseContext } from '../../ports/use-case.js';
import { consentPath, findConsents, writeConsent } from '../consent-files.js';
import { openContractKey } from '../contract-key.js';
import { readContract } from '../environment.js';
import { type InitFlags, requireNoContract, runInit } from '../init.js';
import { partyKeyPath, readPartyKey } from '../init-party.js';
import { requireModelDirectory } from '../model-directory.js';
import { requireRoomMemory, type RoomMemory } from '../room-memory.js';
import { recomputeRoomPolicy } from '../room-policy.js';
import { requireNamedProgram } from './named-program.js';
import { writeOffer } from './offer-and-reply.js';
import { signTransfer } from './party-statement.js';
import { requireFittingCards, rolesOfProposer } from './cards-of-a-proposal.js';
import { readOwnCard } from './own-card.js';
import { publishRoomImage } from './room-image.js';

/** The limits and names of the contract that may be stated, as of init. */
export type ProposalTerms = Partial<
  Pick<
    InitFlags,
    | 'sidecar'
    | 'region'
    | 'kubernetes'
    | 'script'
    | 'max-characters'
    | 'max-share'
    | 'max-copied-words'
    | 'max-copied-share'
    | 'max-results'
  >
>;

export interface ProposeRequest {
  /** Files with the other parties' cards. */
  readonly cards: readonly string[];
  readonly name: string;
  /** Null: sentences are picked. */
  readonly modelDirectory: string | null;
  /** Image by digest that was pushed before; null: it is built and pushed now. */
  readonly image: string | null;
  /** REGISTRY/REPOSITORY that the image is pushed to. */
  readonly repository: string | undefined;
  readonly terms: ProposalTerms;
  /** `--trust-program`: the layers that the contract names its program by, `sha256:…` each; none for a release. */
  readonly trusted: readonly string[];
  readonly force: boolean;
  readonly base: BaseSource;
  readonly packageRoot: string;
  readonly version: string;
  /** Shows what would be signed, and asks. */
  readonly agrees: (parsed: ParsedContract, policyHash: string) => Promise<boolean>;
}

export interface ProposeResult {
  readonly name: string;
  readonly contractDigest: string;
  readonly policyHash: string;
  /** The offer to hand to every other party; null where nobody agreed. */
  readonly offer: string | null;
  /** What the model in the image needs of memory and what the summarizer has, as deploy says it; null where no model is in the image. */
  readonly memory: RoomMemory | null;
}

const LOCAL_REPOSITORY = 'cleanroom.local/summarizer';

/** @throws CleanroomError CONTRACT_EXISTS, CONFIRMATION_NEEDED, and as its parts */
export async function propose(request: ProposeRequest, context: UseCaseContext): Promise<ProposeResult> {
  if (request.modelDirectory !== null) requireModelDirectory(request.modelDirectory);
  const environment = await context.desk.open();
  const { directory } = environment;
  const own = await readOwnCard(directory, environment.profile.party);
  await requireFittingCards(request.cards, own, environment);
  if (!request.force) await requireNoContract(directory);
  const image =
    request.image ??
    (await publishRoomImage(
      { ...request, reference: referenceOf(request, environment) },
      environment,
      context,
    ));
  const { party } = environment.profile;
  const written = [
    'contract.yaml',
    'policy.rego',
    `${party}.party.json`,
    `${party}.cleanroom`,
    `${request.name}.cleanroom`,
  ].map((name) => join(directory, name));
  const putBack = await rememberFiles([...written, consentPath(join(directory, 'contract.yaml'), party)]);
  try {
    const result = await proposeOver({ image, own }, request, environment, context);
    if (result.offer === null) await putBack();
    return result;
  } catch (cause) {
    await putBack();
    throw interruptedWith('nothing is signed, and the directory is as it was', cause, context.signal);
  }
}

/* Whatever keeps it from being signed, the caller puts back what was there. */
async function proposeOver(
  { image, own }: { readonly image: string; readonly own: PartyCard | null },
  request: ProposeRequest,
  environment: Environment,
  context: UseCaseContext,
): Promise<ProposeResult> {
  const { directory, profile } = environment;
  context.progress.phase('writing contract and policy');
  await runInit(
    {
      ...request.terms,
      party: profile.party,
      roles: rolesOfProposer(own),
      kept: own ?? undefined,
      with: request.cards,
      name: request.name,
      summarizer: image,
      'trust-program': request.trusted,
      model: request.modelDirectory ?? undefined,
      orExtractive: request.modelDirectory !== null,
      page: false,
      force: request.force,
    },
    environment,
    directory,
  );
  const parsed = await readContract(undefined, directory);
  const { policy, images } = await recomputeRoomPolicy({
    parsed,
    environment,
    imageFlags: undefined,
    toSign: true,
    ...context,
  });
  await requireNamedProgram(parsed, policy.text, { trusted: request.trusted, images });
  await writeFileAtomic(join(directory, 'policy.rego'), policy.text);
  context.progress.done();
  const result = {
    name: parsed.contract.name,
    contractDigest: parsed.digest,
    policyHash: policy.hash,
    memory: requireRoomMemory(parsed.contract, images),
  };
  context.signal.throwIfAborted();
  if (!(await request.agrees(parsed, policy.hash))) return { ...result, offer: null };
  context.signal.throwIfAborted();
  return { ...result, offer: await signOffer(parsed, policy.text, request.trusted, environment, context) };
}

async function signOffer(
  parsed: ParsedContract,
  policyText: string,
  named: readonly string[],
  { directory, profile }: Environment,
  { desk }: UseCaseContext,
): Promise<string> {
  const { party } = profile;
  const key = await openContractKey(undefined, party, desk);
  const contractPath = join(directory, 'contract.yaml');
  await writeConsent(contractPath, parsed, { party, key, at: new Date(), named });
  const transferKey = await readPartyKey(partyKeyPath(directory, party, 'transfer'));
  const transfer = await signTransfer(
    { v: 1, contract: parsed.digest, party, key: transferKey.publicKey },
    key,
  );
  const path = join(directory, `${parsed.contract.name}.cleanroom`);
  const contractText = await readTextBounded(contractPath, 1024 * 1024);
  const consents = await findConsents(contractPath);
  await writeOffer(path, { parsed, contractText, policyText, consents }, transfer);
  return path;
}

function referenceOf({ repository, name }: ProposeRequest, { profile }: Environment): string {
  if (repository !== undefined) return `${repository}:${name}`;
  if (profile.anchors !== undefined) return `${LOCAL_REPOSITORY}:${name}`;
  throw new CleanroomError('USAGE', 'the room’s image needs a registry of yours', {
    hint: 'Add --registry contoso.azurecr.io/cleanroom/summarizer, or an image that was pushed: --image REFERENCE@sha256:…',
  });
}
