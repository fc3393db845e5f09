// Flags that several commands share. A command opts in to each.

import { CleanroomError } from '../base/errors.js';
import { Flags } from './oclif.js';

import { findModelDirectory } from '../parties/model-directory.js';

export const contractFlag = Flags.string({
  char: 'f',
  description: 'contract file',
  helpValue: 'contract.yaml',
});

export const requiredContractFlag = Flags.string({
  char: 'f',
  description: 'contract file',
  helpValue: 'contract.yaml',
  required: true,
});

export const fullFlag = Flags.boolean({
  description: 'with --json: long fields too, such as the CCE policy',
});

export const fullVerdictFlag = Flags.boolean({
  description: 'with --json: every check of the verdict; default: those that failed',
});

export const yesFlag = Flags.boolean({ char: 'y', description: 'answer yes to every question' });

/** The dataset that a command is about. */
export const datasetFlag = Flags.string({
  description: 'dataset of the contract; default: your only one',
  helpValue: 'ID',
});

export const imageFlag = Flags.string({
  description: "archive of a container's image; may be given more than once",
  helpValue: 'NAME=ARCHIVE',
  multiple: true,
});

/** Where a command takes images from. */
export const imageFlags = {
  image: imageFlag,
  offline: Flags.boolean({
    description: 'pull no image from a registry; default: pull by digest what --image does not give',
    env: 'CLEANROOM_OFFLINE',
  }),
};

/** Layers of a program, or an image, that the caller knows by another way than this installation. */
export const trustProgramFlag = Flags.custom({
  description: 'digest of a layer or an image that you verified yourself; may be given more than once',
  helpValue: 'sha256:…',
  multiple: true,
  parse: (given) => {
    if (/^sha256:[0-9a-f]{64}$/.test(given)) return Promise.resolve(given);
    throw new CleanroomError('USAGE', `--trust-program ${given} is not sha256: and 64 lower-case hex digits`);
  },
})({ multiple: true });

/** A model's directory; the name of one that comes with cleanroom will do. */
export const modelFlag = Flags.custom({
  helpValue: 'DIR|t5-demo|bart-demo',
  parse: (given, { config }) => Promise.resolve(findModelDirectory(given, config.root)),
});

export const outFlag = Flags.string({
  char: 'o',
  description: 'file to write; default: stdout',
  helpValue: 'FILE',
});

export const cacheFlag = {
  cache: Flags.boolean({ description: 'use and store root hashes by diff id', default: true, allowNo: true }),
};

/** What a flag for a contract key takes (contract-key.ts). */
export const CONTRACT_KEY_HELP = 'FILE|env:NAME|fd:N|URL';

/** Configured once by the variable, it is kept by every command that does something that others may ask about. */
export const logFlag = Flags.string({
  description: 'transparency log to append to: a file or the URL of a blob',
  helpValue: 'LOG',
  env: 'CLEANROOM_LOG',
});

export const platformFlag = {
  platform: Flags.string({
    description: 'platform, if the image has several',
    default: 'linux/amd64',
    helpValue: 'OS/ARCH',
  }),
};

/** Where a sealed blob is, besides its argument. */
export const sealedTargetFlags = {
  file: Flags.string({ char: 'f', description: 'contract file', default: 'contract.yaml' }),
  sas: Flags.string({
    description: 'shared access signature to use instead of the login',
    helpValue: 'FILE|env:NAME|fd:N',
  }),
};
