// A blob and its statement while the blob is being replaced: broken off anywhere, they agree.

import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';

import { concatBytes, utf8 } from '../../../src/lib/base/bytes/arrays.js';
import type { PublicKeyJwk } from '../../../src/lib/contract/schema.js';
import { headerSize, TEXT_MEDIA_TYPE } from '../../../src/lib/sealed-blob/format/header.js';
import { digestOf } from '../../../src/lib/sealed-blob/format/payload-digest.js';
import { sealStream } from '../../../src/lib/sealed-blob/engine/seal.js';
import { signSealStatement } from '../../../src/lib/sealed-blob/format/sign-seal-statement.js';
import {
  readStoredSeal,
  replaceWithStatement,
  statementBlob,
} from '../../../src/lib/parties/dataset-storage.js';
import type { BlobStore } from '../../../src/lib/ports/ports.js';
import { chunksOf, collect, ecParty } from '../../support/sealed.js';

const CONTRACT = 'ab'.repeat(32);
const PLACE = { account: 'https://fabrikamdata.example', container: 'cleanroom', name: 'notes.sealed' };

describe('a sealed blob that is replaced in storage', () => {
  const owner = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const ownerKey = owner.publicKey.export({ format: 'jwk' }) as PublicKeyJwk;
  const party = ecParty();
  let stored: Map<string, Uint8Array>;
  let blobs: BlobStore;

  beforeEach(() => {
    stored = new Map();
    blobs = {
      read: ({ name }) => {
        const bytes = stored.get(name);
        return Promise.resolve(bytes === undefined ? null : { bytes, etag: 'x' });
      },
      readRange: ({ name }, offset, length) =>
        Promise.resolve(stored.get(name)?.subarray(offset, offset + length) ?? null),
      write: ({ name }, bytes) => {
        stored.set(name, bytes);
        return Promise.resolve('x');
      },
      preserve: () => Promise.resolve('x'),
      ensureContainer: () => Promise.resolve(),
    };
  });

  async function sealed(version: string): Promise<{ bytes: Uint8Array; statement: string }> {
    const { header, payload } = sealStream(chunksOf(utf8(`text of version ${version}`)), {
      recipients: [party.recipient],
      protected: { cty: TEXT_MEDIA_TYPE, contract: CONTRACT, dataset: 'notes', version },
    });
    const rest = await collect(payload);
    const key = 'https://fabrikam.managedhsm.azure.net/keys/notes/0';
    const digests = { header: digestOf(header.raw), payload: digestOf(rest) };
    const statement = { contract: CONTRACT, dataset: 'notes', version, key, iat: 1, ...digests };
    return {
      bytes: concatBytes(header.raw, rest),
      statement: await signSealStatement(statement, owner.privateKey),
    };
  }

  const seal = async () => {
    const found = await readStoredSeal(PLACE, ownerKey, blobs);
    return found === null ? null : `${found.statement.version} ${found.intact ? 'intact' : 'changed'}`;
  };

  it('has a statement of its own before, while and after', async () => {
    const [first, second] = [await sealed('1'), await sealed('2')];
    assert.equal(await seal(), null);
    const put = (bytes: Uint8Array) => () => Promise.resolve(void stored.set(PLACE.name, bytes));
    const place = { blob: PLACE, blobs };
    await replaceWithStatement(place, { before: null, after: first.statement }, put(first.bytes));
    assert.equal(await seal(), '1 intact');
    const before = (await readStoredSeal(PLACE, ownerKey, blobs))!.statement;
    await replaceWithStatement(place, { before, after: second.statement }, async () => {
      assert.equal(await seal(), '1 intact');
      stored.set(PLACE.name, second.bytes);
      assert.equal(await seal(), '2 intact');
    });
    assert.equal(await seal(), '2 intact');
    assert.equal(Buffer.from(stored.get(statementBlob(PLACE).name)!).toString(), second.statement);
  });

  it('is still the old one with its statement when the replacement breaks off', async () => {
    const [first, second] = [await sealed('1'), await sealed('2')];
    stored.set(PLACE.name, first.bytes);
    stored.set(statementBlob(PLACE).name, utf8(first.statement));
    const before = (await readStoredSeal(PLACE, ownerKey, blobs))!.statement;
    const broken = replaceWithStatement({ blob: PLACE, blobs }, { before, after: second.statement }, () =>
      Promise.reject(new Error('cut')),
    );
    await assert.rejects(broken, /cut/);
    assert.equal(await seal(), '1 intact');
  });

  it('I11, I18: is told apart from what somebody put there', async () => {
    const [first, foreign] = [await sealed('1'), await sealed('7')];
    stored.set(PLACE.name, foreign.bytes);
    stored.set(statementBlob(PLACE).name, utf8(first.statement));
    assert.equal(await seal(), '1 changed');
    stored.set(PLACE.name, first.bytes.slice(0, headerSize(first.bytes) - 1));
    assert.equal(await seal(), '1 changed');
    stored.delete(PLACE.name);
    assert.equal(await seal(), '1 changed');
    const lines = [first.statement, foreign.statement, first.statement].join('\n');
    stored.set(statementBlob(PLACE).name, utf8(lines));
    await assert.rejects(seal(), { code: 'SEAL_STATEMENT_REJECTED' });
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const forged = await signSealStatement({ ...before(first.statement) }, privateKey);
    stored.set(statementBlob(PLACE).name, utf8(`${first.statement}\n${forged}`));
    await assert.rejects(seal(), { code: 'SEAL_STATEMENT_REJECTED' });
  });

  function before(statement: string): Parameters<typeof signSealStatement>[0] {
    const payload = Buffer.from(statement.split('.')[1] ?? '', 'base64url').toString();
    const { v, use, ...rest } = JSON.parse(payload) as Parameters<typeof signSealStatement>[0] & {
      v: number;
      use: string;
    };
    assert.ok(v === 1 && use === 'cleanroom-seal');
    return rest;
  }
});
