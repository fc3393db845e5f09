// A policy in plain language, for somebody who reads contracts and not code.

import type { ContainerRule, EnvironmentRule, FragmentImport } from '../policy-document.js';
import { isPause } from '../lint/container-findings.js';
import { containerLabel } from '../lint/container-label.js';
import { lintPolicy } from '../lint/lint-policy.js';
import { isAllowAll } from '../read/allow-all.js';
import type { KnownPolicy, PolicyModel } from '../read/policy-model.js';
import { INFRASTRUCTURE_FEED, INFRASTRUCTURE_ISSUER, INJECTED_ENVIRONMENT } from '../text/defaults.js';

/** Sections of whole sentences: what runs, what it may be given, what can come out, who may change it, what is unsafe. */
export function explainPolicy(model: PolicyModel): string {
  if (model.form === 'unknown') {
    return [
      'This text cannot be explained.',
      `It is not in the form in which such policies are written (${model.problem}). Whatever it allows, nobody should`,
      'entrust data to a room under it.',
    ].join('\n');
  }
  if (isAllowAll(model)) {
    return [
      'This policy allows everything.',
      'The operator of the machine may run any program on the data, watch it, and change it while it runs. The policy',
      'protects nothing, and its fingerprint proves nothing.',
    ].join('\n');
  }
  return [
    section('Fingerprint', [
      `The policy’s fingerprint is ${model.hash}.`,
      'The processor signs this fingerprint together with the state of the machine, so a room under another policy is detected.',
    ]),
    section('What runs', model.containers.map(explainProgram)),
    section('What it may be given', [
      ...model.containers.flatMap(explainInputs),
      ...explainPlatformRules(model),
    ]),
    section('What can come out', explainOutputs(model)),
    section('Who may add to it', [...explainFragments(model.fragments), ...explainLedgers(model)]),
    section('What is unsafe', explainFindings(model)),
  ].join('\n\n');
}

function section(title: string, sentences: readonly string[]): string {
  return [title, ...sentences.map((sentence) => `  - ${sentence}`)].join('\n');
}

function explainProgram(container: ContainerRule, index: number): string {
  const label = containerLabel(container, index);
  if (isPause(container))
    return `${label}: Azure’s own pause program, which only keeps the room’s namespaces.`;
  const command =
    container.command === null
      ? 'no command, so it never starts'
      : `the command “${container.command.join(' ')}”`;
  const image = container.id === undefined ? '' : ` from the image ${container.id}`;
  const layers = container.layers.length;
  return `${label}: ${command}${image}. The ${layers === 1 ? 'one layer' : `${layers} layers`} of the image must have exactly the content that was measured; one changed file and it does not start.`;
}

function explainInputs(container: ContainerRule, index: number): readonly string[] {
  if (isPause(container)) return [];
  const label = containerLabel(container, index);
  return [...explainVariables(container.env_rules, label), ...explainMounts(container, label)];
}

const PLATFORM: readonly string[] = INJECTED_ENVIRONMENT.flatMap(({ pattern }) => [pattern, `^${pattern}$`]);

