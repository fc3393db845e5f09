// The flags of `policy generate`, in groups, and the policy that they ask for.

import type { Interfaces } from '@oclif/core';

import type { PolicyGenerateRequest } from '../parties/write-policy.js';
import { contractFlag, imageFlags, outFlag, yesFlag } from './flags.js';
import { Flags } from './oclif.js';

/* A contract decides these itself; a flag that changed nothing would look as if it had. */
const NOT_OF_A_CONTRACT = { exclusive: ['file'] };

/* What the policy is for. */
const inputFlags = {
  template: Flags.string({ description: 'ARM template', helpValue: 'FILE' }),
  parameters: Flags.string({
    description: 'parameters of the template',
    helpValue: 'FILE',
    dependsOn: ['template'],
  }),
  pod: Flags.string({
    description: 'Kubernetes manifest of a pod on virtual nodes (Pod, Deployment, Job, …)',
    helpValue: 'FILE',
  }),
  input: Flags.string({ description: 'input file of az confcom acipolicygen', helpValue: 'FILE' }),
  group: Flags.string({
    description: 'container group of a template, or workload of a manifest, if there are several',
    helpValue: 'NAME',
  }),
};

/* How its text is written. */
const textFlags = {
  inject: Flags.boolean({
    description: 'write the policy into the template or the manifest',
  }),
  'policy-version': Flags.option({
    options: ['2.0', '1.x', '1.x-early', '2.1', '2.2', '2.2-prerelease', 'vn2', 'next'] as const,
    description: 'confcom version whose text is written; default: 2.0, for a manifest vn2',
  })(),
  pretty: Flags.boolean({ description: 'write one item a line; gives another text and hash' }),
};

/* What it admits, where no contract states that. */
const ruleFlags = {
  'debug-mode': Flags.boolean({
    description: 'allow shells, stacks and logs (templates and confcom input)',
    ...NOT_OF_A_CONTRACT,
  }),
  'disable-stdio': Flags.boolean({
    description: 'hide stdio from the host (a contract states this itself)',
    exclusive: ['file', 'enable-stdio'],
  }),
  'enable-stdio': Flags.boolean({
    description: 'let stdio reach the host without a warning',
    ...NOT_OF_A_CONTRACT,
  }),
  'omit-id': Flags.boolean({
    description: 'omit image references, so that the policy does not depend on the registry',
    ...NOT_OF_A_CONTRACT,
  }),
  'with-containers': Flags.string({
    description: 'JSON of container rules to add',
    helpValue: 'FILE',
    ...NOT_OF_A_CONTRACT,
  }),
  'include-fragments': Flags.boolean({
    description: 'accepted for compatibility with az confcom; --fragments-json is enough',
    dependsOn: ['fragments-json'],
  }),
  'infrastructure-svn': Flags.string({
    description: 'minimum SVN of the infrastructure fragment',
    helpValue: 'N',
    ...NOT_OF_A_CONTRACT,
  }),
  'exclude-default-fragments': Flags.boolean({
    description: 'omit the infrastructure fragment',
    ...NOT_OF_A_CONTRACT,
  }),
  'fragments-json': Flags.string({
    description: 'further fragments to import',
    helpValue: 'FILE',
    ...NOT_OF_A_CONTRACT,
  }),
  'allow-missing-command': Flags.boolean({
    description: 'write null for a container without command, as confcom does',
    ...NOT_OF_A_CONTRACT,
  }),
};

export const policyGenerateFlags = {
  file: contractFlag,
  ...imageFlags,
  out: outFlag,
  yes: yesFlag,
  ...inputFlags,
  ...textFlags,
  ...ruleFlags,
};

type PolicyGenerateFlags = Interfaces.InferredFlags<typeof policyGenerateFlags>;

/** Whether nobody said what may become of the containers' output. */
export function saysNothingOfStdio(flags: PolicyGenerateFlags): boolean {
  return flags.file === undefined && !flags['disable-stdio'] && !flags['enable-stdio'];
}

export function policyGenerateRequest(flags: PolicyGenerateFlags): PolicyGenerateRequest {
  return {
    contract: flags.file,
    template: flags.template,
    parameters: flags.parameters,
    confcomInput: flags.input,
    pod: flags.pod,
    group: flags.group,
    images: flags.image ?? [],
    fragmentsFile: flags['fragments-json'],
    containersFile: flags['with-containers'],
    unresolved: flags.yes ? 'any-value' : 'refuse',
    layout: flags.pretty ? 'pretty' : 'compact',
    options: {
      profile: flags['policy-version'] ?? (flags.pod === undefined ? '2.0' : 'vn2'),
      stdio: !flags['disable-stdio'],
      debug: flags['debug-mode'],
      infrastructureSvn: flags['infrastructure-svn'] ?? null,
      excludeDefaultFragments: flags['exclude-default-fragments'],
      omitIds: flags['omit-id'],
      missingCommand: flags['allow-missing-command'] ? 'as-confcom' : 'refuse',
    },
    inject: flags.inject,
    out: flags.out === '-' ? undefined : flags.out,
  };
}
