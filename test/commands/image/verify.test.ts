// `cleanroom image verify`: which program an image is, from the command line.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { startDockerRegistry } from '../../support/docker-registry.js';
import { runCleanroom, runCleanroomJson } from '../../support/run-command.js';
import { ociMembers, tarOf, tarOfMembers, testImage } from '../../support/tar-of.js';
import { requireTool } from '../../support/tools.js';
import { useTemporaryDirectory } from '../../support/temporary-directory.js';

interface VerifyJson {
  readonly result: {
    readonly release: string | null;
    readonly known: readonly string[];
    readonly modelDigest: string | null;
    readonly manifestDigest: string;
    readonly attached: readonly { readonly predicateType: string; readonly aboutThisImage: boolean }[];
    readonly layers: readonly { readonly name: string; readonly outcome: string }[];
  };
}

describe('image verify', function () {
  this.timeout(60_000);
  const directory = useTemporaryDirectory();
  let room: string;

  before(async () => {
    room = join(directory(), 'room.tar');
    await runCleanroomJson('image', 'build', '--local-only', '--model', 't5-demo', '--out', room);
  });

  it('names the room that this installation builds, and its model, with exit 0', async () => {
    const { code, json } = await runCleanroomJson('image', 'verify', room, '--local-only', '--no-cache');
    const { result } = json as unknown as VerifyJson;
    assert.equal(code, 0);
    assert.deepEqual(result.known, [result.release]);
    assert.match(result.modelDigest ?? '', /^sha256:[0-9a-f]{64}$/);
    assert.deepEqual([...new Set(result.layers.map(({ outcome }) => outcome))].sort(), ['model', 'same']);
  });

  it('reads an image in its registry, with the statements that image push attached, about this very image', async function () {
    requireTool(this, 'docker-registry');
    const registry = await startDockerRegistry(directory());
    try {
      const place = `${registry.host}/summarizer`;
      const pushed = await runCleanroomJson('image', 'push', room, `${place}:v1`);
      assert.equal(pushed.code, 0, JSON.stringify(pushed.json));
      const reference = (pushed.json['result'] as { reference: string }).reference;
      const { code, json } = await runCleanroomJson(
        'image',
        'verify',
        reference,
        '--local-only',
        '--no-cache',
      );
      const { result } = json as unknown as VerifyJson;
      assert.equal(code, 0);
      assert.deepEqual(result.known, [result.release]);
      assert.equal(reference, `${place}@${result.manifestDigest}`);
      assert.deepEqual(result.attached.map(({ predicateType }) => predicateType).sort(), [
        'https://slsa.dev/provenance/v1',
        'https://spdx.dev/Document',
      ]);
      assert.ok(result.attached.every(({ aboutThisImage }) => aboutThisImage));
    } finally {
      await registry.stop();
    }
  });

  it('names no release for another program, and exits 5', async () => {
    const path = join(directory(), 'other.tar');
    const layer = await tarOf([{ name: 'app/lib/room/main.js', data: 'console.log(1)' }]);
    writeFileSync(path, await tarOfMembers(ociMembers([{ image: testImage([layer]) }])));
    const { code, json } = await runCleanroomJson('image', 'verify', path, '--local-only', '--no-cache');
    const { result } = json as unknown as VerifyJson;
    assert.equal(code, 5);
    assert.equal(result.release, null);
    assert.ok(result.layers.every(({ outcome }) => outcome !== 'same'));
  });

  it('says so for people, and refuses a file that is no image with exit 3', async () => {
    const { code, stdout } = await runCleanroom('image', 'verify', room, '--local-only', '--no-cache');
    assert.equal(code, 0);
    assert.match(stdout, /same/);
    const noImage = join(directory(), 'text.tar');
    writeFileSync(noImage, 'no image');
    assert.equal((await runCleanroomJson('image', 'verify', noImage, '--local-only')).code, 3);
  });
});
