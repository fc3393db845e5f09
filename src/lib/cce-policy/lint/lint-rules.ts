// What lint can find: the table of its rules. An id is stable, and decides how grave a finding is.

import type { Severity } from '../../base/verdict/finding.js';

export interface LintRule {
  readonly severity: Severity;
  /** One sentence for the reference. */
  readonly summary: string;
  /** What to do about it, one sentence. */
  readonly remedy: string;
}

function rule(severity: Severity, summary: string, remedy: string): LintRule {
  return { severity, summary, remedy };
}

export const LINT_RULES = {
  POLICY_FORM: rule(
    'error',
    'The text is not in the form of a policy, so what it allows cannot be determined.',
    'Generate the policy with policy generate, and deploy no text whose form is unknown.',
  ),
  POLICY_ALLOW_ALL: rule(
    'error',
    'The policy allows everything; its hash is public, and does not identify what runs.',
    'Generate a policy for the containers that are to run.',
  ),
  POINT_ALWAYS_ALLOWED: rule(
    'error',
    'One question of the guest is always answered with yes, regardless of the rules.',
    'Have the question decided by data.framework.',
  ),
  POINT_DEFAULT_ALLOWED: rule(
    'error',
    'The declared API version is so old that the guest allows a question by itself.',
    'Declare the API version of a text profile, and answer every question of it.',
  ),
  POINT_MISSING: rule(
    'warning',
    'A question of the guest is not answered, and is therefore denied.',
    'Answer it by data.framework if the room needs it.',
  ),
  VERSION_UNUSABLE: rule(
    'error',
    'A version is missing or ahead of every guest: the rules of the policy do not count.',
    'Declare the versions of a text profile.',
  ),
  DUMP_STACKS: rule(
    'error',
    'The host may have stacks of the guest dumped, with whatever is on them.',
    'Set allow_dump_stacks to false; generate without --debug-mode.',
  ),
  RUNTIME_LOGGING: rule(
    'error',
    'The host may switch on the log of the guest agent.',
    'Set allow_runtime_logging to false; generate without --debug-mode.',
  ),
  UNENCRYPTED_SCRATCH: rule(
    'error',
    'The containers’ data may be unencrypted on disks of the host.',
    'Set allow_unencrypted_scratch to false.',
  ),
  PROPERTIES_ACCESS: rule(
    'note',
    'The host may read memory use, processor time and process lists of the guest.',
    'Set allow_properties_access to false where no monitoring is needed.',
  ),
  EXTERNAL_PROCESS: rule(
    'error',
    'A process may be run in the guest, outside any container.',
    'Remove external_processes.',
  ),
  HOST_NETWORK: rule(
    'error',
    'Containers may use the network of the guest agent.',
    'Set allow_host_network to false.',
  ),
  FRAGMENT_ADDS_CONTAINERS: rule(
    'error',
    'The signer under that issuer may add containers later.',
    'Remove the import, or agree on its signer as on code.',
  ),
  FRAGMENT_INFRASTRUCTURE: rule(
    'warning',
    'Microsoft may add containers by its infrastructure fragment.',
    'Leave it where ACI’s own sidecars are needed; else generate with --exclude-default-fragments.',
  ),
  FRAGMENT_INCLUDES: rule(
    'error',
    'A fragment may bring more than containers and fragments.',
    'Include containers and fragments only.',
  ),
  PLATFORM_RULES: rule(
    'warning',
    'Variables and mounts are added to every container, regardless of its own rules.',
    'Write them into the containers that need them.',
  ),
  TRUST_LIST_BROAD: rule(
    'warning',
    'A list of ledgers’ keys may speak for any ledger, or be of any version.',
    'Name the ledgers, and the list’s present SVN.',
  ),
  FRAGMENT_SVN_LOW: rule(
    'error',
    'A fragment may be older than the oldest that is known to be safe.',
    'Raise minimum_svn to the fragment’s present SVN.',
  ),
  FRAGMENT_ISSUER_BROAD: rule(
    'error',
    'Every certificate under an authority may sign the fragment.',
    'Name the signer by did:x509 with an eku or a subject.',
  ),
  FRAGMENT_TWICE: rule(
    'warning',
    'One feed is imported several times, and the loosest import counts.',
    'Keep one import a feed.',
  ),
  CONTRACT_NOT_PINNED: rule(
    'error',
    'A container that runs the contract’s program may run without the contract.',
    'Give every container of that image the digest as an exact, required rule.',
  ),
  CONTRACT_SEVERAL: rule(
    'error',
    'The policy names several contracts, and the host chooses.',
    'Generate the policy from one contract.',
  ),
  SIDECAR_SHARED: rule(
    'error',
    'A further container may ask the sidecar for the keys.',
    'Remove the container, or have the contract name it in room.trustedWithKeys.',
  ),
  CONTAINER_NAME_TWICE: rule(
    'warning',
    'Two containers have one name.',
    'Give each container a name of its own.',
  ),
  COMMAND_MISSING: rule(
    'error',
    'The container has no command, so that no guest will start it.',
    'Give the container a command, or use an image with an entrypoint.',
  ),
  COMMAND_FETCHES: rule(
    'error',
    'The command fetches code or data when it starts; what it fetches is not measured.',
    'Bring code and data in the image.',
  ),
  COMMAND_OPEN: rule(
    'error',
    'The container runs a shell or an interpreter without a fixed program.',
    'Name a program that is in the image.',
  ),
  INSPECTOR: rule('error', 'A debugger is opened in a program that handles secrets.', 'Remove the option.'),
  LAYERS_EMPTY: rule(
    'error',
    'The container has no layers: any empty overlay matches it.',
    'Generate the policy from the image.',
  ),
  LAYER_NO_HASH: rule(
    'error',
    'A layer is not a dm-verity root hash: the measuring tool wrote something else.',
    'Generate the policy from the image.',
  ),
  PAUSE_UNKNOWN: rule(
    'error',
    'A container is named as the pause container and is not the image that ACI uses.',
    'Use the pause container that policy generate writes.',
  ),
  IMAGE_TAG: rule(
    'warning',
    'The image is named by a tag, which may name another image tomorrow.',
    'Name the image by digest.',
  ),
  STDIO_OPEN: rule('error', 'What the container prints reaches the host.', 'Generate with --disable-stdio.'),
  STDIO_OPEN_PAUSE: rule(
    'note',
    'What the pause container prints reaches the host; it prints nothing.',
    'Generate with --disable-stdio.',
  ),
  EXEC_SHELL: rule(
    'error',
    'The host may run a shell inside the container.',
    'Remove the exec process, or probe by HTTP.',
  ),
  EXEC_INTERPRETER: rule(
    'error',
    'The host may run an interpreter with code of its own, or code among the arguments.',
    'Remove the exec process, or run a script of the image without options.',
  ),
  EXEC_PROCESS_MEMORY: rule(
    'error',
    'The host may run a process that reaches into other processes by /proc.',
    'Remove the exec process.',
  ),
  EXEC_ALLOWED: rule(
    'warning',
    'The host may run a further process inside the container.',
    'Remove the exec process, or probe by HTTP; accept it once its program has been read.',
  ),
  PRIVILEGED: rule('error', 'The container may run privileged.', 'Set privileged to false.'),
  CAPABILITY_DANGEROUS: rule(
    'error',
    'A capability is enough to leave the container or to read other processes.',
    'Drop the capability.',
  ),
  CAPABILITY_EXTRA: rule(
    'warning',
    'The container may have capabilities beyond the usual ones.',
    'Drop the capability.',
  ),
  USER_ANY: rule(
    'note',
    'The host chooses the user that the container runs as.',
    'Set runAsUser, or a user in the image.',
  ),
  ROOT_WITH_PRIVILEGES: rule(
    'warning',
    'The container may run as root, with capabilities, and gain privileges.',
    'Set runAsUser and allowPrivilegeEscalation: false, or drop the capabilities.',
  ),
  UMASK_OPEN: rule(
    'warning',
    'What the container writes may be changed by its other users.',
    'Use the umask 0022.',
  ),
  MOUNT_HOST_CONTENT: rule(
    'error',
    'The host chooses, and may read, the content of a path in the container.',
    'Bring the content in the image, or read it sealed and check it.',
  ),
  MOUNT_UNKNOWN: rule(
    'error',
    'A mount has a source that is not one of ACI’s volumes.',
    'Mount one of ACI’s volumes.',
  ),
  MOUNT_OVER_CODE: rule(
    'error',
    'A mount covers the path of the program that the container runs.',
    'Mount where no code is.',
  ),
  MOUNT_OVER_TRUST: rule(
    'error',
    'A mount covers files that decide whom the program trusts: TLS roots, names, users.',
    'Mount elsewhere, and bring the file in the image.',
  ),
  MOUNT_OVER_SYSTEM: rule(
    'error',
    'A mount covers the kernel’s view of processes and devices.',
    'Mount elsewhere.',
  ),
  MOUNT_TWICE: rule(
    'error',
    'One place may be mounted in several ways, and the host chooses.',
    'Keep one mount a place.',
  ),
  MOUNT_SCRATCH: rule(
    'note',
    'A mount is writable space or the resolver’s configuration, which the platform provides.',
    'Nothing, where only what the container wrote itself is read back.',
  ),
  ENV_PATTERN_INVALID: rule(
    'error',
    'RE2 refuses the pattern of a variable, so the rule never matches.',
    'Write a pattern that RE2 accepts.',
  ),
  ENV_DANGEROUS: rule(
    'error',
    'The host may set a variable that changes what code runs or whom it talks to.',
    'Fix the variable to a value, or write a pattern that does not take the name.',
  ),
  ENV_DANGEROUS_VALUE: rule(
    'error',
    'A variable that changes what code runs or whom it talks to has a value that is not known to be harmless.',
    'Remove the variable, or accept the value once it has been read.',
  ),
  ENV_REOPENED: rule(
    'error',
    'A variable with a fixed value may be set again, by a pattern.',
    'Remove the pattern, or make it exclude the name.',
  ),
  ENV_ANY_NAME: rule(
    'error',
    'The host may set a variable of any name.',
    'Name the variable in the pattern.',
  ),
  ENV_OPEN_VALUE: rule(
    'error',
    'The host may give a variable any value.',
    'Bound the value by characters and length.',
  ),
  ENV_OPEN_END: rule(
    'error',
    'A pattern is not closed at its end, so that anything may follow.',
    'End the pattern with an unescaped $, and without (?m).',
  ),
  ENV_UNDECIDED: rule(
    'error',
    'A pattern is too large to search, so what it accepts cannot be determined.',
    'Write a shorter pattern.',
  ),
  ENV_TWICE: rule(
    'warning',
    'A variable has several rules, and the host chooses one or sets it twice.',
    'Keep one rule a variable.',
  ),
  ENV_UNANCHORED: rule(
    'warning',
    'Older guests search for the pattern anywhere, also behind another variable’s name.',
    'Put ^ before the pattern and $ behind it.',
  ),
  ENV_PLATFORM: rule(
    'note',
    'The platform may set its own variables to any value.',
    'Nothing; have the program believe none of these.',
  ),
  ENV_PARAMETER: rule(
    'note',
    'The host chooses the value of a variable within a pattern.',
    'Fix the value if it decides anything.',
  ),
  ENV_OPTIONAL: rule(
    'note',
    'The host may leave variables out that have a fixed value.',
    'Make the rule required if the program depends on it.',
  ),
  SECRET_IN_POLICY: rule(
    'error',
    'The policy contains a secret, and everybody can read it.',
    'Remove the secret, renew it, and give it as a parameter.',
  ),
  SECRET_POSSIBLE: rule(
    'warning',
    'A value looks like a key, and may be a digest.',
    'Remove it if it is a key; accept the finding if it is a digest.',
  ),
  TEXT_LINE_BREAK: rule(
    'note',
    'The text ends with a line break, which is part of its hash; confcom prints some that are not.',
    'Write the text without it.',
  ),
} as const satisfies Record<string, LintRule>;

export type LintId = keyof typeof LINT_RULES;
