// The emulator's certificate authority, checked with node:crypto.

import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';

import { memoryStateStore } from '../../src/lib/emulator/state/state-store.js';
import { createTlsAuthority } from '../../src/lib/emulator/tls/authority.js';

const HOSTS = ['127.0.0.1', 'localhost', '127.0.0.1:8443'];

describe('emulator TLS authority', () => {
  it('issues a server leaf that chains over the issuing CA to the root', async () => {
    const authority = await createTlsAuthority(memoryStateStore(), () => new Date());
    const { x5c } = await authority.issue('hsm', HOSTS);
    const [leaf, issuing, root] = x5c.map((der) => new X509Certificate(Buffer.from(der, 'base64')));
    assert.equal(x5c.length, 3);
    assert.ok(leaf!.checkIssued(issuing!) && leaf!.verify(issuing!.publicKey));
    assert.ok(issuing!.checkIssued(root!) && issuing!.verify(root!.publicKey));
    assert.equal(root!.toString(), new X509Certificate(authority.rootPem).toString());
    assert.ok(issuing!.ca && root!.ca && !leaf!.ca);
  });

  it('names the address, the host and the literal host:port in the leaf', async () => {
    const authority = await createTlsAuthority(memoryStateStore(), () => new Date());
    const { certificatePem } = await authority.issue('hsm', HOSTS);
    assert.equal(
      new X509Certificate(certificatePem).subjectAltName,
      'IP Address:127.0.0.1, DNS:localhost, DNS:127.0.0.1:8443',
    );
  });

  it('keeps root and leaf over a restart, and replaces the leaf when its hosts change', async () => {
    const store = memoryStateStore();
    const before = await createTlsAuthority(store, () => new Date());
    const leaf = await before.issue('hsm', HOSTS);
    const after = await createTlsAuthority(store, () => new Date());
    assert.equal(after.rootPem, before.rootPem);
    assert.equal((await after.issue('hsm', HOSTS)).certificatePem, leaf.certificatePem);
    assert.notEqual((await after.issue('hsm', ['127.0.0.1'])).certificatePem, leaf.certificatePem);
  });

  it('refuses a damaged state document', async () => {
    const store = memoryStateStore();
    await store.save('tls', { root: 'gone' });
    await assert.rejects(
      createTlsAuthority(store, () => new Date()),
      { code: 'EMULATOR_STATE_CORRUPT' },
    );
  });
});