function explainVariables(rules: readonly EnvironmentRule[], label: string): readonly string[] {
  const own = rules.filter(({ pattern }) => !PLATFORM.includes(pattern));
  const names = (list: readonly EnvironmentRule[]): string =>
    list.map(({ pattern }) => pattern.replace(/^\^(?:\(\?:)?/, '').split('=')[0] ?? '').join(', ');
  const fixed = own.filter(({ strategy, required }) => strategy === 'string' && required);
  const optional = own.filter(({ strategy, required }) => strategy === 'string' && !required);
  const open = own.filter(({ strategy }) => strategy === 're2');
  return [
    ...(fixed.length > 0
      ? [`${label} must be given these settings with exactly the agreed values: ${names(fixed)}.`]
      : []),
    ...(optional.length > 0
      ? [`${label} has these settings with the agreed values, or not at all: ${names(optional)}.`]
      : []),
    ...(open.length > 0
      ? [`The operator chooses, within a fixed form: ${names(open)} of ${label}.`]
      : [`The operator chooses no setting of ${label}.`]),
    ...(own.length < rules.length
      ? [`Azure may add settings of its own to ${label}, such as the name of the machine.`]
      : []),
  ];
}

function explainMounts(container: ContainerRule, label: string): readonly string[] {
  return container.mounts.map(({ destination, options }) =>
    destination === '/etc/resolv.conf'
      ? `${label} asks the name server that the operator provides.`
      : `${label} has a folder of the operator’s at ${destination}, which it may ${options.includes('ro') ? 'only read' : 'read and write'}.`,
  );
}

function explainOutputs(model: KnownPolicy): readonly string[] {
  const containers = model.containers.flatMap((container, index) => {
    if (isPause(container)) return [];
    const label = containerLabel(container, index);
    const exec = container.exec_processes.map(({ command }) => command.join(' '));
    return [
      container.allow_stdio_access
        ? `Whatever ${label} prints can be read by the operator.`
        : `What ${label} prints cannot be read by the operator.`,
      exec.length > 0
        ? `The operator may run in ${label}: ${exec.join('; ')}.`
        : `The operator cannot run anything else in ${label}.`,
    ];
  });
  const yes = (flag: boolean | undefined): string => (flag === true ? 'may' : 'cannot');
  return [
    ...containers,
    `The operator ${yes(model.flags.allow_dump_stacks)} read stacks of the machine, ${yes(model.flags.allow_runtime_logging)} read its internal log, and ${yes(model.flags.allow_properties_access)} see memory and processor use.`,
    model.flags.allow_unencrypted_scratch === true
      ? 'Temporary files may lie unencrypted on the operator’s disks.'
      : 'Temporary files are encrypted on the operator’s disks.',
    ...(model.flags.allow_host_network === true
      ? ['Programs may use the network of the machine itself, beside its own agent.']
      : []),
    'Network connections are not limited by this policy: what the program sends, and to whom, is decided by its code.',
  ];
}

function explainFragments(fragments: readonly FragmentImport[]): readonly string[] {
  if (fragments.length === 0) return ['Nothing can be added to it.'];
  return fragments.map(({ issuer, feed, minimum_svn, includes, parameters, required_receipts = [] }) => {
    const isMicrosoft = issuer === INFRASTRUCTURE_ISSUER && feed === INFRASTRUCTURE_FEED;
    const demanded = receiptsDemanded(required_receipts);
    const who = isMicrosoft ? 'Microsoft, for Azure’s own helper programs,' : `The signer ${issuer}`;
    const filled =
      parameters === undefined ? '' : `, with ${Object.keys(parameters).join(', ')} fixed by this policy`;
    return `${who} may add ${includes.join(' and ')} (${feed}, version ${minimum_svn} or later${filled})${demanded}.`;
  });
}

function receiptsDemanded(receipts: readonly string[]): string {
  if (receipts.length === 0) return '';
  const names = receipts.map((receipt) =>
    receipt === '*'
      ? 'any known ledger'
      : receipt.startsWith('TTL:')
        ? `a ledger of ${receipt.slice(4)}`
        : receipt,
  );
  return `, once it is in the public ledger: ${names.join(' and ')}`;
}

function explainLedgers({ trustLists }: KnownPolicy): readonly string[] {
  return trustLists.map(
    ({ issuer, subject, allowed_ledgers }) =>
      `Keys of ${allowed_ledgers.includes('*') ? 'any ledger' : allowed_ledgers.join(', ')} are taken from the list ${subject} that ${issuer} signs.`,
  );
}

function explainPlatformRules({ platformRules }: KnownPolicy): readonly string[] {
  return platformRules.map(({ env_rules, mounts }) => {
    const added = [
      ...env_rules.map(({ pattern }) => pattern),
      ...mounts.map(({ destination }) => destination),
    ];
    return `Every program may be given besides: ${added.join(', ') || 'nothing'}.`;
  });
}

function explainFindings(model: KnownPolicy): readonly string[] {
  const grave = lintPolicy(model).filter(({ severity }) => severity !== 'note');
  if (grave.length === 0) return ['Nothing that is known to be unsafe was found.'];
  return grave.map(
    ({ severity, id, example }) =>
      `${severity === 'error' ? 'Unsafe' : 'To be weighed'}: ${example} (${id}).`,
  );
}
