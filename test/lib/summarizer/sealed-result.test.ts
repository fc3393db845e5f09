import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { exportJWK, generalDecrypt, type GeneralJWE, generateKeyPair, importJWK, type JWK } from 'jose';

import { decodeUtf8, utf8 } from '../../../src/lib/base/bytes/arrays.js';
import type { PublicKeyJwk } from '../../../src/lib/contract/schema.js';
import { openResult, sealResult } from '../../../src/lib/summarizer/sealed-result.js';
import { requireTool, runTool } from '../../support/tools.js';

async function party(): Promise<{ publicKey: PublicKeyJwk; privateKey: JWK }> {
  const pair = await generateKeyPair('ECDH-ES+A256KW', { crv: 'P-256', extractable: true });
  return {
    publicKey: (await exportJWK(pair.publicKey)) as PublicKeyJwk,
    privateKey: await exportJWK(pair.privateKey),
  };
}

describe('sealed result', () => {
  const text = utf8('{"summary":"Two boats, one harbour."}');

  it('opens with the key of each recipient and with no other', async () => {
    const [one, two, stranger] = [await party(), await party(), await party()];
    const sealed = utf8(await sealResult(text, [one.publicKey, two.publicKey]));
    assert.deepEqual(await openResult(sealed, one.privateKey), text);
    assert.deepEqual(await openResult(sealed, two.privateKey), text);
    await assert.rejects(openResult(sealed, stranger.privateKey), { code: 'SEALED_RESULT_REJECTED' });
  });

  it('opens with JOSE tools that are not ours: the npm library and the C program', async function () {
    const [one, two] = [await party(), await party()];
    const sealed = await sealResult(text, [one.publicKey, two.publicKey]);
    const opened = await generalDecrypt(
      JSON.parse(sealed) as GeneralJWE,
      await importJWK(two.privateKey, 'ECDH-ES+A256KW'),
    );
    assert.deepEqual(opened.plaintext, text);
    requireTool(this, 'jose', ['alg']);
    const directory = mkdtempSync(join(tmpdir(), 'cleanroom-jose-'));
    try {
      writeFileSync(join(directory, 'key.jwk'), JSON.stringify(two.privateKey));
      writeFileSync(join(directory, 'result.jwe'), sealed);
      const plain = runTool(this, 'jose', [
        'jwe',
        'dec',
        '-i',
        join(directory, 'result.jwe'),
        '-k',
        join(directory, 'key.jwk'),
      ]);
      assert.equal(plain, decodeUtf8(text));
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  it('is a JWE in general form with one recipient entry a party, also for one', async () => {
    const one = await party();
    const jwe = JSON.parse(await sealResult(text, [one.publicKey])) as {
      recipients: { header: { alg: string; kid: string } }[];
    };
    assert.equal(jwe.recipients.length, 1);
    assert.equal(jwe.recipients[0]?.header.alg, 'ECDH-ES+A256KW');
    assert.match(jwe.recipients[0].header.kid, /^[A-Za-z0-9_-]{43}$/);
  });

  it('refuses any change, and whatever is no sealed result, with one code', async () => {
    const one = await party();
    const sealed = await sealResult(text, [one.publicKey]);
    const jwe = JSON.parse(sealed) as Record<string, string>;
    const flip = (member: string): string => {
      const value = jwe[member] ?? '';
      return JSON.stringify({ ...jwe, [member]: `${value.startsWith('A') ? 'B' : 'A'}${value.slice(1)}` });
    };
    for (const bad of [
      flip('ciphertext'),
      flip('tag'),
      flip('iv'),
      flip('protected'),
      '',
      '[]',
      '{}',
      sealed + '}',
    ])
      await assert.rejects(openResult(utf8(bad), one.privateKey), { code: 'SEALED_RESULT_REJECTED' });
    assert.equal(decodeUtf8(await openResult(utf8(sealed), one.privateKey)), decodeUtf8(text));
  });

  it('is never sealed to nobody', async () => {
    await assert.rejects(sealResult(text, []), { code: 'INTERNAL' });
  });
});
