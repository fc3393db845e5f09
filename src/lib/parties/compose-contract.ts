// A contract from the parties' cards and the choices of whoever writes it.

import { stringify } from 'yaml';

import { withBudgetNames } from '../contract/budget-names.js';
import { BLOB_CONTAINERS } from '../contract/blob-containers.js';
import { checkContract, type ParsedContract } from '../contract/parse.js';
import { DEFAULT_SCRIPTS } from '../contract/limits/alphabet.js';
import type { PartyCard } from '../contract/party-card.js';
import { type Contract, CONTRACT_VERSION, type ContractLimits, type TextLimits } from '../contract/schema.js';
import { CleanroomError } from '../base/errors.js';

export interface ContractChoices {
  readonly name: string;
  readonly region: string;
  readonly platform: Contract['room']['platform'];
  /** Image references by digest. */
  readonly summarizerImage: string;
  readonly sidecarImage: string;
  readonly summarizerMemoryGiB: number;
  readonly model: Contract['model'];
  readonly authorities: readonly string[];
  /** Storage account of the host, for results. */
  readonly resultAccount: string;
  readonly limits: ContractLimits;
  /** Where the method can be extractive; null else. */
  readonly extractiveLimits: TextLimits | null;
  readonly program: Contract['room']['program'];
  /** Of the table of reference values. */
  readonly floors: Pick<Contract['attestation'], 'uvmMinSvn' | 'minTcb'>;
  readonly delivery: Contract['summary']['delivery'];
  readonly trust: Contract['trust'];
}

export const DEFAULT_LIMITS: ContractLimits = {
  scripts: [...DEFAULT_SCRIPTS],
  maxCharacters: 900,
  maxShareOfSource: 0.3,
  maxCopiedWords: 12,
  maxCopiedShare: 0.6,
  minDocuments: 1,
  maxResults: 1,
};

/** Sentences of the text are copies: as long as the longest of them. */
export const DEFAULT_EXTRACTIVE_LIMITS: TextLimits = {
  scripts: [...DEFAULT_SCRIPTS],
  maxCharacters: 900,
  maxShareOfSource: 0.3,
  maxCopiedWords: 80,
  maxCopiedShare: 1,
  minDocuments: 1,
};

/**
 * Writes the contract. The first party with the role host runs the room; the contract is kept in the first data owner's
 * account, the count of results in every owner's, under the contract's name; every party with the role recipient receives the summary.
 *
 * @throws CleanroomError CONTRACT_INVALID if the cards and choices make no contract.
 */
export function composeContract(cards: readonly PartyCard[], choices: ContractChoices): ParsedContract {
  const parties = cards.map((card) => card.party);
  const host = parties.find((party) => party.roles.includes('host'));
  const { name } = choices;
  const datasets = withBudgetNames(
    cards.flatMap((card) => card.datasets),
    name,
  );
  const first = datasets.find((dataset) => dataset.kind === 'text');
  if (host === undefined) throw new CleanroomError('CONTRACT_INVALID', 'parties: none has the role host');
  if (first === undefined)
    throw new CleanroomError('CONTRACT_INVALID', 'datasets: no party provides one of kind text');
  const contract: Contract = {
    version: CONTRACT_VERSION,
    name,
    parties,
    datasets,
    room: {
      host: host.id,
      region: choices.region,
      platform: choices.platform,
      program: choices.program,
      containers: [
        {
          name: 'summarizer',
          image: choices.summarizerImage,
          cpu: 2,
          memoryGiB: choices.summarizerMemoryGiB,
        },
        { name: 'skr', image: choices.sidecarImage, cpu: 0.5, memoryGiB: 1 },
      ],
      sidecarPort: 8080,
      ports: [8501],
      stdio: false,
      contractBlob: {
        account: first.blob.account,
        container: BLOB_CONTAINERS.data,
        name: `${name}.contract.json`,
      },
      resultBlob: { account: choices.resultAccount, container: BLOB_CONTAINERS.results, name },
    },
    model: choices.model,
    summary: {
      recipients: parties.filter((party) => party.roles.includes('recipient')).map((party) => party.id),
      delivery: choices.delivery,
      limits: choices.limits,
      ...(choices.extractiveLimits === null ? {} : { extractiveLimits: choices.extractiveLimits }),
    },
    attestation: {
      authorities: [...choices.authorities],
      guestSvn: 2,
      products: ['Milan', 'Genoa', 'Turin'],
      ...choices.floors,
    },
    consent: { threshold: 'all' },
    ...(choices.trust === undefined ? {} : { trust: choices.trust }),
  };
  return checkContract(contract);
}

/** The contract as YAML for people; its digest is over the canonical JSON, so layout does not matter. */
export function renderContractYaml(contract: Contract): string {
  return `# Agreed by its parties; its digest is that of the RFC 8785 form of this document.\n${stringify(contract, { lineWidth: 0, aliasDuplicateObjects: false })}`;
}
