// The successor of a contract: the same parties, datasets and terms under a new name, in the form of today. Nobody has
// signed it, and its count of results begins anew, at places of its own.

import * as v from 'valibot';

import { CleanroomError } from '../base/errors.js';
import { withBudgetNames } from './budget-names.js';
import { BLOB_CONTAINERS } from './blob-containers.js';
import { checkContract, type ParsedContract, versionOf } from './check.js';
import { describeIssue } from './describe-problem.js';
import { DEFAULT_SCRIPTS } from './limits/alphabet.js';
import type { PartyCard } from './party-card.js';
import { type Contract, CONTRACT_VERSION, type ContractModel, DatasetSchema, PartySchema } from './schema.js';

export interface RenewalInput {
  /** What the text of the earlier contract stands for. */
  readonly earlier: unknown;
  /** Of the successor; the earlier name with a number where null. */
  readonly name: string | null;
  /** Cards of parties that have changed since, or that had no key for results. */
  readonly cards: readonly PartyCard[];
  /** Where the earlier contract does not say enough of its model. */
  readonly model: ContractModel | null;
  readonly program: Contract['room']['program'];
}

/* Of version 1 only what is carried over; what version 2 has no place for is left out. */
const EarlierSchema = v.looseObject({
  version: v.literal(1),
  name: v.string(),
  parties: v.array(PartySchema),
  datasets: v.array(v.omit(DatasetSchema, ['budget'])),
  room: v.looseObject({
    stateBlob: v.unknown(),
    workQueue: v.optional(v.unknown()),
  }),
  model: v.looseObject({ method: v.optional(v.string()), dataset: v.optional(v.string()) }),
  summary: v.looseObject({
    limits: v.looseObject({
      maxTokens: v.number(),
      maxShareOfSource: v.number(),
      maxVerbatimTokens: v.number(),
      minDocuments: v.number(),
      maxResults: v.number(),
    }),
    beams: v.optional(v.unknown()),
  }),
});
type Earlier = v.InferOutput<typeof EarlierSchema>;

/* Version 1 counted tokens, of about so many characters each. */
const CHARACTERS_PER_TOKEN = 6;
const DEFAULT_COPIED_SHARE = 0.6;

/**
 * Writes the successor of a contract of version 1, or of one of this version whose results are used up.
 *
 * @throws CleanroomError CONTRACT_RENEW_INCOMPLETE (names what is missing), CONTRACT_VERSION, CONTRACT_INVALID
 */
export function renewContract(input: RenewalInput): ParsedContract {
  const { earlier } = input;
  if (versionOf(earlier) !== 1) return checkContract(rename(checkContract(earlier).contract, input));
  const outcome = v.safeParse(EarlierSchema, earlier);
  if (!outcome.success)
    throw new CleanroomError(
      'CONTRACT_INVALID',
      outcome.issues.flatMap((issue) => describeIssue(issue)).join('; '),
    );
  const carried = carryOver(outcome.output, input);
  const missing = missingIn(carried);
  if (missing.length > 0)
    throw new CleanroomError(
      'CONTRACT_RENEW_INCOMPLETE',
      `${outcome.output.name} has version 1 and lacks what its successor needs: ${missing.join('; ')}`,
    );
  return checkContract(rename(carried, input));
}

function without(
  group: Readonly<Record<string, unknown>>,
  names: readonly string[],
): Record<string, unknown> {
  return Object.fromEntries(Object.entries(group).filter(([name]) => !names.includes(name)));
}

/* Of the form of today, but for what only parties and model can say; checked afterwards like any contract. */
function carryOver(earlier: Earlier, { model, program }: RenewalInput): Contract {
  const room = without(earlier.room, ['stateBlob', 'workQueue']);
  const { limits } = earlier.summary;
  const summary = without(earlier.summary, ['beams']);
  const extractive = earlier.model.method === 'extractive';
  const texts = {
    scripts: [...DEFAULT_SCRIPTS],
    maxCharacters: limits.maxTokens * CHARACTERS_PER_TOKEN,
    maxShareOfSource: limits.maxShareOfSource,
    maxCopiedWords: limits.maxVerbatimTokens,
    maxCopiedShare: extractive ? 1 : DEFAULT_COPIED_SHARE,
    minDocuments: limits.minDocuments,
  };
  const carried = {
    ...earlier,
    version: CONTRACT_VERSION,
    datasets: earlier.datasets.map((dataset) => ({
      ...dataset,
      budget: { container: BLOB_CONTAINERS.budget, name: earlier.name },
    })),
    room: { ...room, platform: 'aci', program },
    model: model ?? earlier.model,
    summary: {
      ...summary,
      limits: { ...texts, maxResults: limits.maxResults },
      ...(extractive ? { extractiveLimits: texts } : {}),
    },
  };
  return carried as unknown as Contract;
}

function missingIn({ model }: Contract): readonly string[] {
  const sealed = 'dataset' in model;
  if (!sealed && !('family' in model)) return [];
  const whole = 'digest' in model && (sealed || 'layer' in model);
  return whole
    ? []
    : ['what is known of its model today (--model DIR, the directory that the image or its owner has)'];
}

function rename(contract: Contract, { name: asked, cards, program }: RenewalInput): Contract {
  const name = asked ?? successorOf(contract.name);
  const moved = (blob: string): string =>
    blob.includes(contract.name) ? blob.replace(contract.name, name) : `${name}.${blob}`;
  const parties = contract.parties.map(
    (party) => cards.find((card) => card.party.id === party.id)?.party ?? party,
  );
  requireResultKeys(contract, parties);
  const { room } = contract;
  return {
    ...contract,
    name,
    parties,
    datasets: withBudgetNames(
      contract.datasets.map(
        (dataset) => cards.flatMap((card) => card.datasets).find(({ id }) => id === dataset.id) ?? dataset,
      ),
      name,
    ),
    room: {
      ...room,
      program,
      contractBlob: { ...room.contractBlob, name: moved(room.contractBlob.name) },
      resultBlob: { ...room.resultBlob, name: moved(room.resultBlob.name) },
    },
  };
}

/* Version 1 gave owners no key that causes are sealed to. */
function requireResultKeys({ datasets, name }: Contract, parties: Contract['parties']): void {
  const owners = parties.filter(
    ({ id, resultKey }) => resultKey === undefined && datasets.some(({ owner }) => owner === id),
  );
  if (owners.length === 0) return;
  throw new CleanroomError(
    'CONTRACT_RENEW_INCOMPLETE',
    `${name} names no key for results of ${owners.map(({ id }) => id).join(', ')}, to which causes are sealed; each makes its card anew with cleanroom init (--with CARD)`,
  );
}

/* quarterly-notes, quarterly-notes-2, quarterly-notes-3: names have at most 40 characters. */
function successorOf(name: string): string {
  const numbered = /^(.*)-(\d{1,6})$/.exec(name);
  const [stem, number] = numbered === null ? [name, 1] : [numbered[1] ?? name, Number(numbered[2])];
  const suffix = `-${number + 1}`;
  return `${stem.slice(0, 40 - suffix.length).replace(/-+$/, '')}${suffix}`;
}
