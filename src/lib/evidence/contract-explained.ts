// A contract in plain language: what each party agrees to, chapter by chapter.

import { jwkThumbprint } from '../base/bytes/jwk-thumbprint.js';
import type { ParsedContract } from '../contract/check.js';
import { isSharedAuthority } from '../contract/release-policy/lint.js';
import { bitsOfResult, englishCharacters, roundedBits } from '../contract/limits/bound.js';
import type { Contract, TextLimits } from '../contract/schema.js';

export interface Chapter {
  readonly title: string;
  readonly statements: readonly string[];
}

/**
 * What the contract says, chapter by chapter.
 *
 * @param policyHash - of the CCE policy it was bound to; null where not known
 * @param named - digests by which parties that signed named the code themselves
 */
export function explainContract(
  { contract, digest }: ParsedContract,
  policyHash: string | null,
  named: ReadonlyMap<string, readonly string[]> = new Map(),
): readonly Chapter[] {
  return [
    {
      title: `Contract ${contract.name}`,
      statements: [
        ...describeKeyHolders(contract),
        `Digest (SHA-256 of the canonical form): ${digest}.`,
        policyHash === null
          ? 'No CCE policy was given: generate it to see which code this binds to.'
          : `CCE policy: ${policyHash}. It measures this contract's digest, so a room with other limits gets no key.`,
      ],
    },
    { title: 'Who takes part', statements: contract.parties.map(describeParty) },
    { title: 'What runs, and where', statements: describeRoom(contract) },
    { title: 'Who may read what', statements: describeReaders(contract) },
    { title: 'What can come out', statements: describeOutput(contract) },
    { title: 'What must be proven before a key is released', statements: describeAttestation(contract) },
    { title: 'When it is agreed', statements: [describeConsent(contract), ...describeNamed(named)] },
  ];
}

const ROLE_TEXT = {
  host: 'runs the room in its Azure tenant and cannot look inside',
  'data-owner': 'provides text that only the room may read',
  'model-owner': 'provides a model that only the room may read',
  recipient: 'receives the summary',
  auditor: 'may check the evidence',
} as const;

function describeParty(party: Contract['parties'][number]): string {
  return `${party.id} ${party.roles.map((role) => ROLE_TEXT[role]).join('; ')}. Fingerprint of its contract key: ${jwkThumbprint(party.contractKey)}.`;
}

/* What a reader must not miss stands first: who else can have every key. */
function describeKeyHolders({ room }: Contract): readonly string[] {
  return [
    ...(room.trustedWithKeys ?? []).map(
      (name) =>
        `THE CONTAINER ${name} CAN HAVE EVERY KEY of this contract, and with it every text: the sidecar answers every container of the group.`,
    ),
    'The containers of Microsoft’s infrastructure fragment can have every key too, and so can Microsoft’s sidecar.',
  ];
}

function describeRoom({ room, model }: Contract): readonly string[] {
  const { program } = room;
  return [
    `${room.host} runs one confidential ${room.platform === 'aci' ? 'container group' : 'pod on virtual nodes'} in ${room.region}.`,
    'release' in program
      ? `The program is release ${program.release} of this toolkit.`
      : `The program is code that the owners must verify themselves: layers ${program.layers.join(', ')}.`,
    ...room.containers.map(
      ({ name, image }) => `Container ${name} runs the image ${image}, layer by layer as measured.`,
    ),
    room.stdio
      ? 'What the containers print reaches the host.'
      : 'Nothing that the containers print reaches the host.',
    describeModel(model),
  ];
}

function describeModel(model: Contract['model']): string {
  if (!('family' in model))
    return 'No model: sentences of the text are selected and repeated word for word (extractive).';
  const where =
    'dataset' in model ? `sealed as the dataset ${model.dataset}` : `in the image’s layer ${model.layer}`;
  const otherwise =
    model.method === undefined
      ? ''
      : ' If it fails on a text, sentences of the text are selected instead, under their own limits.';
  return `The model is a ${model.family} model with digest ${model.digest}, ${where}; another one is refused.${otherwise}`;
}

function describeReaders({ datasets, parties, summary }: Contract): readonly string[] {
  return [
    ...datasets.map(
      ({ id, owner, kind, key }) =>
        `The ${kind} ${id} of ${owner} is read by the room only; its key ${key.name} is in the vault ${key.vault} of ${owner} and is released to the measured code alone${key.login === undefined ? '' : `, which logs in to tenant ${key.login.tenant} as ${key.login.clientId}`}.`,
    ),
    summary.delivery === 'sealed'
      ? `The summary is sealed to ${summary.recipients.join(', ')}; nobody else can read it.`
      : 'The summary is shown on the room’s page: EVERYONE WHO REACHES THE ROOM CAN READ IT.',
    ...ownersOf(datasets, parties).map(
      (owner) => `If there is no summary, the reason is sealed to ${owner}.`,
    ),
  ];
}

