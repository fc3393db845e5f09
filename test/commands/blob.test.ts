// blob inspect, verify and rewrap over files.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { freshKeyPairSync } from '../../src/lib/keys/fresh-key.js';
import { concatBytes, utf8 } from '../../src/lib/base/bytes/arrays.js';
import type { ContractDataset, PublicKeyJwk } from '../../src/lib/contract/schema.js';
import { headerSize, TEXT_MEDIA_TYPE } from '../../src/lib/sealed-blob/format/header.js';
import { digestOf } from '../../src/lib/sealed-blob/engine/payload-digest.js';
import { sealStream } from '../../src/lib/sealed-blob/engine/seal.js';
import { signSealStatement } from '../../src/lib/sealed-blob/statement/sign-seal-statement.js';
import { sealResult } from '../../src/lib/summarizer/sealed-result.js';
import {
  type SealedFileView,
  type SealExpectations,
  verifySealed,
} from '../../src/lib/parties/sealed-file.js';
import { openSealedPath } from '../../src/lib/parties/sealed-location.js';
import { runCleanroom, runCleanroomJson } from '../support/run-command.js';
import { chunksOf, collect, ecParty, openBytes } from '../support/sealed.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';

const CONTRACT = 'ab'.repeat(32);
const KEY = 'https://fabrikam-hsm.managedhsm.azure.net/keys/notes/0123';
const DATASET: ContractDataset = {
  id: 'notes',
  owner: 'fabrikam',
  kind: 'text',
  key: { vault: 'fabrikam-hsm.managedhsm.azure.net', name: 'notes' },
  blob: {
    account: 'https://fabrikamdata.blob.core.windows.net',
    container: 'cleanroom',
    name: 'notes.sealed',
  },
  budget: { container: 'cleanroom-budget', name: 'notes' },
};

describe('blob commands', () => {
  const directory = useTemporaryDirectory();
  const at = (name: string): string => join(directory(), name);
  const party = ecParty();
  const owner = freshKeyPairSync({ type: 'ec', curve: 'P-256' });
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
    raw = await signSealStatement(
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
    assert.doesNotMatch(stdout, /not committed to/);
  });

  it('inspect says of an earlier blob that it does not commit to its data key', async () => {
    const { code, stdout } = await runCleanroom('blob', 'inspect', 'test/vectors/sealed/small.sealed');
    assert.equal(code, 0);
    assert.match(stdout, /not committed to/);
  });

  it('decrypt opens a sealed result from its file alone, with the recipient’s key', async () => {
    const pair = freshKeyPairSync({ type: 'ec', curve: 'P-256' });
    const recipient = pair.publicKey.export({ format: 'jwk' }) as PublicKeyJwk;
    writeFileSync(at('summary.jwe'), await sealResult(utf8('{"summary":"one line"}'), [recipient]));
    writeFileSync(at('result.jwk'), JSON.stringify(pair.privateKey.export({ format: 'jwk' })), {
      mode: 0o600,
    });
    const argv = ['decrypt', at('summary.jwe'), '--identity', at('result.jwk'), '--out', at('summary.json')];
    assert.equal((await runCleanroom(...argv)).code, 0);
    assert.equal(readFileSync(at('summary.json'), 'utf8'), '{"summary":"one line"}');
  });

  it('refuse a file that is no sealed blob', async () => {
    writeFileSync(at('other'), 'CLNROOM1 but not really');
    assert.equal((await runCleanroomJson('blob', 'inspect', at('other'))).code, 5);
  });

  it('I18: accept the owner’s statement and refuse one by somebody else', async () => {
    assert.deepEqual(await failures('notes.sealed'), []);
    const stranger = freshKeyPairSync({ type: 'ec', curve: 'P-256' }).publicKey.export({ format: 'jwk' });
    await assert.rejects(failures('notes.sealed', { ownerKey: stranger as PublicKeyJwk }), {
      code: 'SEAL_STATEMENT_REJECTED',
    });
  });

  it('I11: find a payload, a header and a dataset that are not those of the statement', async () => {
    const bytes = readFileSync(at('notes.sealed'));
    const payload = Buffer.from(bytes);
    payload[payload.length - 1]! ^= 1;
    writeFileSync(at('payload.sealed'), payload);
    assert.deepEqual(await failures('payload.sealed'), ['SEAL_PAYLOAD']);
    assert.deepEqual(await failures('notes.sealed', { dataset: { ...DATASET, id: 'other' } }), [
      'SEAL_DATASET',
    ]);
    assert.deepEqual(await failures('notes.sealed', { contract: 'cd'.repeat(32) }), ['SEAL_CONTRACT']);
    const key = { ...DATASET.key, name: 'other' };
    assert.deepEqual(await failures('notes.sealed', { dataset: { ...DATASET, key } }), ['SEAL_KEY']);
  });

  it('find a payload that no sealed blob can have, without any key', async () => {
    const bytes = readFileSync(at('notes.sealed'));
    writeFileSync(at('short.sealed'), bytes.subarray(0, headerSize(bytes) + 50));
    await assert.rejects(failures('short.sealed'), { code: 'SEALED_BLOB_REJECTED' });
    bytes[headerSize(bytes)] = 41;
    writeFileSync(at('other.sealed'), bytes);
    assert.deepEqual(await failures('other.sealed'), ['SEAL_STRUCTURE', 'SEAL_PAYLOAD']);
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
    assert.deepEqual(await failures('notes.sealed'), ['SEAL_HEADER']);
    assert.equal((await runCleanroomJson(...argv, '--to', at('other.pub.jwk'), '--out', at('x'))).code, 5);
  });

  async function failures(name: string, changes: Partial<SealExpectations> = {}): Promise<readonly string[]> {
    const location = await openSealedPath(at(name));
    try {
      const expected = { statements: raw, ownerKey, contract: CONTRACT, dataset: DATASET, ...changes };
      const checks = await verifySealed(location, expected);
      return checks.filter(({ status }) => status === 'fail').map(({ id }) => id);
    } finally {
      await location.close();
    }
  }
});
