// A directory for one test file, removed when its tests are done.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Makes a new empty directory before the tests of this `describe`; its path is read with the returned function. */
export function useTemporaryDirectory(): () => string {
  let path = '';
  before(async () => {
    path = await mkdtemp(join(tmpdir(), 'cleanroom-test-'));
  });
  after(() => rm(path, { recursive: true, force: true }));
  return () => path;
}
