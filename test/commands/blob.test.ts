// blob inspect, verify and rewrap over files.

import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { concatBytes, utf8 } from '../../src/lib/bytes/arrays.js';
import type { Check } from '../../src/lib/verdict/check.js';
import type { PublicKeyJwk } from '../../src/lib/contract/schema.js';
import { TEXT_MEDIA_TYPE } from '../../src/lib/sealed-blob/header.js';
import { digestOf } from '../../src/lib/sealed-blob/payload-digest.js';
import { sealStream } from '../../src/lib/sealed-blob/seal.js';
import { signSealStatement } from '../../src/lib/sealed-blob/seal-statement.js';
import { type SealedFileView, verifySealedFile } from '../../src/lib/workflows/sealed-file.js';
import { runCleanroom, runCleanroomJson } from '../support/run-command.js';
import { chunksOf, collect, ecParty, openBytes } from '../support/sealed.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';

const CONTRACT = 'ab'.repeat(32);
const KEY = 'https://fabrikam-hsm.managedhsm.azure.net/keys/notes/0123';

describe('blob commands', () => {
  const directory = useTemporaryDirectory();
  const at = (name: string): string => join(directory(), name);
  const party = ecParty();
  const owner = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const ownerKey = owner.publicKey.export({ format: 'jwk' }) as PublicKeyJwk;
  let raw: string;

  beforeEach(async () => {
    const { header, payload } = sealStream(chunksOf(utf8('text of Fabrikam')), {
      recipients: [{ ...party.recipient, keyId: KEY }],
      protected: { cty: TEXT_MEDIA_TYPE, contract: CONTRACT, dataset: 'notes', version: '1' },
    });
    const sealed = await collect(payload);
    writeFileSync(at('notes.sealed'), concatBytes(header.raw, sealed));
    const statement = { contract: CONTRACT, dataset: 'notes', version: '1', key: KEY, iat: 1 };
    raw = signSealStatement(
      { ...statement, header: digestOf(header.raw), payload: digestOf(sealed) },
      owner.privateKey,
    );
  });

  it('show a header without any key, and no text', async () => {
    const { code, stdout } = await runCleanroom('blob', 'inspect', at('notes.sealed'));
    assert.equal(code, 0);
    assert.ok(stdout.includes(KEY) && stdout.includes('dataset     notes, version 1'));
    const { json } = await runCleanroomJson('blob', 'inspect', at('notes.sealed'));
    assert.equal((json['result'] as SealedFileView).plaintextBytes, 16);
  });

  it('refuse a file that is no sealed blob', async () => {
    writeFileSync(at('other'), 'CLNROOM1 but not really');
    assert.equal((await runCleanroomJson('blob', 'inspect', at('other'))).code, 5);
  });

  it('I18: accept the owner’s statement and refuse one by somebody else', async () => {
    const statement = { raw, ownerKey, dataset: 'notes' };
    assert.deepEqual(failed(await verifySealedFile(at('notes.sealed'), statement)), []);
    const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' });
    await assert.rejects(
      verifySealedFile(at('notes.sealed'), { ...statement, ownerKey: stranger as PublicKeyJwk }),
      { code: 'SEAL_STATEMENT_REJECTED' },
    );
  });

  it('I11: find a payload, a header and a dataset that are not those of the statement', async () => {
    const bytes = readFileSync(at('notes.sealed'));
    const payload = Buffer.from(bytes);
    payload[payload.length - 1]! ^= 1;
    writeFileSync(at('payload.sealed'), payload);
    const statement = { raw, ownerKey, dataset: 'notes' };
    assert.deepEqual(failed(await verifySealedFile(at('payload.sealed'), statement)), ['SEAL_PAYLOAD']);
    assert.deepEqual(failed(await verifySealedFile(at('notes.sealed'), { ...statement, dataset: 'other' })), [
      'SEAL_DATASET',
    ]);
  });

  it('give the data key to another recipient and change the header only', async () => {
    const other = ecParty();
    writeFileSync(at('me.jwk'), JSON.stringify(party.identity.export({ format: 'jwk' })));
    writeFileSync(at('other.pub.jwk'), JSON.stringify(other.recipient.key.export({ format: 'jwk' })));
    const before = readFileSync(at('notes.sealed'));
    const argv = ['blob', 'rewrap', at('notes.sealed'), '--identity', at('me.jwk')];
    const { code } = await runCleanroomJson(
      ...argv,
      '--to',
      at('other.pub.jwk'),
      '--out',
      at('notes.sealed'),
    );
    assert.equal(code, 0);
    const after = readFileSync(at('notes.sealed'));
    assert.ok(before.subarray(-72).equals(after.subarray(-72)));
    assert.equal(Buffer.from(await openBytes(after, other.identity)).toString(), 'text of Fabrikam');
    await assert.rejects(openBytes(after, party.identity), { code: 'SEALED_BLOB_REJECTED' });
    assert.deepEqual(
      failed(await verifySealedFile(at('notes.sealed'), { raw, ownerKey, dataset: 'notes' })),
      ['SEAL_HEADER'],
    );
    assert.equal((await runCleanroomJson(...argv, '--to', at('other.pub.jwk'), '--out', at('x'))).code, 5);
  });

  function failed(checks: readonly Check[]): readonly string[] {
    return checks.filter(({ status }) => status === 'fail').map(({ id }) => id);
  }
});
