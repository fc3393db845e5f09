// A contract in plain language: what each party agrees to, chapter by chapter.

import type { ParsedContract } from '../contract/check.js';
import type { Contract } from '../contract/schema.js';

export interface Chapter {
  readonly title: string;
  readonly statements: readonly string[];
}

/** What the contract says, chapter by chapter. `policyHash`: of the CCE policy it was bound to; null where not known. */
export function explainContract(
  { contract, digest }: ParsedContract,
  policyHash: string | null,
): readonly Chapter[] {
  return [
    {
      title: `Contract ${contract.name}`,
      statements: [
        `Digest (SHA-256 of the canonical form): ${digest}.`,
        policyHash === null
          ? 'No CCE policy was given: generate it to see which code this binds to.'
          : `CCE policy: ${policyHash}. It measures this contract's digest, so no limit below can be changed without losing the keys.`,
      ],
    },
    { title: 'Who takes part', statements: contract.parties.map(describeParty) },
    { title: 'What runs, and where', statements: describeRoom(contract) },
    { title: 'Who may read what', statements: describeReaders(contract) },
    { title: 'What can come out', statements: describeOutput(contract) },
    { title: 'What must hold before a key is released', statements: describeAttestation(contract) },
    { title: 'When it is agreed', statements: [describeConsent(contract)] },
  ];
}

const ROLE_TEXT = {
  host: 'runs the room in its Azure tenant and cannot look inside',
  'data-owner': 'brings text that nobody else may read',
  'model-owner': 'brings a model that nobody else may read',
  recipient: 'receives the summary',
  auditor: 'may check the evidence',
} as const;

function describeParty(party: Contract['parties'][number]): string {
  return `${party.id} ${party.roles.map((role) => ROLE_TEXT[role]).join('; ')}.`;
}

function describeRoom({ room, model }: Contract): readonly string[] {
  return [
    `${room.host} runs one confidential container group in ${room.region}.`,
    ...room.containers.map(
      ({ name, image }) => `Container ${name} runs the image ${image}, layer by layer as measured.`,
    ),
    room.stdio
      ? 'What the containers print reaches the host.'
      : 'Nothing that the containers print reaches the host.',
    'dataset' in model
      ? `The model is the sealed dataset ${model.dataset}.`
      : 'method' in model
        ? 'No model: sentences are picked from the text and repeated word for word (extractive).'
        : `The model is a ${model.family} model with digest ${model.digest}; another one is refused.`,
  ];
}

function describeReaders({ datasets, summary }: Contract): readonly string[] {
  return [
    ...datasets.map(
      ({ id, owner, kind, key }) =>
        `The ${kind} ${id} of ${owner} is read by the room only; its key stays in ${key.vault} and is released to the measured code alone${key.login === undefined ? '' : `, which logs in to tenant ${key.login.tenant} as ${key.login.clientId}`}.`,
    ),
    summary.delivery === 'sealed'
      ? `The summary is sealed to ${summary.recipients.join(', ')}; nobody else can read it.`
      : 'The summary is shown on the room’s page: WHOEVER REACHES THE ROOM CAN READ IT.',
  ];
}

function describeOutput({ summary: { limits } }: Contract): readonly string[] {
  return [
    `A summary of at most ${limits.maxTokens} tokens, and at most ${percent(limits.maxShareOfSource)} of the length of its source.`,
    `No run of more than ${limits.maxVerbatimTokens} words copied from the source.`,
    `Only where a dataset holds at least ${limits.minDocuments} document${limits.minDocuments === 1 ? '' : 's'}.`,
    `At most ${limits.maxResults} distinct set${limits.maxResults === 1 ? '' : 's'} of inputs, ever.`,
    'A receipt, signed by a key that exists in the attested room only, says what was done with which inputs.',
  ];
}

function describeAttestation({ attestation, trust }: Contract): readonly string[] {
  return [
    `One of these attestation services says so: ${attestation.authorities.join(', ')}.`,
    `An AMD SEV-SNP processor (${attestation.products.join(', ')}), no debugging, no migration, VMPL 0, guest SVN at least ${attestation.guestSvn}.`,
    `Guest firmware endorsed with SVN at least ${attestation.uvmMinSvn} (checked by verify, not by the HSM).`,
    ...(trust === undefined
      ? []
      : ['THIS CONTRACT IS FOR A LOCAL AZURE: its hardware is emulated, and every verdict over it says so.']),
  ];
}

function describeConsent({ consent, parties }: Contract): string {
  const { threshold } = consent;
  return threshold === 'all'
    ? `When all ${parties.length} parties have signed it.`
    : `When ${threshold} of its ${parties.length} parties have signed it.`;
}

function percent(share: number): string {
  return `${Math.round(share * 1000) / 10} %`;
}
