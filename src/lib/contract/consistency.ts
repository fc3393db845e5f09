// What the schema cannot say: that the parts of a contract refer to each other and do not contradict.

import type { Contract } from './schema.js';
import { isOnP256 } from './curve.js';

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
    ...roomProblems(contract),
    ...ownerProblems(contract),
    ...loginProblems(contract),
    ...recipientProblems(contract),
    ...modelProblems(contract),
    ...consentProblems(contract),
  ];
}

function duplicates(path: string, ids: readonly string[]): readonly string[] {
  return ids.flatMap((id, index) =>
    ids.indexOf(id) === index ? [] : [`${path}[${index}]: a second one named ${id}`],
  );
}

function keyProblems({ parties }: Contract): readonly string[] {
  return parties.flatMap(({ contractKey, resultKey }, index) =>
    [
      ['contractKey', contractKey] as const,
      ...(resultKey === undefined ? [] : [['resultKey', resultKey] as const]),
    ].flatMap(([name, { x, y }]) =>
      isOnP256(x, y) ? [] : [`parties[${index}].${name}: its coordinates are no point of P-256`],
    ),
  );
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
  for (const name of ['summarizer', 'skr']) {
    if (!room.containers.some((container) => container.name === name))
      problems.push(`room.containers: none is named ${name}`);
  }
  if (room.ports.includes(room.sidecarPort))
    problems.push('room.ports: the sidecar must not be reachable from outside the group');
  return problems;
}

function ownerProblems(contract: Contract): readonly string[] {
  return contract.datasets.flatMap((dataset, index) => {
    const role = dataset.kind === 'model' ? 'model-owner' : 'data-owner';
    return hasRole(contract, dataset.owner, role)
      ? []
      : [`datasets[${index}].owner: ${dataset.owner} is not a party with the role ${role}`];
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
  if (!datasets.some((dataset) => dataset.kind === 'text')) problems.push('datasets: none is of kind text');
  return problems;
}

function consentProblems(contract: Contract): readonly string[] {
  const { threshold } = contract.consent;
  if (threshold === 'all' || threshold <= contract.parties.length) return [];
  return [`consent.threshold: ${threshold} of ${contract.parties.length} parties can never be had`];
}
