// What the schema cannot say: that the parts of a contract refer to each other and do not contradict.

import type { Contract, ContractDataset, PublicKeyJwk } from './schema.js';
import { isOnP256 } from './curve.js';
import { furtherContainers, OWN_CONTAINERS } from './further-containers.js';

/** Every contradiction, as `path: what is wrong`; empty if there is none. */
export function findContradictions(contract: Contract): readonly string[] {
  return [
    ...duplicates(
      'parties',
      contract.parties.map((party) => party.id),
    ),
    ...duplicates(
      'datasets',
      contract.datasets.map((dataset) => dataset.id),
    ),
    ...duplicates(
      'room.containers',
      contract.room.containers.map((container) => container.name),
    ),
    ...keyProblems(contract),
    ...repeatedKeys(contract),
    ...roomProblems(contract),
    ...trustedProblems(contract),
    ...ownerProblems(contract),
    ...budgetProblems(contract),
    ...loginProblems(contract),
    ...recipientProblems(contract),
    ...modelProblems(contract),
    ...limitProblems(contract),
    ...floorProblems(contract),
    ...consentProblems(contract),
  ];
}

function duplicates(path: string, ids: readonly string[]): readonly string[] {
  return ids.flatMap((id, index) =>
    ids.indexOf(id) === index ? [] : [`${path}[${index}]: a second one named ${id}`],
  );
}

interface NamedKey {
  readonly path: string;
  readonly key: PublicKeyJwk;
}

function keysOf({ parties }: Contract): readonly NamedKey[] {
  return parties.flatMap(({ contractKey, resultKey }, index) => [
    { path: `parties[${index}].contractKey`, key: contractKey },
    ...(resultKey === undefined ? [] : [{ path: `parties[${index}].resultKey`, key: resultKey }]),
  ]);
}

function keyProblems(contract: Contract): readonly string[] {
  return keysOf(contract).flatMap(({ path, key: { x, y } }) =>
    isOnP256(x, y) ? [] : [`${path}: its coordinates are no point of P-256`],
  );
}

/* One key is one party's, for one use: else one party could consent as two, or be made to decrypt by being made to sign. */
function repeatedKeys(contract: Contract): readonly string[] {
  const first = new Map<string, string>();
  return keysOf(contract).flatMap(({ path, key }) => {
    const earlier = first.get(key.x);
    if (earlier === undefined) first.set(key.x, path);
    return earlier === undefined
      ? []
      : [`${path}: the same key as ${earlier}; one key is one party's, for one use`];
  });
}

function hasRole(
  contract: Contract,
  id: string,
  role: Contract['parties'][number]['roles'][number],
): boolean {
  return contract.parties.some((party) => party.id === id && party.roles.includes(role));
}

function roomProblems(contract: Contract): readonly string[] {
  const { room } = contract;
  const problems: string[] = [];
  if (!hasRole(contract, room.host, 'host'))
    problems.push(`room.host: ${room.host} is not a party with the role host`);
  for (const name of OWN_CONTAINERS) {
    if (!room.containers.some((container) => container.name === name))
      problems.push(`room.containers: none is named ${name}`);
  }
  if (room.ports.includes(room.sidecarPort))
    problems.push('room.ports: the sidecar must not be reachable from outside the group');
  return problems;
}

/* The sidecar gives the keys to whoever asks inside the group. */
function trustedProblems({ room }: Contract): readonly string[] {
  const further = furtherContainers(room);
  const trusted = room.trustedWithKeys ?? [];
  return [
    ...duplicates('room.trustedWithKeys', trusted),
    ...trusted.flatMap((name, index) =>
      further.includes(name)
        ? []
        : [`room.trustedWithKeys[${index}]: ${name} is no further container of the group`],
    ),
    ...further.flatMap((name) =>
      trusted.includes(name)
        ? []
        : [
            `room.containers: ${name} could have every key; the parties accept that by room.trustedWithKeys, or it goes`,
          ],
    ),
  ];
}

function ownerProblems({ datasets, parties }: Contract): readonly string[] {
  return datasets.flatMap((dataset, index) => {
    const role = dataset.kind === 'model' ? 'model-owner' : 'data-owner';
    const owner = parties.find(({ id }) => id === dataset.owner);
    if (owner?.roles.includes(role) !== true)
      return [`datasets[${index}].owner: ${dataset.owner} is not a party with the role ${role}`];
    return owner.resultKey === undefined
      ? [`datasets[${index}].owner: ${owner.id} has no resultKey, to which causes are sealed`]
      : [];
  });
}

