// What lint can find: every finding has a stable id, and the id decides how grave it is.

export const SEVERITIES = ['note', 'warning', 'error'] as const;
export type Severity = (typeof SEVERITIES)[number];

interface LintRule {
  readonly severity: Severity;
  /** One sentence for the reference. */
  readonly summary: string;
}

function rule(severity: Severity, summary: string): LintRule {
  return { severity, summary };
}

export const LINT_RULES = {
  POLICY_FORM: rule(
    'error',
    'The text is not in the form that policies have, so that nobody can say what it allows.',
  ),
  POLICY_ALLOW_ALL: rule(
    'error',
    'The policy allows everything; its hash is public, and says nothing about what runs.',
  ),
  POINT_ALWAYS_ALLOWED: rule(
    'error',
    'One question of the guest is always answered with yes, whatever the rules say.',
  ),
  POINT_DEFAULT_ALLOWED: rule(
    'error',
    'The declared API version is so old that the guest allows a question by itself.',
  ),
  POINT_MISSING: rule('warning', 'A question of the guest is not answered, and is therefore denied.'),
  VERSION_UNUSABLE: rule(
    'error',
    'A version is missing or ahead of every guest: the rules of the policy do not count.',
  ),
  DUMP_STACKS: rule('error', 'The host may have stacks of the guest dumped, with whatever is on them.'),
  RUNTIME_LOGGING: rule('error', 'The host may switch on the log of the guest agent.'),
  UNENCRYPTED_SCRATCH: rule('error', 'What containers write may lie unencrypted on disks of the host.'),
  PROPERTIES_ACCESS: rule(
    'note',
    'The host may read memory use, processor time and process lists of the guest.',
  ),
  EXTERNAL_PROCESS: rule('error', 'A process may be run in the guest, outside any container.'),
  FRAGMENT_ADDS_CONTAINERS: rule('error', 'Whoever signs as that issuer may add containers later.'),
  FRAGMENT_INFRASTRUCTURE: rule('warning', 'Microsoft may add containers by its infrastructure fragment.'),
  COMMAND_MISSING: rule('error', 'The container has no command, so that no guest will start it.'),
  COMMAND_FETCHES: rule(
    'error',
    'The command fetches code or data when it starts; what it fetches is not measured.',
  ),
  LAYERS_EMPTY: rule('error', 'The container has no layers: any empty overlay would do for it.'),
  PAUSE_UNKNOWN: rule(
    'error',
    'A container passes for the pause container and is not the image that ACI uses.',
  ),
  IMAGE_TAG: rule('warning', 'The image is named by a tag, which may name another image tomorrow.'),
  STDIO_OPEN: rule('error', 'What the container prints reaches the host.'),
  STDIO_OPEN_PAUSE: rule('note', 'What the pause container prints reaches the host; it prints nothing.'),
  EXEC_SHELL: rule('error', 'The host may run a shell inside the container.'),
  EXEC_ALLOWED: rule('warning', 'The host may run a further process inside the container.'),
  PRIVILEGED: rule('error', 'The container may run privileged.'),
  CAPABILITY_DANGEROUS: rule(
    'error',
    'A capability is enough to leave the container or to read other processes.',
  ),
  CAPABILITY_EXTRA: rule('warning', 'The container may have capabilities beyond the usual ones.'),
  USER_ANY: rule('note', 'The host chooses the user that the container runs as.'),
  MOUNT_HOST_CONTENT: rule(
    'error',
    'The host chooses, and may read, what stands at a path in the container.',
  ),
  MOUNT_UNKNOWN: rule('error', 'A mount has a source that is not one of ACI’s volumes.'),
  MOUNT_OVER_CODE: rule('error', 'A mount covers the path of the program that the container runs.'),
  MOUNT_SCRATCH: rule(
    'note',
    'A mount is writable space or the resolver’s configuration, which the platform provides.',
  ),
  ENV_PATTERN_INVALID: rule('error', 'RE2 refuses the pattern of a variable, so that the rule never holds.'),
  ENV_DANGEROUS: rule(
    'error',
    'The host may set a variable that changes what code runs or whom it talks to.',
  ),
  ENV_ANY_NAME: rule('error', 'The host may set a variable of any name.'),
  ENV_OPEN_VALUE: rule('error', 'The host may give a variable any value.'),
  ENV_UNANCHORED: rule(
    'warning',
    'Older guests search for the pattern anywhere, also behind another variable’s name.',
  ),
  ENV_PLATFORM: rule('note', 'The platform may set its own variables to any value.'),
  ENV_PARAMETER: rule('note', 'The host chooses the value of a variable within a pattern.'),
  ENV_OPTIONAL: rule('note', 'The host may leave variables out that have a fixed value.'),
  SECRET_IN_POLICY: rule('error', 'A secret stands in the policy, which everybody can read.'),
  TEXT_LINE_BREAK: rule(
    'note',
    'The text ends with a line break, which is part of its hash; confcom prints some that are not.',
  ),
} as const satisfies Record<string, LintRule>;

export type LintId = keyof typeof LINT_RULES;

export interface Finding {
  readonly id: LintId;
  readonly severity: Severity;
  /** Container it is about; null for the policy as a whole. */
  readonly container: string | null;
  /** What is so, one sentence. */
  readonly message: string;
  /** What the host, or somebody else, may do because of it. */
  readonly example: string;
}

export function finding(id: LintId, container: string | null, message: string, example: string): Finding {
  return { id, severity: LINT_RULES[id].severity, container, message, example };
}

/** Whether a finding of this severity is at least as grave as `floor`. */
export function atLeast(severity: Severity, floor: Severity): boolean {
  return SEVERITIES.indexOf(severity) >= SEVERITIES.indexOf(floor);
}
