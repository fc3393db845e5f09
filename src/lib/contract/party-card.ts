// A party's card: the public part that it hands to whoever writes the contract. It holds no secret.

import * as v from 'valibot';

import { parseStrictJson, StrictJsonError } from '../base/bytes/strict-json.js';
import { CleanroomError } from '../base/errors.js';
import { describeIssue } from './describe-problem.js';
import { DatasetSchema, ModelFactsSchema, PartySchema, PublicKeySchema } from './schema.js';

const CARD_VERSION = 2;

const PartyCardSchema = v.strictObject({
  version: v.literal(CARD_VERSION),
  party: PartySchema,
  /** What the party brings; the owner of each is the party itself. */
  datasets: v.array(DatasetSchema),
  /** What access to storage in a reply is sealed to, where the party is a host; stands on the card, not in the contract. */
  transferKey: v.optional(PublicKeySchema),
  /** What a contract says of each dataset that is a model. */
  models: v.optional(v.array(v.strictObject({ dataset: v.string(), ...ModelFactsSchema.entries }))),
});

export type PartyCard = v.InferOutput<typeof PartyCardSchema>;

/**
 * Reads a party card.
 *
 * @throws CleanroomError PARTY_CARD_INVALID naming each wrong member, or a dataset that names another owner.
 */
export function parsePartyCard(text: string): PartyCard {
  const outcome = v.safeParse(PartyCardSchema, readJson(text));
  if (!outcome.success) {
    throw new CleanroomError(
      'PARTY_CARD_INVALID',
      outcome.issues.flatMap((issue) => describeIssue(issue)).join('; '),
    );
  }
  const card = outcome.output;
  const foreign = card.datasets.find((dataset) => dataset.owner !== card.party.id);
  if (foreign !== undefined) {
    throw new CleanroomError(
      'PARTY_CARD_INVALID',
      `dataset ${foreign.id} names ${foreign.owner} as its owner, not ${card.party.id}`,
    );
  }
  return card;
}

function readJson(text: string): unknown {
  try {
    return parseStrictJson(text);
  } catch (cause) {
    if (cause instanceof StrictJsonError)
      throw new CleanroomError('PARTY_CARD_INVALID', cause.message, { cause });
    throw cause;
  }
}