function budgetPlace({ blob, budget }: ContractDataset): string {
  return `${blob.account}/${budget.container}`;
}

/* Whoever may create budget entries must not be able to create anything else, and one owner's count is not another's. */
function budgetProblems({ datasets, room }: Contract): readonly string[] {
  const others = [...datasets.map(({ blob }) => blob), room.contractBlob, room.resultBlob].map(
    ({ account, container }) => `${account}/${container}`,
  );
  return datasets.flatMap((dataset, index) => {
    const path = `datasets[${index}].budget`;
    const place = budgetPlace(dataset);
    if (others.includes(place)) return [`${path}.container: it contains other blobs of the contract too`];
    const foreign = datasets.find(
      (other) =>
        budgetPlace(other) === place &&
        other.budget.name === dataset.budget.name &&
        other.owner !== dataset.owner,
    );
    return foreign === undefined
      ? []
      : [`${path}: the same place as that of ${foreign.id}, of another owner`];
  });
}

/* The room shows its identity's token to this host (X3, I16): Entra's own, or the local Azure's where trust is emulated. */
const ENTRA = [
  'https://login.microsoftonline.com',
  'https://login.microsoftonline.us',
  'https://login.partner.microsoftonline.cn',
];

function loginProblems({ datasets, trust }: Contract): readonly string[] {
  return datasets.flatMap(({ key }, index) => {
    const authority = key.login?.authority;
    return authority === undefined || trust !== undefined || ENTRA.includes(authority)
      ? []
      : [`datasets[${index}].key.login.authority: ${authority} is not a token endpoint of Entra`];
  });
}

function recipientProblems(contract: Contract): readonly string[] {
  return contract.summary.recipients.flatMap((id, index) => {
    const party = contract.parties.find((candidate) => candidate.id === id);
    if (!party?.roles.includes('recipient'))
      return [`summary.recipients[${index}]: ${id} is not a party with the role recipient`];
    return party.resultKey === undefined ? [`summary.recipients[${index}]: ${id} has no resultKey`] : [];
  });
}

function modelProblems(contract: Contract): readonly string[] {
  const { model, datasets } = contract;
  const problems: string[] = [];
  if (
    'dataset' in model &&
    !datasets.some((dataset) => dataset.id === model.dataset && dataset.kind === 'model')
  ) {
    problems.push(`model.dataset: ${model.dataset} is not a dataset of kind model`);
  }
  if (!datasets.some((dataset) => dataset.kind === 'text')) problems.push('datasets: none has the kind text');
  return problems;
}

function limitProblems({ model, summary }: Contract): readonly string[] {
  const { limits, extractiveLimits } = summary;
  const extractive = 'method' in model && model.method !== undefined;
  return [
    ...duplicates('summary.recipients', summary.recipients),
    ...duplicates('summary.limits.scripts', limits.scripts),
    ...duplicates('summary.extractiveLimits.scripts', extractiveLimits?.scripts ?? []),
    ...(extractive && extractiveLimits === undefined
      ? ['summary.extractiveLimits: is missing; the method can be extractive']
      : []),
    ...(!extractive && extractiveLimits !== undefined
      ? ['summary.extractiveLimits: the method is never extractive']
      : []),
  ];
}

function floorProblems({ attestation: { authorities, products, minTcb } }: Contract): readonly string[] {
  const floors = Object.entries(minTcb ?? {});
  return [
    ...duplicates('attestation.authorities', authorities),
    ...duplicates('attestation.products', products),
    ...(minTcb !== undefined && floors.length === 0 ? ['attestation.minTcb: names no product'] : []),
    ...floors.flatMap(([product, floor]) => {
      const path = `attestation.minTcb.${product}`;
      if (!products.some((allowed) => allowed === product))
        return [`${path}: ${product} is not among attestation.products`];
      if (floor === undefined || Object.keys(floor).length === 0) return [`${path}: names no component`];
      return product !== 'Turin' && floor.fmc !== undefined ? [`${path}.fmc: Turin alone has one`] : [];
    }),
  ];
}

function consentProblems(contract: Contract): readonly string[] {
  const { threshold } = contract.consent;
  if (threshold === 'all' || threshold <= contract.parties.length) return [];
  return [`consent.threshold: ${threshold} of ${contract.parties.length} parties can never be reached`];
}
