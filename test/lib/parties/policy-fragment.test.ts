// Policy fragments: written, signed, verified, loaded by the guest.

import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { nodeSignatureCrypto } from '../../../src/lib/attestation/crypto/node-crypto.js';
import { parsePolicy } from '../../../src/lib/cce-policy/read/policy-model.js';
import { pauseContainer } from '../../../src/lib/cce-policy/text/defaults.js';
import { renderFragment } from '../../../src/lib/cce-policy/text/render-fragment.js';
import { createEnforcer } from '../../../src/lib/emulator/guest/enforcer.js';
import {
  parseSignedFragment,
  verifyFragment,
} from '../../../src/lib/evidence/policy-fragment/verify-fragment.js';
import { signFragmentFile, verifyFragmentFile } from '../../../src/lib/parties/policy-fragment.js';
import { signFragment, type FragmentSigning } from '../../../src/lib/parties/sign-fragment.js';
import { type FragmentSigner, makeFragmentSigner } from '../../support/fragment-signer.js';

const FEED = 'contoso.azurecr.io/fragments/web';
const LAYER = '1'.repeat(64);
const WEB = {
  ...pauseContainer({ stdio: false, signals: [9, 15] }),
  name: 'web',
  layers: [LAYER],
  command: ['/web'],
};
const TEXT = renderFragment({ namespace: 'web', svn: 3, containers: [WEB], fragments: [] }, '2.2');
const AT = new Date('2026-11-30T00:00:00Z');

