// The list of parts and the provenance of a room: attached to its image in real registries, and read back.

import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { canonicalJson } from '../../../../src/lib/base/bytes/canonical-json.js';
import { openImageArchive } from '../../../../src/lib/images/archive/image-archive.js';
import { attachStatements, readStatements } from '../../../../src/lib/images/attest/attach.js';
import { oneTimeKey, readBundle, signBundle } from '../../../../src/lib/images/attest/bundle.js';
import { listParts, spdxDocument } from '../../../../src/lib/images/attest/spdx.js';
import { readRoomLock } from '../../../../src/lib/images/base/room-lock.js';
import { buildImage } from '../../../../src/lib/images/build/build-image.js';
import { parseImageReference, registryUrl } from '../../../../src/lib/images/registry/reference.js';
import { RegistryClient } from '../../../../src/lib/images/registry/registry-client.js';
import { pushImage } from '../../../../src/lib/images/registry/registry-image.js';
import { type RunningRegistry, startDockerRegistry } from '../../../support/docker-registry.js';
import { useTemporaryDirectory } from '../../../support/temporary-directory.js';
import { requireTool } from '../../../support/tools.js';

describe('statements about an image', () => {
  const directory = useTemporaryDirectory();
  let registry: RunningRegistry | undefined;
  const packageRoot = process.cwd();

  before(async function () {
    requireTool(this, 'docker-registry');
    registry = await startDockerRegistry(directory());
  });
  after(() => registry?.stop());

  const clientOf = (repository: string): RegistryClient =>
    new RegistryClient({
      url: registryUrl(registry!.host),
      repository,
      credentials: null,
      azureToken: null,
      ca: undefined,
    });

  async function push(
    name: string,
    entrypoint: readonly string[],
  ): Promise<Parameters<typeof readStatements>[1]> {
    const path = join(directory(), `${name}.tar`);
    await buildImage({ layers: [[{ path: '/a', source: Buffer.from(name) }]], entrypoint }, path);
    const archive = await openImageArchive(path);
    await pushImage(clientOf(name), archive, parseImageReference(`${registry!.host}/${name}:v1`));
    return archive;
  }

  it('are attached as referrers, signed by the key that was given, and read back', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const [secret, open] = [join(directory(), 'key.pem'), join(directory(), 'public.pem')];
    writeFileSync(secret, privateKey.export({ type: 'pkcs8', format: 'pem' }));
    writeFileSync(open, publicKey.export({ type: 'spki', format: 'pem' }));
    const archive = await push('room', ['node', '/app/lib/room/main.js']);
    const attached = await attachStatements(clientOf('room'), archive, {
      packageRoot,
      version: '0.1.0',
      keyFile: secret,
    });
    assert.deepEqual(
      attached.map(({ predicateType }) => predicateType),
      ['https://spdx.dev/Document', 'https://slsa.dev/provenance/v1'],
    );
    const read = await readStatements(clientOf('room'), archive, { packageRoot, keyFile: open });
    assert.equal(read.length, 2);
    for (const { signatureHolds, aboutThisImage, signedBy } of read) {
      assert.equal(signatureHolds, true);
      assert.equal(aboutThisImage, true);
      assert.equal(signedBy, attached[0]?.signedBy);
    }
    assert.equal(read.find(({ sameParts }) => sameParts !== null)?.sameParts, true);
    await archive.close();
  });

  it('say that a one-time key signs them where none was given, and that nothing was checked', async () => {
    const archive = await push('once', ['node', '/app/lib/room/main.js']);
    const attached = await attachStatements(clientOf('once'), archive, {
      packageRoot,
      version: '0.1.0',
      keyFile: null,
    });
    assert.deepEqual(
      attached.map(({ signedBy }) => signedBy),
      ['one-time', 'one-time'],
    );
    const read = await readStatements(clientOf('once'), archive, { packageRoot, keyFile: null });
    assert.deepEqual(
      read.map(({ signatureHolds }) => signatureHolds),
      [null, null],
    );
    await archive.close();
  });

  it('are attached to no image that is none of our rooms', async () => {
    const archive = await push('other', ['/bin/app']);
    const options = { packageRoot, version: '0.1.0', keyFile: null };
    assert.deepEqual(await attachStatements(clientOf('other'), archive, options), []);
    await archive.close();
  });
});

describe('a bundle', () => {
  const statement = {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ name: 'x', digest: { sha256: 'a'.repeat(64) } }],
    predicateType: 'https://spdx.dev/Document',
    predicate: {},
  };

  it('X7: holds under its key, and under no other, and not with one byte of its payload changed', () => {
    const key = oneTimeKey();
    const bundle = signBundle(statement, key);
    const publicKey = createPublicKey(key.privateKey);
    assert.equal(readBundle(Buffer.from(bundle), publicKey).signatureHolds, true);
    assert.equal(
      readBundle(Buffer.from(bundle), createPublicKey(oneTimeKey().privateKey)).signatureHolds,
      false,
    );
    const changed = JSON.parse(bundle) as { dsseEnvelope: { payload: string } };
    changed.dsseEnvelope.payload = Buffer.from(
      canonicalJson({ ...statement, predicate: { more: 1 } }),
    ).toString('base64');
    assert.equal(readBundle(Buffer.from(JSON.stringify(changed)), publicKey).signatureHolds, false);
  });

  it('is refused where it is none', () => {
    for (const text of ['', '{}', signBundle({ ...statement, _type: 'other' }, oneTimeKey())])
      assert.throws(() => readBundle(Buffer.from(text), null), { code: 'IMAGE_ATTESTATION_MALFORMED' });
  });
});

describe('the list of parts', () => {
  it('names every part of the lock with its digest and a licence', async () => {
    const lock = await readRoomLock(process.cwd());
    const parts = listParts(lock);
    assert.equal(parts.length, lock.debian.packages.length + 1 + lock.packages.length);
    for (const { name, licence, digest } of parts) {
      assert.notEqual(licence, 'NOASSERTION', name);
      assert.match(digest, /^[0-9a-f]{64}(?:[0-9a-f]{64})?$/);
    }
    assert.equal(
      canonicalJson(spdxDocument(lock)),
      canonicalJson(spdxDocument(await readRoomLock(process.cwd()))),
    );
  });
});
