// A signed fragment in a real registry (Debian's docker-registry), found as a guest's platform finds it: by what refers to the image.

import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { openImageArchive } from '../../../src/lib/images/archive/image-archive.js';
import { buildImage } from '../../../src/lib/images/build/build-image.js';
import { parseImageReference, registryUrl } from '../../../src/lib/images/registry/reference.js';
import { RegistryClient } from '../../../src/lib/images/registry/registry-client.js';
import { pushImage } from '../../../src/lib/images/registry/registry-image.js';
import { attachFragmentFile } from '../../../src/lib/parties/attach-fragment.js';
import { signFragment } from '../../../src/lib/parties/sign-fragment.js';
import { renderFragment } from '../../../src/lib/cce-policy/text/render-fragment.js';
import { sha256Hex } from '../../../src/lib/base/bytes/digest.js';
import { makeFragmentSigner } from '../../support/fragment-signer.js';
import { type RunningRegistry, startDockerRegistry } from '../../support/docker-registry.js';
import { useTemporaryDirectory } from '../../support/temporary-directory.js';
import { requireTool } from '../../support/tools.js';

interface Index {
  readonly manifests: readonly { readonly digest: string; readonly artifactType: string }[];
}
interface Manifest {
  readonly artifactType: string;
  readonly subject: { readonly digest: string };
  readonly layers: readonly { readonly mediaType: string; readonly digest: string; readonly size: number }[];
}

describe('a fragment attached to an image', () => {
  const directory = useTemporaryDirectory();
  const at = (name: string): string => join(directory(), name);
  let registry: RunningRegistry | undefined;
  let client: RegistryClient;
  let image: string;
  let imageDigest: string;

  before(async function () {
    requireTool(this, 'docker-registry');
    registry = await startDockerRegistry(directory());
    client = new RegistryClient({
      url: registryUrl(registry.host),
      repository: 'web',
      credentials: null,
      azureToken: null,
      ca: undefined,
    });
    await buildImage(
      { layers: [[{ path: '/web', source: Buffer.from('web') }]], entrypoint: ['/web'] },
      at('web.tar'),
    );
    const archive = await openImageArchive(at('web.tar'));
    const pushed = await pushImage(client, archive, parseImageReference(`${registry.host}/web:v1`));
    await archive.close();
    imageDigest = pushed.manifestDigest;
    image = `${registry.host}/web@${imageDigest}`;
  });
  after(() => registry?.stop());

  async function signed(name: string, svn: number): Promise<string> {
    const { chain, keyPem: privateKeyPem } = await makeFragmentSigner();
    const text = renderFragment({ namespace: 'web', svn, containers: [], fragments: [] }, '2.2');
    const made = await signFragment({
      text,
      chain,
      privateKeyPem,
      issuer: null,
      feed: 'contoso.azurecr.io/web',
      headerSvn: null,
    });
    await writeFile(at(name), made.bytes);
    return at(name);
  }

  async function read<T>(reference: string): Promise<T> {
    return JSON.parse(Buffer.from((await client.fetchManifest(reference)).bytes).toString()) as T;
  }

  const referrers = async (): Promise<Index['manifests']> =>
    (await read<Index>(imageDigest.replace(':', '-'))).manifests;

  it('is listed under the digest of the image, and holds the signed bytes', async () => {
    const file = await signed('one.cose', 1);
    const { manifestDigest, subjectDigest } = await attachFragmentFile(file, image, null);
    assert.equal(subjectDigest, imageDigest);
    const [listed] = await referrers();
    assert.deepEqual(
      [listed?.digest, listed?.artifactType],
      [manifestDigest, 'application/x-ms-ccepolicy-frag'],
    );
    const manifest = await read<Manifest>(manifestDigest);
    assert.equal(manifest.subject.digest, imageDigest);
    const [layer] = manifest.layers;
    assert.equal(layer?.mediaType, 'application/cose-x509+rego');
    const response = await fetch(new URL(`/v2/web/blobs/${layer.digest}`, registryUrl(registry!.host)));
    assert.equal(`sha256:${sha256Hex(new Uint8Array(await response.arrayBuffer()))}`, layer.digest);
  });

  it('is listed once however often it is attached, and beside what was there', async () => {
    const before = (await referrers()).length;
    const file = await signed('two.cose', 2);
    await attachFragmentFile(file, image, null);
    await attachFragmentFile(file, image, null);
    assert.equal((await referrers()).length, before + 1);
  });

  it('O3: is refused where the image is named by a tag, which may name another tomorrow', async () => {
    const file = await signed('tagged.cose', 1);
    await assert.rejects(attachFragmentFile(file, `${registry!.host}/web:v1`, null), { code: 'USAGE' });
  });

  it('is refused where it is no signed fragment, and nothing is pushed', async () => {
    const before = (await referrers()).length;
    await writeFile(at('plain.rego'), 'package web\n');
    await assert.rejects(attachFragmentFile(at('plain.rego'), image, null), { code: 'FRAGMENT_INVALID' });
    assert.equal((await referrers()).length, before);
  });
});
