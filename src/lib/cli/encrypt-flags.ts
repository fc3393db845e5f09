// The flags of `encrypt`, and what they ask for where a room is to read the text.

import type { Interfaces } from '@oclif/core';

import type { EncryptRequest } from '../parties/encrypt-for-room.js';
import {
  CONTRACT_KEY_HELP,
  contractFlag,
  datasetFlag,
  imageFlags,
  logFlag,
  trustProgramFlag,
  yesFlag,
} from './flags.js';
import { Flags } from './oclif.js';

export const encryptFlags = {
  to: Flags.string({
    description:
      "public key to seal to (JWK), with --dataset besides the vault's key; may be given more than once",
    helpValue: 'KEY.jwk',
    multiple: true,
  }),
  file: contractFlag,
  dataset: datasetFlag,
  policy: Flags.string({
    description: 'agreed policy; must be equal byte for byte',
    helpValue: 'FILE',
  }),
  ...imageFlags,
  'contract-key': Flags.string({
    description:
      'contract key: a private JWK or the URL of a key in a vault; default: keys/PARTY.contract.jwk',
    helpValue: CONTRACT_KEY_HELP,
  }),
  mutable: Flags.string({
    description: 'let the release policy be changed later, for this reason; unsafe, and a lint finding',
    helpValue: 'REASON',
  }),
  key: Flags.string({
    description: 'existing key version to seal to; an older blob can then be put back',
    helpValue: 'URL',
  }),
  sas: Flags.string({
    description: 'shared access signature to upload with instead of the login',
    helpValue: 'FILE|env:NAME|fd:N',
  }),
  'dry-run': Flags.boolean({
    description: 'show what would be done; change nothing',
  }),
  out: Flags.string({ char: 'o', description: 'file to write; default: stdout', helpValue: 'FILE' }),
  log: logFlag,
  'trust-program': trustProgramFlag,
  yes: yesFlag,
};

/** As the flags have it; a contract that is not named is contract.yaml. */
export function roomRequest(
  file: string,
  flags: Interfaces.InferredFlags<typeof encryptFlags>,
): Omit<EncryptRequest, 'reopens'> {
  return {
    file,
    contractPath: flags.file ?? 'contract.yaml',
    dataset: flags.dataset,
    policyPath: flags.policy,
    imageFlags: flags.image,
    contractKeyPath: flags['contract-key'],
    mutableReason: flags.mutable,
    key: flags.key,
    sas: flags.sas,
    alsoTo: flags.to,
    trusted: flags['trust-program'],
    log: flags.log,
    previewOnly: flags['dry-run'],
  };
}
