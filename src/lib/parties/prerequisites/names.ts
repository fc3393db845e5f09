// Names of a party's resources, all from one beginning.

import type { Prerequisites } from './options.js';

export interface ResourceNames {
  readonly prefix: string;
  readonly registry: string;
  readonly storageAccount: string;
  readonly identity: string;
  /** Of the Managed HSM or key vault. */
  readonly keyService: string;
}

export function nameResources({ name, keyService }: Prerequisites): ResourceNames {
  return {
    prefix: name,
    registry: `${name}registry`,
    storageAccount: `${name}data`,
    identity: `${name}-room`,
    keyService: keyService === 'managed-hsm' ? `${name}-hsm` : `${name}-keys`,
  };
}
