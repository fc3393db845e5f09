// The flags of `deploy`, in groups, and the deployment that they ask for.

import type { Interfaces } from '@oclif/core';

import type { DeployRequest } from '../parties/deploy.js';
import { SECRET_HELP } from '../parties/secret-input.js';
import { imageFlags, logFlag, trustProgramFlag, yesFlag } from './flags.js';
import { Flags } from './oclif.js';

/* What is agreed, and how the room is to be. */
const roomFlags = {
  file: Flags.string({ char: 'f', description: 'contract file', default: 'contract.yaml' }),
  policy: Flags.string({
    description: 'agreed policy; must be equal byte for byte',
    helpValue: 'FILE',
  }),
  ...imageFlags,
  name: Flags.string({ description: "name of the container group; default: the contract's" }),
  dns: Flags.string({ description: 'DNS name label', helpValue: 'LABEL' }),
  replicas: Flags.integer({
    description: 'number of rooms that share the documents; default: 1',
    min: 1,
    max: 100,
  }),
  'parameter-file': Flags.string({
    description: 'file with the value of a variable of the room (a SAS)',
    helpValue: 'VARIABLE=FILE',
    multiple: true,
  }),
  'registry-login': Flags.string({
    description: "file with USERNAME:PASSWORD of a registry; default: the room's identity",
    helpValue: 'SERVER=FILE',
    multiple: true,
  }),
  timeout: Flags.integer({ description: 'minutes to wait until the group runs', default: 30, min: 1 }),
};

/* The room without confidentiality. */
const plainFlags = {
  confidential: Flags.boolean({
    description: 'create a confidential group; --no-confidential: a plain one that reads a file share',
    default: true,
    allowNo: true,
  }),
  'file-share': Flags.string({
    description: 'with --no-confidential: Azure file share with the text',
    helpValue: 'ACCOUNT/SHARE',
  }),
  'storage-key': Flags.string({
    description: 'with --no-confidential: account key of the file share',
    helpValue: SECRET_HELP,
  }),
  'i-understand-no-confidentiality': Flags.boolean({
    description: 'with --no-confidential: continue although the contract hides data from the host',
  }),
};

/* What is made of the plan: nothing, a file, container groups or pods. */
const formFlags = {
  'what-if': Flags.boolean({ description: 'show the plan and change nothing' }),
  out: Flags.string({
    char: 'o',
    description: 'write an ARM template (Bicep for FILE.bicep) instead of deploying',
    helpValue: 'FILE',
    exclusive: ['what-if'],
  }),
  kubernetes: Flags.boolean({
    description:
      'pods on virtual nodes: with --out write an Indexed Job, and its secret beside it; with --apply create them',
    exclusive: ['bicep', 'dns', 'log'],
    relationships: [{ type: 'some', flags: ['out', 'apply'] }],
  }),
  apply: Flags.boolean({
    description: 'with --kubernetes: create the Job in the cluster that the profile names',
    dependsOn: ['kubernetes'],
    exclusive: ['out', 'what-if'],
  }),
  bicep: Flags.boolean({ description: 'with --out: write Bicep', dependsOn: ['out'] }),
};

export const deployFlags = {
  ...roomFlags,
  ...plainFlags,
  ...formFlags,
  log: logFlag,
  'trust-program': trustProgramFlag,
  yes: yesFlag,
};

/** @param replies - files, as given */
export function deployRequest(
  flags: Interfaces.InferredFlags<typeof deployFlags>,
  replies: readonly string[],
): Omit<DeployRequest, 'agrees'> {
  const { out, kubernetes } = flags;
  const form = flags.bicep || (out !== undefined && /\.bicep$/i.test(out)) ? 'bicep' : 'arm';
  return {
    contractPath: flags.file,
    replies,
    policyPath: flags.policy,
    imageFlags: flags.image,
    name: flags.name,
    dnsNameLabel: flags.dns,
    replicas: flags.replicas,
    parameterFiles: flags['parameter-file'],
    registryLogins: flags['registry-login'],
    timeoutMs: flags.timeout * 60_000,
    confidential: flags.confidential,
    fileShare: flags['file-share'],
    storageKey: flags['storage-key'],
    understood: flags['i-understand-no-confidentiality'],
    planOnly: flags['what-if'],
    template: out === undefined || kubernetes ? null : { path: out, form },
    pods: kubernetes ? { path: out ?? null } : null,
    log: flags.log,
    trusted: flags['trust-program'],
  };
}
