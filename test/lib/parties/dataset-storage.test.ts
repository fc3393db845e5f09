// A blob and its statement while the blob is being replaced: broken off anywhere, they agree.

import assert from 'node:assert/strict';

import { freshKeyPairSync } from '../../../src/lib/keys/fresh-key.js';
import { concatBytes, utf8 } from '../../../src/lib/base/bytes/arrays.js';
import type { PublicKeyJwk } from '../../../src/lib/contract/schema.js';
import { headerSize, TEXT_MEDIA_TYPE } from '../../../src/lib/sealed-blob/format/header.js';
import { digestOf } from '../../../src/lib/sealed-blob/engine/payload-digest.js';
import { sealStream } from '../../../src/lib/sealed-blob/engine/seal.js';
import { signSealStatement } from '../../../src/lib/sealed-blob/statement/sign-seal-statement.js';
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
  const owner = freshKeyPairSync({ type: 'ec', curve: 'P-256' });
  const ownerKey = owner.publicKey.export({ format: 'jwk' }) as PublicKeyJwk;
  const party = ecParty();
  let stored: Map<string, Uint8Array>;
  let blobs: BlobStore;

  beforeEach(() => {
    stored = new Map();
    const etagOf = (bytes: Uint8Array): string => digestOf(bytes).sha256;
    blobs = {
      read: ({ name }) => {
        const bytes = stored.get(name);
        return Promise.resolve(bytes === undefined ? null : { bytes, etag: etagOf(bytes) });
      },
      etag: ({ name }) => {
        const bytes = stored.get(name);
        return Promise.resolve(bytes === undefined ? null : etagOf(bytes));
      },
      readRange: ({ name }, offset, length) =>
        Promise.resolve(stored.get(name)?.subarray(offset, offset + length) ?? null),
      write: ({ name }, bytes, condition) => {
        const present = stored.get(name);
        const etag = present === undefined ? undefined : etagOf(present);
        if (condition === 'create' && etag !== undefined) return Promise.resolve(null);
        if (typeof condition === 'object' && condition.etag !== etag) return Promise.resolve(null);
        stored.set(name, bytes);
        return Promise.resolve(etagOf(bytes));
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
    const before = (await readStoredSeal(PLACE, ownerKey, blobs))!;
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
    const before = (await readStoredSeal(PLACE, ownerKey, blobs))!;
    const broken = replaceWithStatement({ blob: PLACE, blobs }, { before, after: second.statement }, () =>
      Promise.reject(new Error('cut')),
    );
    await assert.rejects(broken, /cut/);
    assert.equal(await seal(), '1 intact');
  });

  it('keeps a statement of its own when two replacements cross, whichever is let through', async () => {
    for (const winner of ['2', '3']) {
      const [first, second, third] = [await sealed('1'), await sealed('2'), await sealed('3')];
      const place = { blob: PLACE, blobs };
      stored.clear();
      await replaceWithStatement(place, { before: null, after: first.statement }, () =>
        Promise.resolve(void stored.set(PLACE.name, first.bytes)),
      );
      const seen = async () => (await readStoredSeal(PLACE, ownerKey, blobs))!;
      const late = () => Promise.reject(new Error('too late'));
      const outer = replaceWithStatement(
        place,
        { before: await seen(), after: second.statement },
        async () => {
          // Planned while the outer one is under way, and through before it.
          const put = () => Promise.resolve(void stored.set(PLACE.name, third.bytes));
          const inner = { before: await seen(), after: third.statement };
          if (winner === '3') return replaceWithStatement(place, inner, put).then(late);
          await assert.rejects(replaceWithStatement(place, inner, late), /too late/);
          stored.set(PLACE.name, second.bytes);
        },
      );
      if (winner === '3') await assert.rejects(outer, /too late/);
      else await outer;
      assert.equal(await seal(), `${winner} intact`);
    }
  });

  it('is not replaced where another replacement is through since it was planned', async () => {
    const [first, second, third] = [await sealed('1'), await sealed('2'), await sealed('3')];
    const place = { blob: PLACE, blobs };
    const put = (bytes: Uint8Array) => () => Promise.resolve(void stored.set(PLACE.name, bytes));
    await replaceWithStatement(place, { before: null, after: first.statement }, put(first.bytes));
    const before = (await readStoredSeal(PLACE, ownerKey, blobs))!;
    await replaceWithStatement(place, { before, after: second.statement }, put(second.bytes));
    await assert.rejects(replaceWithStatement(place, { before, after: third.statement }, put(third.bytes)), {
      code: 'BLOB_CHANGED',
    });
    assert.equal(await seal(), '2 intact');
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
    const lines = Array.from({ length: 5 }, () => first.statement).join('\n');
    stored.set(statementBlob(PLACE).name, utf8(lines));
    await assert.rejects(seal(), { code: 'SEAL_STATEMENT_REJECTED' });
    const { privateKey } = freshKeyPairSync({ type: 'ec', curve: 'P-256' });
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
