// `contract renew`: the successor of a contract as a draft that every party signs anew.

import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { CleanroomError } from '../base/errors.js';
import { writeFileAtomic } from '../base/files/atomic-write.js';
import { readTextBounded } from '../base/files/read-bounded.js';
import { MAX_CONTRACT_BYTES } from '../contract/check.js';
import { readContractYaml } from '../contract/parse.js';
import { parsePartyCard } from '../contract/party-card.js';
import { renewContract } from '../contract/renew.js';
import type { Contract, ContractModel } from '../contract/schema.js';
import { renderContractYaml } from './compose-contract.js';

export interface RenewContractInput {
  /** File of the earlier contract. */
  readonly file: string;
  readonly name: string | null;
  /** Files of party cards. */
  readonly cards: readonly string[];
  readonly modelDirectory: string | null;
  readonly program: Contract['room']['program'];
  /** Where the successor goes; NAME.yaml beside the earlier one where null. */
  readonly out: string | null;
  /** What is to become of a file that is there. */
  readonly existing: 'keep' | 'replace';
}

export interface RenewedContract {
  readonly path: string;
  readonly name: string;
  readonly digest: string;
}

const MAX_CARD_BYTES = 1024 * 1024;

/** @throws CleanroomError as renewContract, CONTRACT_EXISTS, PARTY_CARD_INVALID, MODEL_INVALID, MODEL_REFUSED, FILE_… */
export async function runContractRenewal(input: RenewContractInput): Promise<RenewedContract> {
  const earlier = readContractYaml(await readTextBounded(input.file, MAX_CONTRACT_BYTES));
  const cards = await Promise.all(
    input.cards.map(async (card) => parsePartyCard(await readTextBounded(card, MAX_CARD_BYTES))),
  );
  const model = input.modelDirectory === null ? null : await describeModel(input.modelDirectory, earlier);
  const { contract, digest } = renewContract({
    earlier,
    name: input.name,
    cards,
    model,
    program: input.program,
  });
  const path = input.out ?? join(dirname(input.file), `${contract.name}.yaml`);
  if (input.existing === 'keep' && (await isThere(path)))
    throw new CleanroomError(
      'CONTRACT_EXISTS',
      `${path} exists already, and its parties may have agreed to it`,
    );
  await writeFileAtomic(path, renderContractYaml(contract));
  return { path, name: contract.name, digest };
}

/* In the place that it had: sealed by its owner, or in the image. */
async function describeModel(directory: string, earlier: unknown): Promise<ContractModel> {
  const { readModelFacts } = await import('../summarizer/model-facts.js');
  const { modelLayerRootHash } = await import('../images/pack/model-layer.js');
  const facts = await readModelFacts(directory);
  const dataset = sealedModelOf(earlier);
  return dataset === null
    ? { ...facts, layer: `sha256:${await modelLayerRootHash(directory)}` }
    : { ...facts, dataset };
}

function sealedModelOf(earlier: unknown): string | null {
  const model = typeof earlier === 'object' && earlier !== null && 'model' in earlier ? earlier.model : null;
  const dataset = typeof model === 'object' && model !== null && 'dataset' in model ? model.dataset : null;
  return typeof dataset === 'string' ? dataset : null;
}

async function isThere(path: string): Promise<boolean> {
  return readFile(path).then(
    () => true,
    () => false,
  );
}
