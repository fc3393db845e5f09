// A model as the command line names it: a directory, or one that comes with cleanroom.

import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { CleanroomError } from '../base/errors.js';

/**
 * The directory that `--model` means: as it is given, or for a bare name that is no directory here, `models/NAME` here, where
 * `model fetch` puts it, else the model of that name in the package (`t5-demo`, `bart-demo`).
 */
export function findModelDirectory(given: string, packageRoot: string): string {
  if (!/^[A-Za-z0-9][\w.-]*$/.test(given) || existsSync(given)) return given;
  const candidates = [join('models', given), join(packageRoot, 'models', given)];
  return candidates.find((directory) => existsSync(directory)) ?? given;
}

/** @throws CleanroomError FILE_NOT_FOUND where there is no such directory; the hint names the models of the package. */
export function requireModelDirectory(directory: string): void {
  if (existsSync(directory)) return;
  throw new CleanroomError('FILE_NOT_FOUND', `there is no model directory ${directory}`, {
    hint: 'The models t5-demo and bart-demo come with cleanroom; cleanroom model fetch gets others.',
  });
}
