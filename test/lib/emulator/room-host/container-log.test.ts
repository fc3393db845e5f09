// The log of an emulated container.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';

import { captureLines, readLog } from '../../../../src/lib/emulator/room-host/container-log.js';
import { useTemporaryDirectory } from '../../../support/temporary-directory.js';

describe('the log of a container', () => {
  const directory = useTemporaryDirectory();

  it('holds each line with its time, the last one too', async () => {
    const path = join(directory(), 'container.log');
    const stream = new PassThrough();
    captureLines(stream, path);
    stream.end('one\ntwo');
    await once(stream, 'end');
    assert.match(await readLog(path), /^\d{4}-\S+Z one\n\d{4}-\S+Z two\n$/);
  });

  it('ends without taking its host along where it cannot be written any more', async () => {
    const logs = join(directory(), 'logs');
    mkdirSync(logs);
    const stream = new PassThrough();
    captureLines(stream, join(logs, 'container.log'));
    stream.write('one\n');
    await new Promise(setImmediate);
    await rm(logs, { recursive: true });
    stream.end('two\n');
    await once(stream, 'end');
    assert.equal(await readLog(join(logs, 'container.log')), '');
  });
});