function ownersOf(datasets: Contract['datasets'], parties: Contract['parties']): readonly string[] {
  return parties.map(({ id }) => id).filter((id) => datasets.some(({ owner }) => owner === id));
}

function describeOutput(contract: Contract): readonly string[] {
  const { limits, extractiveLimits } = contract.summary;
  const byModel = 'family' in contract.model;
  const sets = [
    ...(byModel ? [{ head: '', set: limits }] : []),
    ...(extractiveLimits === undefined
      ? []
      : [{ head: byModel ? 'If sentences of the text are selected: ' : '', set: extractiveLimits }]),
  ];
  return [
    describeBound(
      contract,
      sets.map(({ set }) => set),
    ),
    ...sets.flatMap(({ head, set }) => describeLimits(set).map((text) => `${head}${text}`)),
    `At most ${counted(limits.maxResults, 'result')}, ever; a run without a result counts too.`,
    'A receipt, signed by a key that exists in the attested room only, states what was done with which inputs.',
    'A secret model can write anything within these limits: they bound how much leaves, not what.',
  ];
}

/* "at most 900 characters of Latin script a result, 1 result, for contoso: at most 9,500 bits" */
function describeBound({ summary }: Contract, sets: readonly TextLimits[]): string {
  const [widest] = [...sets].sort((a, b) => bitsOfResult(b) - bitsOfResult(a));
  if (widest === undefined) throw new TypeError('a contract has limits');
  const { maxResults } = summary.limits;
  const choice = sets.length > 1 ? 1 : 0;
  const bits = (bitsOfResult(widest) + choice) * maxResults;
  return [
    `At most ${inWords(widest.maxCharacters)} characters of ${widest.scripts.join(', ')} script a result, ${counted(maxResults, 'result')}, for ${summary.recipients.join(', ')}:`,
    `at most ${inWords(roundedBits(bits))} bits. A model made to leak text could hide about ${inWords(englishCharacters(roundedBits(bits)))} characters of English in them.`,
    'Time, memory and traffic, which the host can observe, and one outcome a run are not counted.',
  ].join(' ');
}

function describeLimits(limits: TextLimits): readonly string[] {
  return [
    `At most ${percent(limits.maxShareOfSource)} of the characters of its sources.`,
    `No run of more than ${limits.maxCopiedWords} words copied from a source, and at most ${percent(limits.maxCopiedShare)} of the result in copied runs of three words or more.`,
    `Only if every dataset contains at least ${counted(limits.minDocuments, 'document')} with different words.`,
  ];
}

function describeAttestation({ attestation, trust }: Contract): readonly string[] {
  const floors = attestation.products.map((product) => {
    const floor = Object.entries(attestation.minTcb?.[product] ?? {});
    return floor.length === 0
      ? `No floor on the firmware of ${product}: OLD FIRMWARE WITH KNOWN FAULTS IS ACCEPTED.`
      : `Firmware of ${product} at least ${floor.map(([name, svn]) => `${name} ${svn}`).join(', ')}, at launch and now.`;
  });
  const owned = trust === undefined ? attestation.authorities.filter((name) => !isSharedAuthority(name)) : [];
  return [
    `One of these attestation services confirms it: ${attestation.authorities.join(', ')}.`,
    ...owned.map(
      (name) =>
        `${name} IS NOT A SHARED SERVICE OF MICROSOFT: ITS OWNER CAN MAKE A TOKEN THAT GETS EVERY KEY.`,
    ),
    `An AMD SEV-SNP processor (${attestation.products.join(', ')}), no debugging, no migration, VMPL 0, guest SVN at least ${attestation.guestSvn}.`,
    ...floors,
    `Guest firmware endorsed with SVN at least ${attestation.uvmMinSvn} (checked by verify, not by the HSM).`,
    ...(trust === undefined
      ? []
      : [
          'THIS CONTRACT IS FOR A LOCAL AZURE: its hardware is emulated, and so is the trust of every verdict over it.',
        ]),
  ];
}

function describeConsent({ consent, parties }: Contract): string {
  const { threshold } = consent;
  return threshold === 'all'
    ? `When all ${parties.length} parties have signed it.`
    : `When ${threshold} of its ${parties.length} parties have signed it.`;
}

function describeNamed(named: ReadonlyMap<string, readonly string[]>): readonly string[] {
  return [...named].map(
    ([party, digests]) =>
      `${party} signed, and named the code that it verified itself: ${digests.join(', ')}.`,
  );
}

function counted(count: number, noun: string): string {
  return `${inWords(count)} ${noun}${count === 1 ? '' : 's'}`;
}

function inWords(count: number): string {
  return count.toLocaleString('en-US');
}

export function percent(share: number): string {
  return `${Math.round(share * 1000) / 10} %`;
}
