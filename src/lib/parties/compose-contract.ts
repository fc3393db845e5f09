// A contract from the parties' cards and the choices of whoever writes it.

import { stringify } from 'yaml';

import { BLOB_CONTAINERS } from '../contract/blob-containers.js';
import { checkContract, type ParsedContract } from '../contract/parse.js';
import type { PartyCard } from '../contract/party-card.js';
import type { Contract, ContractLimits } from '../contract/schema.js';
import { CleanroomError } from '../base/errors.js';

export interface ContractChoices {
  readonly name: string;
  readonly region: string;
  /** Image references by digest. */
  readonly summarizerImage: string;
  readonly sidecarImage: string;
  readonly model: Contract['model'];
  readonly authorities: readonly string[];
  /** Storage account of the host, for results. */
  readonly resultAccount: string;
  readonly limits: ContractLimits;
  readonly delivery: Contract['summary']['delivery'];
  readonly trust: Contract['trust'];
}

export const DEFAULT_LIMITS: ContractLimits = {
  maxTokens: 150,
  maxShareOfSource: 0.3,
  maxVerbatimTokens: 12,
  minDocuments: 1,
  maxResults: 1,
};

/**
 * Writes the contract. The first party with the role host runs the room; contract and state are kept in the first
 * data owner's account; every party with the role recipient receives the summary.
 *
 * @throws CleanroomError CONTRACT_INVALID if the cards and choices make no contract.
 */
export function composeContract(cards: readonly PartyCard[], choices: ContractChoices): ParsedContract {
  const parties = cards.map((card) => card.party);
  const host = parties.find((party) => party.roles.includes('host'));
  const datasets = cards.flatMap((card) => card.datasets);
  const first = datasets.find((dataset) => dataset.kind === 'text');
  if (host === undefined) throw new CleanroomError('CONTRACT_INVALID', 'parties: none has the role host');
  if (first === undefined)
    throw new CleanroomError('CONTRACT_INVALID', 'datasets: no party brings one of kind text');
  const { name } = choices;
  const contract: Contract = {
    version: 1,
    name,
    parties,
    datasets,
    room: {
      host: host.id,
      region: choices.region,
      containers: [
        { name: 'summarizer', image: choices.summarizerImage, cpu: 2, memoryGiB: 8 },
        { name: 'skr', image: choices.sidecarImage, cpu: 0.5, memoryGiB: 1 },
      ],
      sidecarPort: 8080,
      ports: [8501],
      stdio: false,
      stateBlob: { account: first.blob.account, container: BLOB_CONTAINERS.state, name: `${name}.state` },
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
    },
    attestation: {
      authorities: [...choices.authorities],
      guestSvn: 2,
      uvmMinSvn: 100,
      products: ['Milan', 'Genoa', 'Turin'],
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
