// A model as the command line names it: a directory, or one that comes with cleanroom.

import { existsSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The directory that `--model` means: as it is given, or for a bare name that is no directory here, `models/NAME` here, where
 * `model fetch` puts it, else the model of that name in the package (`t5-demo`, `bart-demo`).
 */
export function findModelDirectory(given: string, packageRoot: string): string {
  if (!/^[A-Za-z0-9][\w.-]*$/.test(given) || existsSync(given)) return given;
  const candidates = [join('models', given), join(packageRoot, 'models', given)];
  return candidates.find((directory) => existsSync(directory)) ?? given;
}
