// The parts of oclif that we use; its index would load all the rest too. `npm run build` makes one file of this and of what
// it imports (tools/bundle.js): reading a hundred small ones takes longer than everything else at the start.

export * as Args from '@oclif/core/args';
export { Command } from '@oclif/core/command';
export * as Errors from '@oclif/core/errors';
export * as Flags from '@oclif/core/flags';
export { flush } from '@oclif/core/flush';
export { handle } from '@oclif/core/handle';
export type * as Interfaces from '@oclif/core/interfaces';
export { run } from '@oclif/core/run';
export { settings } from '@oclif/core/settings';
