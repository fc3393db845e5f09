// A directory for one test file, removed when its tests are done.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Makes a new empty directory before the tests of this `describe`; its path is read with the returned function.
 * It is removed after every other `after` of the `describe`: what runs in it is stopped first.
 */
export function useTemporaryDirectory(): () => string {
  let path = '';
  before(async function () {
    path = await mkdtemp(join(tmpdir(), 'cleanroom-test-'));
    this.test?.parent?.afterAll(() => rm(path, { recursive: true, force: true }));
  });
  return () => path;
}
