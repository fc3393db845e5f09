// The registry: OCI Distribution pull and push.

import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

import { type RunningServer, serveStream } from '../../../../src/lib/emulator/http/serve.js';
import { createRegistryHandler } from '../../../../src/lib/emulator/registry/handler.js';
import { openImageStore } from '../../../../src/lib/emulator/registry/image-store.js';
import { useTemporaryDirectory } from '../../../support/temporary-directory.js';

const digestOf = (bytes: Uint8Array): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

describe('the registry of the local Azure', () => {
  const directory = useTemporaryDirectory();
  let server: RunningServer;
  const start = async (): Promise<void> => {
    server = await serveStream(createRegistryHandler(await openImageStore(directory())), {
      port: 0,
      tls: null,
    });
  };
  beforeEach(start);
  afterEach(() => server.close());

  const push = async (bytes: Uint8Array, digest = digestOf(bytes)): Promise<Response> => {
    const begun = await fetch(`${server.url}/v2/cleanroom/summarizer/blobs/uploads/`, { method: 'POST' });
    assert.equal(begun.status, 202);
    return fetch(`${server.url}${begun.headers.get('location')!}?digest=${digest}`, {
      method: 'PUT',
      body: bytes,
    });
  };
  const putManifest = (reference: string, manifest: unknown): Promise<Response> =>
    fetch(`${server.url}/v2/cleanroom/summarizer/manifests/${reference}`, {
      method: 'PUT',
      headers: { 'content-type': 'application/vnd.oci.image.manifest.v1+json' },
      body: JSON.stringify(manifest),
    });

  it('answers the version check', async () => {
    const response = await fetch(`${server.url}/v2/`);
    assert.equal(response.status, 200);
    assert.equal(response.headers.get('docker-distribution-api-version'), 'registry/2.0');
  });

  it('keeps an image over a restart, by tag and by digest', async () => {
    const [config, layer] = [Buffer.from('{}'), randomBytes(100_000)];
    for (const bytes of [config, layer]) assert.equal((await push(bytes)).status, 201);
    const manifest = {
      schemaVersion: 2,
      config: { digest: digestOf(config) },
      layers: [{ digest: digestOf(layer) }],
    };
    const made = await putManifest('v1', manifest);
    assert.equal(made.status, 201);
    const digest = made.headers.get('docker-content-digest')!;
    await server.close();
    await start();
    for (const reference of ['v1', digest]) {
      const read = await fetch(`${server.url}/v2/cleanroom/summarizer/manifests/${reference}`);
      assert.equal(read.headers.get('content-type'), 'application/vnd.oci.image.manifest.v1+json');
      assert.deepEqual(await read.json(), manifest);
    }
    const blob = await fetch(`${server.url}/v2/cleanroom/summarizer/blobs/${digestOf(layer)}`);
    assert.ok(layer.equals(Buffer.from(await blob.arrayBuffer())));
    const part = await fetch(`${server.url}/v2/cleanroom/summarizer/blobs/${digestOf(layer)}`, {
      headers: { range: 'bytes=10-19' },
    });
    assert.equal(part.status, 206);
    assert.ok(layer.subarray(10, 20).equals(Buffer.from(await part.arrayBuffer())));
    const tags = await fetch(`${server.url}/v2/cleanroom/summarizer/tags/list`);
    assert.deepEqual(await tags.json(), { name: 'cleanroom/summarizer', tags: ['v1'] });
  });

  it('takes a blob in chunks, in order only', async () => {
    const bytes = randomBytes(10);
    const begun = await fetch(`${server.url}/v2/a/blobs/uploads/`, { method: 'POST' });
    const url = `${server.url}${begun.headers.get('location')!}`;
    const patch = (start: number, end: number): Promise<Response> =>
      fetch(url, {
        method: 'PATCH',
        headers: { 'content-range': `${start}-${end - 1}` },
        body: bytes.subarray(start, end),
      });
    assert.equal((await patch(0, 4)).headers.get('range'), '0-3');
    assert.equal((await patch(6, 10)).status, 416);
    assert.equal((await patch(4, 10)).status, 202);
    assert.equal((await fetch(`${url}?digest=${digestOf(bytes)}`, { method: 'PUT' })).status, 201);
  });

  it('refuses a blob whose content has another digest and keeps nothing of it', async () => {
    const bytes = randomBytes(50);
    const response = await push(bytes, digestOf(Buffer.from('other')));
    assert.equal(response.status, 400);
    assert.deepEqual(await readdir(join(directory(), 'uploads')), []);
    assert.equal((await fetch(`${server.url}/v2/a/blobs/${digestOf(bytes)}`)).status, 404);
  });

  it('refuses a manifest under another digest, and one with a layer that was never pushed', async () => {
    const refuse = async (reference: string, manifest: unknown): Promise<string> => {
      const response = await putManifest(reference, manifest);
      assert.equal(response.status, 400);
      return ((await response.json()) as { errors: { code: string }[] }).errors[0]!.code;
    };
    assert.equal(await refuse(digestOf(Buffer.from('x')), {}), 'DIGEST_INVALID');
    assert.equal(
      await refuse('v2', { layers: [{ digest: digestOf(Buffer.from('never')) }] }),
      'MANIFEST_BLOB_UNKNOWN',
    );
  });

  it('refuses names that could leave its directory', async () => {
    for (const name of ['..%2f..%2fetc', 'a%2f..%2fb', 'A', '.a']) {
      const response = await fetch(`${server.url}/v2/${name}/manifests/latest`);
      assert.equal(response.status, 400, name);
    }
  });

  it('answers an unknown manifest with 404', async () => {
    const response = await fetch(`${server.url}/v2/cleanroom/summarizer/manifests/none`);
    assert.equal(response.status, 404);
  });
});
