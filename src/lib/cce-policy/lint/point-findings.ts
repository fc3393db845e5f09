// Findings about the guest's questions, versions and switches.

import { API, GUEST_FRAMEWORK_VERSION, type GuestQuestion } from '../read/guest-questions.js';
import type { PolicyFlag } from '../policy-document.js';
import type { KnownPolicy } from '../read/policy-model.js';
import { compareVersions } from '../read/versions.js';
import { ENFORCEMENT_POINTS } from '../text/text-profile.js';
import { type Finding, finding } from './finding.js';
import type { LintId } from './lint-rules.js';

/* What a host does once a question is always answered with yes. */
const EXAMPLES: Partial<Record<GuestQuestion, string>> = {
  mount_device: 'the host may mount a disk with any content as a layer',
  rw_mount_device: 'the host may mount an unencrypted writable disk',
  mount_overlay: 'the host may stack layers that belong to no container of the policy',
  create_container: 'the host may start any command with any environment',
  exec_in_container: 'the host may run /bin/sh in a running container',
  exec_external: 'the host may run a process in the guest, outside every container',
  load_fragment: 'a fragment of any signer is loaded, and adds any container',
  plan9_mount: 'the host may share a directory of its own into a container',
  dump_stacks: 'the host may read stacks of the guest',
  runtime_logging: 'the host may switch on the log of the guest agent',
  scratch_mount: 'what containers write may lie unencrypted on disks of the host',
  host_network: 'containers reach what only the guest agent should reach',
  load_transparency_trust_list: 'any list of ledgers is accepted, and receipts prove nothing',
};

/* Answering these with yes gives the host nothing that it could not do by switching the machine off. */
const HARMLESS: readonly GuestQuestion[] = [
  ...(['unmount_device', 'rw_unmount_device', 'unmount_overlay', 'shutdown_container'] as const),
  ...(['signal_container_process', 'plan9_unmount', 'scratch_unmount', 'get_properties'] as const),
];

const FLAG_FINDINGS: readonly {
  readonly flag: PolicyFlag;
  readonly point: GuestQuestion;
  readonly id: LintId;
  readonly example: string;
}[] = [
  {
    flag: 'allow_dump_stacks',
    point: 'dump_stacks',
    id: 'DUMP_STACKS',
    example: 'the host may read stacks of the guest, with text or keys on them',
  },
  {
    flag: 'allow_runtime_logging',
    point: 'runtime_logging',
    id: 'RUNTIME_LOGGING',
    example: 'the host may read what the guest agent logs, arguments and variables included',
  },
  {
    flag: 'allow_unencrypted_scratch',
    point: 'scratch_mount',
    id: 'UNENCRYPTED_SCRATCH',
    example: 'a temporary file with the decrypted text may be read from the host’s disk',
  },
  {
    flag: 'allow_host_network',
    point: 'host_network',
    id: 'HOST_NETWORK',
    example:
      'the host may give containers the network of the guest, in which its agent and the sidecar listen',
  },
  {
    flag: 'allow_properties_access',
    point: 'get_properties',
    id: 'PROPERTIES_ACCESS',
    example: 'the host may watch how much memory and time a text takes',
  },
];

export function lintPoints(model: KnownPolicy): readonly Finding[] {
  return [
    ...lintVersions(model),
    ...(Object.keys(API) as GuestQuestion[]).flatMap((question) => lintQuestion(model, question)),
    ...lintFlags(model),
    ...lintExternalProcesses(model),
  ];
}

function lintVersions({ apiVersion, frameworkVersion, points }: KnownPolicy): readonly Finding[] {
  const findings: Finding[] = [];
  if (apiVersion === null) {
    findings.push(
      versionFinding('api_version is missing', 'every request is denied, and nothing ever starts'),
    );
  }
  const usesFramework = [...points.values()].some((rule) => rule.kind === 'framework');
  if (
    usesFramework &&
    (frameworkVersion === null || compareVersions(frameworkVersion, GUEST_FRAMEWORK_VERSION) > 0)
  ) {
    findings.push(
      versionFinding(
        `framework_version is ${frameworkVersion ?? 'missing'}`,
        'the containers of the policy do not count, and only those of fragments may start',
      ),
    );
  }
  return findings;
}

function versionFinding(message: string, example: string): Finding {
  return finding('VERSION_UNUSABLE', null, message, example);
}

function lintQuestion(model: KnownPolicy, question: GuestQuestion): readonly Finding[] {
  const rule = model.points.get(question);
  const example = EXAMPLES[question] ?? `the host may have ${question} at any time`;
  if (rule?.kind === 'always' && rule.allowed && !HARMLESS.includes(question)) {
    return [finding('POINT_ALWAYS_ALLOWED', null, `${question} is always allowed`, example)];
  }
  if (rule !== undefined || model.apiVersion === null) return [];
  const predates = compareVersions(model.apiVersion, API[question].since) < 0;
  if (predates && API[question].otherwise === 'allow' && !HARMLESS.includes(question)) {
    const message = `api_version ${model.apiVersion} is older than ${question}, which the guest then allows`;
    return [finding('POINT_DEFAULT_ALLOWED', null, message, example)];
  }
  if (!predates && (ENFORCEMENT_POINTS as readonly string[]).includes(question)) {
    const message = `${question} is not answered`;
    return [finding('POINT_MISSING', null, message, `the guest denies every ${question}`)];
  }
  return [];
}

function lintFlags(model: KnownPolicy): readonly Finding[] {
  return FLAG_FINDINGS.filter(
    ({ flag, point }) => model.flags[flag] === true && model.points.get(point)?.kind === 'framework',
  ).map(({ flag, id, example }) => finding(id, null, `${flag} is true`, example));
}

function lintExternalProcesses(model: KnownPolicy): readonly Finding[] {
  return model.externalProcesses.map(({ command }) =>
    finding(
      'EXTERNAL_PROCESS',
      null,
      'a process outside the containers is allowed',
      `the host may run ${command.join(' ')} in the guest`,
    ),
  );
}
