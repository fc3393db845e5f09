// `cleanroom policy layer`: argv in; exit code, stdout and JSON out.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';

import { runProcess } from '../../support/cleanroom-process.js';
import { dmverityVectors, VECTORS } from '../../support/dmverity-vectors.js';
import { runCleanroomJson } from '../../support/run-command.js';
import { useTemporaryDirectory } from '../../support/temporary-directory.js';
import { requireTool } from '../../support/tools.js';

describe('policy layer', () => {
  const directory = useTemporaryDirectory();
  const vector = dmverityVectors().find(({ name }) => name === 'xattrs')!;
  const tar = resolve(VECTORS, vector.file!);

  it('prints the root hash, and the size of the image that it covers', async () => {
    const { code, json } = await runCleanroomJson('policy', 'layer', tar, '--no-cache');
    assert.equal(code, 0);
    assert.deepEqual(json['result'], {
      rootHash: vector.root_hash,
      diffId: vector.tar_sha256,
      bytes: vector.ext4_size,
      tarBytes: vector.tar_size,
    });
  });

  it('recognises gzip by its content, and writes the ext4 image on request', async () => {
    const [packed, image] = [join(directory(), 'packed.bin'), join(directory(), 'layer.ext4')];
    writeFileSync(packed, gzipSync(readFileSync(tar)));
    const { json } = await runCleanroomJson('policy', 'layer', packed, '--no-cache', '--ext4', image);
    assert.equal((json['result'] as { rootHash: string }).rootHash, vector.root_hash);
    assert.equal(createHash('sha256').update(readFileSync(image)).digest('hex'), vector.ext4_sha256);
  });

  it('reads zstd, from a file and from stdin', async function () {
    requireTool(this, 'zstd');
    const packed = join(directory(), 'layer.tar.zst');
    execFileSync('zstd', ['-q', '-19', '-o', packed, tar]);
    const { json } = await runCleanroomJson('policy', 'layer', packed, '--no-cache');
    assert.equal((json['result'] as { rootHash: string }).rootHash, vector.root_hash);
    const { stdout } = await runProcess(['policy', 'layer', '-', '--no-cache'], {
      cwd: directory(),
      stdin: readFileSync(packed),
    });
    assert.equal(stdout, `${vector.root_hash ?? ''}\n`);
  });

  it('refuses a bad tar with exit 3, names the entry, and leaves no image', async () => {
    const bad = resolve(VECTORS, 'tars/err-dup-nonempty.tar');
    const image = join(directory(), 'bad.ext4');
    const { code, json } = await runCleanroomJson('policy', 'layer', bad, '--no-cache', '--ext4', image);
    assert.equal(code, 3);
    const { error } = json as { error: { code: string; message: string } };
    assert.equal(error.code, 'LAYER_REFUSED');
    assert.match(error.message, /"f"/);
    assert.deepEqual(
      readdirSync(directory()).filter((name) => name.includes('bad')),
      [],
    );
  });

  for (const [name, entry] of [
    ['err-dup-nonempty', 'f'],
    ['err-dup-longlink', 's'],
    ['err-whiteout-over-file', '.wh.f'],
    ['err-whiteout-over-dir', '.wh.f'],
    ['err-whiteout-noname', 'd/.wh.'],
    ['err-link-missing', 'a'],
    ['err-link-dir', 'a'],
    ['err-link-over-file', 'b'],
    ['err-dir-over-file', 'a/'],
    ['err-file-over-dir', 'a'],
    ['err-name-256', 'n'.repeat(256)],
    ['err-through-symlink', 'bin/sh'],
    ['err-xattr-too-big', 'f'],
    ['err-truncated', 'f'],
    ['err-checksum', 'b'],
  ] as const) {
    it(`X2: refuses ${name} with exit 3, and names the entry ${entry.slice(0, 20)}`, async () => {
      const { code, json } = await runCleanroomJson('policy', 'layer', resolve(VECTORS, `tars/${name}.tar`));
      assert.equal(code, 3);
      assert.equal(json['ok'], false);
      const { message } = json['error'] as { message: string };
      assert.ok(message.includes(JSON.stringify(entry)), message);
    });
  }

  it('knows an entry for every vector that is refused', () => {
    const refused = dmverityVectors().filter(({ error }) => error === true);
    assert.equal(refused.length, 15);
  });

  for (const [what, content, code] of [
    ['an empty file', '', 'FILE_EMPTY'],
    ['text', 'this is not a tar, '.repeat(60), 'TAR_MALFORMED'],
    ['truncated gzip', gzipSync(Buffer.alloc(5000, 1)).subarray(0, 20), 'LAYER_UNPACKABLE'],
  ] as const) {
    it(`refuses ${what} with exit 3`, async () => {
      const path = join(directory(), 'input');
      writeFileSync(path, content);
      const { code: exit, json } = await runCleanroomJson('policy', 'layer', path, '--no-cache');
      assert.equal(exit, 3);
      assert.equal((json['error'] as { code: string }).code, code);
    });
  }

  it('reads stdin, and answers the second time from its cache', async () => {
    const options = { cwd: directory(), env: { HOME: directory() } };
    const first = await runProcess(['policy', 'layer', '-'], { ...options, stdin: readFileSync(tar) });
    assert.equal(first.stdout.trim(), vector.root_hash);
    const second = await runProcess(['policy', 'layer', tar], options);
    assert.equal(second.stdout.trim(), vector.root_hash);
  });
});
