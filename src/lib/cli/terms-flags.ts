// What a host states of the contract that it writes: the same flags of `init` and of `propose`.

import { SCRIPTS } from '../contract/limits/alphabet.js';
import { trustProgramFlag } from './flags.js';
import { Flags } from './oclif.js';

export const termsFlags = {
  name: Flags.string({ description: 'name of the contract', default: 'quarterly-notes' }),
  sidecar: Flags.string({
    description: "sidecar image; default: the local Azure's own",
    helpValue: 'IMAGE',
  }),
  'trust-program': trustProgramFlag,
  region: Flags.string({ description: "Azure region; default: the profile's" }),
  script: Flags.option({ options: SCRIPTS, multiple: true })({
    description: 'script of the summary; default: Latin; may be given more than once',
  }),
  'max-characters': Flags.integer({
    description: 'longest result, in characters that are not white space',
    min: 1,
  }),
  'max-share': Flags.string({ description: 'largest share of the source, 0 to 1' }),
  'max-copied-words': Flags.integer({ description: 'longest run of words copied from the source', min: 1 }),
  'max-copied-share': Flags.string({
    description: 'largest share of the result in copied runs of three words or more, 0 to 1',
  }),
  'max-results': Flags.integer({ description: 'number of results that may ever leave the room', min: 1 }),
  force: Flags.boolean({ description: 'overwrite an existing contract.yaml' }),
};