describe('policy fragments', () => {
  let signer: FragmentSigner;
  let other: FragmentSigner;
  before(async () => {
    [signer, other] = await Promise.all([makeFragmentSigner(), makeFragmentSigner()]);
  });

  function request(changes: Partial<FragmentSigning> = {}): FragmentSigning {
    return {
      text: TEXT,
      chain: signer.chain,
      privateKeyPem: signer.keyPem,
      issuer: null,
      feed: FEED,
      headerSvn: null,
      ...changes,
    };
  }

  async function checksOf(
    bytes: Uint8Array,
    expected: { issuer: string; feed?: string; minimumSvn?: number; at?: Date },
  ) {
    const signed = parseSignedFragment(bytes);
    assert.ok(typeof signed !== 'string', JSON.stringify(signed));
    return verifyFragment(signed, { feed: FEED, minimumSvn: 3, at: AT, ...expected }, nodeSignatureCrypto);
  }

  const failed = (checks: Awaited<ReturnType<typeof checksOf>>): readonly string[] =>
    checks.filter(({ status }) => status !== 'pass').map(({ id }) => id);

  for (const [what, headerSvn] of [
    ['issuer and feed in the header', null],
    ['claims in the header', 3],
  ] as const) {
    it(`O3: are verified by chain, did:x509, signature, feed and SVN, with ${what}`, async () => {
      const { bytes, issuer } = await signFragment(request({ headerSvn }));
      assert.match(issuer, /^did:x509:0:sha256:[A-Za-z0-9_-]{43}::subject:CN:Contoso%20signer%20%281%29$/);
      const checks = await checksOf(bytes, { issuer });
      assert.equal(checks.length, 6);
      assert.deepEqual(failed(checks), []);
    });
  }

  it('O3: fail the one check whose expectation they do not meet', async () => {
    const { bytes, issuer } = await signFragment(request());
    const foreign = (await signFragment(request({ chain: other.chain, privateKeyPem: other.keyPem }))).issuer;
    assert.deepEqual(failed(await checksOf(bytes, { issuer: foreign })), ['FRAGMENT_ISSUER']);
    assert.deepEqual(failed(await checksOf(bytes, { issuer, feed: 'other' })), ['FRAGMENT_FEED']);
    assert.deepEqual(failed(await checksOf(bytes, { issuer, minimumSvn: 4 })), ['FRAGMENT_SVN']);
    assert.deepEqual(failed(await checksOf(bytes, { issuer, at: new Date('2028-01-01') })), [
      'FRAGMENT_CERT_TIME',
    ]);
  });

  it('O3: fail by the signature alone where it is of another message, and by the chain where it is another’s', async () => {
    const { bytes, issuer } = await signFragment(request());
    const signed = parseSignedFragment(bytes);
    assert.ok(typeof signed !== 'string');
    const expected = { issuer, feed: FEED, minimumSvn: 3, at: AT };
    const { message } = signed;
    const signature = Uint8Array.from(message.signature);
    signature[5]! ^= 1;
    const forged = { ...signed, message: { ...message, signature } };
    assert.deepEqual(failed(await verifyFragment(forged, expected, nodeSignatureCrypto)), [
      'FRAGMENT_SIGNATURE',
    ]);
    const mixed = { ...signed, chain: [signed.chain[0]!, other.chain[1]!] };
    assert.ok(failed(await verifyFragment(mixed, expected, nodeSignatureCrypto)).includes('FRAGMENT_CHAIN'));
  });

  it('O3: fail where header and text have different SVNs', async () => {
    const { bytes, issuer } = await signFragment(request({ headerSvn: 9 }));
    assert.deepEqual(failed(await checksOf(bytes, { issuer })), ['FRAGMENT_SVN']);
  });

  it('O3: are refused with one byte changed anywhere', async () => {
    const { bytes, issuer } = await signFragment(request());
    for (let at = 0; at < bytes.length; at += 97) {
      const changed = Uint8Array.from(bytes);
      changed[at]! ^= 1;
      const signed = parseSignedFragment(changed);
      if (typeof signed === 'string') continue;
      const checks = await verifyFragment(
        signed,
        { issuer, feed: FEED, minimumSvn: 3, at: AT },
        nodeSignatureCrypto,
      );
      assert.notDeepEqual(failed(checks), [], `byte ${at}`);
    }
  });

  for (const [what, change] of [
    ['another key than the leaf’s', () => ({ privateKeyPem: other.keyPem })],
    ['a chain of the leaf alone', () => ({ chain: signer.chain.slice(0, 1) })],
    ['an issuer that the chain does not resolve', () => ({ issuer: 'did:x509:0:sha256:AAAA::subject:CN:x' })],
    ['no key at all', () => ({ privateKeyPem: 'x' })],
  ] as const) {
    it(`are not signed with ${what}`, async () => {
      await assert.rejects(signFragment(request(change())), {
        code: 'FRAGMENT_KEY_INVALID',
      });
    });
  }

  for (const [what, content] of [
    ['a package that the guest keeps for itself', { namespace: 'framework', svn: 1 }],
    ['a package that is no identifier', { namespace: 'a-b', svn: 1 }],
    ['a negative SVN', { namespace: 'web', svn: -1 }],
  ] as const) {
    it(`are not written with ${what}`, () => {
      assert.throws(() => renderFragment({ ...content, containers: [], fragments: [] }, '2.2'), {
        code: 'FRAGMENT_INVALID',
      });
    });
  }

  it('are loaded by a guest whose policy imports them as signing says, and bring their containers', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'fragment-'));
    try {
      const at = (name: string): string => join(directory, name);
      await writeFile(at('web.rego'), TEXT);
      await writeFile(at('key.pem'), signer.keyPem);
      await writeFile(at('chain.pem'), signer.chainPem);
      const files = {
        fragment: at('web.rego'),
        key: at('key.pem'),
        chain: at('chain.pem'),
        issuer: null,
        feed: FEED,
      };
      const signed = await signFragmentFile({
        ...files,
        header: 'plain',
        out: at('web.cose'),
      });
      const { issuer } = signed.import;
      const verified = await verifyFragmentFile({
        file: at('web.cose'),
        issuer,
        feed: FEED,
        minimumSvn: 3,
        at: AT,
      });
      assert.deepEqual([verified.verdict, verified.svn, verified.containers], ['accepted', '3', ['web']]);
      const message = parseSignedFragment(new Uint8Array(await readFile(at('web.cose'))));
      assert.ok(typeof message !== 'string');
      const policy = [
        'package policy',
        'api_version := "0.11.0"',
        'framework_version := "0.2.3"',
        `fragments := ${JSON.stringify([signed.import])}`,
        'load_fragment := data.framework.load_fragment',
        'mount_device := data.framework.mount_device',
      ].join('\n');
      const guest = createEnforcer(parsePolicy(policy));
      const device = { target: '/run/mounts/scsi/m0', deviceHash: LAYER };
      assert.equal(guest.mountDevice(device).allowed, false);
      assert.equal(guest.loadFragment({ issuer, feed: FEED, text: message.text }).allowed, true);
      assert.equal(guest.mountDevice(device).allowed, true);
    } finally {
      await rm(directory, { recursive: true });
    }
  });
});
