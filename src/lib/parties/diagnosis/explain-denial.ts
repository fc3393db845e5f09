// Why the guest agent denied a start: each of its words explained, and compared with the policy that is meant to run.

import type { PolicyDenial } from '../../cce-policy/read/denial.js';
import type { ContainerRule } from '../../cce-policy/policy-document.js';
import type { KnownPolicy } from '../../cce-policy/read/policy-model.js';
import type { ClaimComparison, Diagnosis, References } from './diagnosis.js';

interface Explained {
  readonly error: RegExp;
  readonly why: string;
}

/* The framework's own words (hcsshim framework.rego) and what each means. */
const EXPLAINED: readonly Explained[] = [
  {
    error: /eval_conflict_error|complete rules must not produce multiple outputs/i,
    why: 'Two rules of the policy decide the same question in different ways, as two imports of one fragment that include different parts do: the guest then denies.',
  },
  {
    error: /rego_\w+_error|unable to (?:load|execute|compile)|Security policy is (?:either )?not valid/i,
    why: 'The guest could not evaluate the policy itself, so that it denies everything that asks it. Its text is not what a generator writes, or is for a newer guest.',
  },
  {
    error: /deviceHash not found/i,
    why: 'A layer that the host mounts is in no container of the policy: the image is another one than the policy was made from (a tag that moved, another registry copy), or the policy is an older one.',
  },
  {
    error: /no overlay|no matching containers for overlay|layers/i,
    why: 'The mounted layers are not, in this order, those of one container of the policy.',
  },
  {
    error: /invalid command/i,
    why: 'The command that is to start is not the one in the policy, word by word.',
  },
  {
    error: /invalid env list/i,
    why: 'A variable is set that no rule of the policy allows, or one that a rule requires is missing or has another value.',
  },
  { error: /invalid working directory/i, why: 'The working directory is not the one in the policy.' },
  { error: /invalid user/i, why: 'The user, group or umask is not the one in the policy.' },
  {
    error: /invalid mount list/i,
    why: 'A mount is asked for that the policy does not have: another path, source or option.',
  },
  { error: /privileged escalation/i, why: 'A privileged container is asked for; the policy has none.' },
  { error: /invalid noNewPrivileges/i, why: 'The container may gain privileges; the policy forbids it.' },
  { error: /invalid seccomp/i, why: 'The seccomp profile is not the one whose hash is in the policy.' },
  { error: /capabilities/i, why: 'The capabilities are not those in the policy.' },
  { error: /devices not supported/i, why: 'A device is asked for; confidential groups get none.' },
  {
    error: /container(?:s)? only distinguishable/i,
    why: 'Two containers of the policy fit and differ in what they may do; the guest does not choose.',
  },
  {
    error: /container already started|already exists/i,
    why: 'The host asks a second time for the same thing.',
  },
  {
    error: /fragment (?:svn|issuer|feed)|invalid fragment|fragment/i,
    why: 'A fragment of the platform is not signed by the issuer, of the feed or as new as the policy demands.',
  },
  {
    error: /api_version is missing|api version/i,
    why: 'The policy does not state the version of the interface that it answers; every request is denied.',
  },
  { error: /denied by policy|rule is missing/i, why: 'The policy does not answer this question at all.' },
];

const DOING: Readonly<Record<string, string>> = {
  create_container: 'to start a container',
  mount_device: 'to mount an image layer',
  mount_overlay: 'to put the layers of a container together',
  exec_in_container: 'to run a command inside a running container',
  exec_external: 'to run a command in the utility VM',
  rw_mount_device: 'to mount scratch space',
  scratch_mount: 'to mount scratch space',
  load_fragment: 'to load a fragment of the platform',
  shutdown_container: 'to stop a container',
  signal_container_process: 'to signal a process',
  get_properties: 'to read properties of the utility VM',
  dump_stacks: 'to dump the stacks of the utility VM',
  runtime_logging: 'to read the log of the utility VM',
};

/** Explains one denial. */
export function explainDenial(denial: PolicyDenial, references: References): Diagnosis {
  const errors = denial.errors.map(withoutValues);
  const rule = denial.rule ?? (denial.complete ? 'a rule that it does not name' : 'a rule that was cut off');
  const compared = references.policy === null ? [] : compareWithPolicy(denial, references.policy);
  return {
    kind: 'policy-denial',
    code: 'POLICY_DENIED',
    what: `The guest agent refused ${DOING[rule] ?? 'what the host asked for'} (${rule}): ${errors.join('; ') || (denial.complete ? 'no reason was given' : 'the reason was cut off')}.`,
    why: [
      ...explainErrors(errors),
      ...explainRule(denial),
      ...notesOnForm(denial),
      ...explainComparison(denial, compared),
    ],
    fix: fixesFor(denial, references, compared),
    claims: compared,
  };
}

function explainErrors(errors: readonly string[]): readonly string[] {
  const found = errors.flatMap((error) => {
    const known = EXPLAINED.find((candidate) => candidate.error.test(error));
    return known === undefined ? [] : [known.why];
  });
  return [...new Set(found)];
}

