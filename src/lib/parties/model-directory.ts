// A model as the command line names it: a directory, or one that comes with cleanroom.

import { existsSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The directory that `--model` means: as it is given, or for a bare name that is no directory here, the model of that name
 * in the package (`t5-demo`, `bart-demo`).
 */
export function findModelDirectory(given: string, packageRoot: string): string {
  const shipped = join(packageRoot, 'models', given);
  return /^[a-z0-9-]+$/.test(given) && !existsSync(given) && existsSync(shipped) ? shipped : given;
}
