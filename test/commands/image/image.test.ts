// `cleanroom image inspect`, `image pull` and `image lock`: argv in; exit code and JSON out.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { ociMembers, tarOf, tarOfMembers, testImage } from '../../support/tar-of.js';
import { runCleanroom, runCleanroomJson } from '../../support/run-command.js';
import { useTemporaryDirectory } from '../../support/temporary-directory.js';

interface InspectJson {
  readonly result: {
    readonly config: { readonly entrypoint: readonly string[] };
    readonly layers: readonly { readonly rootHash: string; readonly diffId: string }[];
    readonly localOnly: boolean;
  };
}

describe('image inspect', () => {
  const directory = useTemporaryDirectory();

  async function save(): Promise<string> {
    const path = join(directory(), 'image.tar');
    const layers = [await tarOf([{ name: 'a', data: 'a' }]), await tarOf([{ name: 'b', data: 'b' }])];
    writeFileSync(path, await tarOfMembers(ociMembers([{ image: testImage(layers) }])));
    return path;
  }

  it('shows config and layers with diff ids and root hashes', async () => {
    const { code, json } = await runCleanroomJson('image', 'inspect', await save(), '--no-cache');
    assert.equal(code, 0);
    const { result } = json as unknown as InspectJson;
    assert.deepEqual(result.config.entrypoint, ['/bin/app']);
    assert.equal(result.layers.length, 2);
    for (const { rootHash } of result.layers) assert.match(rootHash, /^[0-9a-f]{64}$/);
    assert.equal(result.localOnly, false);
  });

  it('says for people what runs and as whom', async () => {
    const { stdout } = await runCleanroom('image', 'inspect', await save(), '--no-cache');
    assert.match(stdout, /command {2}\["\/bin\/app"\]/);
    assert.match(stdout, /user {5}1000/);
  });

  it('refuses an archive for another platform with exit 3', async () => {
    const { code, json } = await runCleanroomJson(
      'image',
      'inspect',
      await save(),
      '--platform',
      'linux/arm64',
    );
    assert.equal(code, 3);
    assert.equal((json['error'] as { code: string }).code, 'IMAGE_PLATFORM');
  });

  it('refuses a reference that is none as wrong usage', async () => {
    const out = join(directory(), 'x.tar');
    const { code } = await runCleanroomJson('image', 'pull', 'host/../evil', '--out', out);
    assert.equal(code, 2);
  });
});

describe('image lock', () => {
  it('shows every package of the room by its digest, as the lock that is installed has it', async () => {
    const { code, json } = await runCleanroomJson('image', 'lock');
    assert.equal(code, 0);
    const { result } = json as unknown as {
      result: { lock: object; changes: string[] };
    };
    assert.deepEqual(result.lock, JSON.parse(readFileSync('room.lock.json', 'utf8')));
    assert.deepEqual(result.changes, []);
    const { stdout } = await runCleanroom('image', 'lock');
    assert.match(stdout, /libc6/);
  });

  it('takes what belongs to a renewal with --update only, so that nobody thinks that it was made', async () => {
    const { code } = await runCleanroomJson('image', 'lock', '--suite', 'trixie');
    assert.equal(code, 2);
  });
});