function explainRule({ rule }: PolicyDenial): readonly string[] {
  if (rule === 'exec_in_container' || rule === 'exec_external')
    return [
      'This is intended: the policy allows no commands from outside, because exec would let the host look in.',
    ];
  if (rule === 'get_properties' || rule === 'dump_stacks' || rule === 'runtime_logging')
    return ['The policy keeps the inside of the utility VM from the host on purpose.'];
  return [];
}

function notesOnForm({ truncated, complete }: PolicyDenial): readonly string[] {
  return [
    ...(truncated.length === 0
      ? []
      : [
          `The guest left out ${truncated.join(' and ')} for want of space; what it compared is not in this text.`,
        ]),
    ...(complete ? [] : ['The decision was cut off on its way; this is what came before the cut.']),
  ];
}

function compareWithPolicy(denial: PolicyDenial, policy: KnownPolicy): readonly ClaimComparison[] {
  const { input } = denial;
  switch (denial.rule) {
    case 'mount_device':
      return typeof input['deviceHash'] === 'string' ? [compareLayer(input['deviceHash'], policy)] : [];
    case 'create_container':
      return policy.containers.flatMap((container) => compareContainer(denial, container));
    default:
      return [];
  }
}

function compareLayer(hash: string, { containers }: KnownPolicy): ClaimComparison {
  const holder = containers.find(({ layers }) => layers.includes(hash));
  const count = containers.reduce((sum, { layers }) => sum + layers.length, 0);
  return {
    claim: 'deviceHash',
    expected:
      holder === undefined ? `one of the ${count} layers of the policy` : `a layer of ${nameOf(holder)}`,
    actual: hash,
    holds: holder !== undefined,
    from: 'policy',
  };
}

/* Only what the guest named as wrong, and only where the denial still holds it. */
function compareContainer(
  { errors, input }: PolicyDenial,
  container: ContainerRule,
): readonly ClaimComparison[] {
  const wrong = (pattern: RegExp): boolean => errors.some((error) => pattern.test(error));
  const name = nameOf(container);
  const compared: ClaimComparison[] = [];
  const command = input['argList'];
  if (wrong(/invalid command/i) && Array.isArray(command)) {
    const expected = JSON.stringify(container.command ?? []);
    const actual = JSON.stringify(command).slice(0, 1000);
    compared.push({ claim: `${name} command`, expected, actual, holds: expected === actual, from: 'policy' });
  }
  const directory = input['workingDir'];
  if (wrong(/working directory/i) && typeof directory === 'string') {
    const expected = container.working_dir;
    compared.push({
      claim: `${name} working directory`,
      expected,
      actual: directory,
      holds: expected === directory,
      from: 'policy',
    });
  }
  const environment = input['envList'];
  if (wrong(/env list/i) && Array.isArray(environment))
    compared.push(
      compareVariables(
        name,
        container,
        environment.map((entry) => nameOfVariable(String(entry))),
      ),
    );
  return compared;
}

/* Values are redacted by the guest, so names are what can be compared. */
function compareVariables(
  name: string,
  container: ContainerRule,
  variables: readonly string[],
): ClaimComparison {
  const literal = container.env_rules.filter(({ strategy }) => strategy === 'string');
  const required = literal.filter((rule) => rule.required).map(({ pattern }) => nameOfVariable(pattern));
  const missing = required.filter((variable) => !variables.includes(variable));
  const known = new Set(container.env_rules.map(({ pattern }) => nameOfVariable(pattern)));
  const unknown = variables.filter((variable) => !known.has(variable)).slice(0, 20);
  return {
    claim: `${name} environment`,
    expected: `the required ${required.join(', ') || 'none'}`,
    actual: `${missing.length === 0 ? 'none missing' : `missing ${missing.join(', ')}`}; without a literal rule: ${unknown.join(', ') || 'none'}`,
    holds: missing.length === 0 && unknown.length === 0,
    from: 'policy',
  };
}

function explainComparison({ rule }: PolicyDenial, compared: readonly ClaimComparison[]): readonly string[] {
  if (compared.length === 0 || !compared.some(({ holds }) => holds)) return [];
  return rule === 'mount_device'
    ? ['The policy given has this layer: the group was deployed with another policy than this one.']
    : ['The policy given allows this: the group was deployed with another policy than this one.'];
}

function fixesFor(
  { rule }: PolicyDenial,
  { names }: References,
  compared: readonly ClaimComparison[],
): readonly string[] {
  if (rule === 'exec_in_container' || rule === 'exec_external') return ['Nothing: do not allow it.'];
  const deploy = `cleanroom deploy -f ${names.contract} --policy ${names.policy}`;
  if (compared.some(({ holds }) => holds)) return [deploy];
  return [
    `cleanroom verify-policy -f ${names.contract} --policy ${names.policy}`,
    `cleanroom policy generate -f ${names.contract} --out ${names.policy}`,
    `${deploy} (a new policy has a new hash: each owner encrypts again, so that its key is bound to it)`,
  ];
}

function nameOf({ name, id }: ContainerRule): string {
  return name ?? id ?? 'container';
}

function nameOfVariable(entry: string): string {
  const at = entry.indexOf('=');
  return at === -1 ? entry : entry.slice(0, at);
}

/* Older guests quote variables with their values. */
function withoutValues(error: string): string {
  return /env list/i.test(error)
    ? error.replace(/([A-Za-z_][\w.()?]*)=[^,\]]*/g, '$1=…')
    : error.slice(0, 500);
}
