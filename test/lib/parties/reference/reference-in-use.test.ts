// Which table of reference values an installation uses, and what a file can make of it.

import assert from 'node:assert/strict';
import { createPrivateKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { utf8 } from '../../../../src/lib/base/bytes/arrays.js';
import { signEs256 } from '../../../../src/lib/keys/es256.js';
import type { ReferenceTable } from '../../../../src/lib/contract/published/reference-table.js';
import { REFERENCE_VALUES } from '../../../../src/lib/contract/published/reference-values.js';
import { REFERENCE_TYPE, RELEASE_KEY } from '../../../../src/lib/contract/published/release-key.js';
import { exportPartyKey, generatePartyKey } from '../../../../src/lib/keys/party-keys.js';
import {
  applyReferenceFile,
  ownInstallation,
  type ReferenceInstallation,
  referenceInUse,
  updateReference,
} from '../../../../src/lib/parties/reference/reference-in-use.js';
import { showReference } from '../../../../src/lib/parties/reference/show-reference.js';
import { verifyReference } from '../../../../src/lib/parties/reference/verify-reference.js';
import { useTemporaryDirectory } from '../../../support/temporary-directory.js';

const NOW = new Date('2027-01-15T12:00:00Z');
const NEWER: ReferenceTable = {
  ...REFERENCE_VALUES,
  date: '2027-01-10',
  uvm: [
    { svn: 106, status: 'latest', date: '2027-01-10', source: 'a test' },
    ...REFERENCE_VALUES.uvm.map((row) => ({ ...row, status: 'current' as const })),
  ],
};
const code = (expected: string) => ({ code: expected });

describe('the table of reference values in use', () => {
  const directory = useTemporaryDirectory();
  let key: KeyObject;
  let own: ReferenceInstallation;
  let installations = 0;

  beforeEach(async () => {
    const pair = await generatePartyKey();
    key = createPrivateKey({ key: JSON.parse(exportPartyKey(pair)) as JsonWebKey, format: 'jwk' });
    own = {
      path: join(directory(), `data-${++installations}`, 'reference.jws'),
      packaged: REFERENCE_VALUES,
      releaseKey: pair.publicKey,
    };
  });

  const signed = (table: ReferenceTable, typ = REFERENCE_TYPE): string =>
    signEs256({ typ }, utf8(JSON.stringify(table)), key);
  const file = (text: string): string => {
    const path = join(directory(), 'table');
    writeFileSync(path, text);
    return path;
  };

  it('is the package’s while there is no release key, whatever lies in its place', async () => {
    assert.equal(RELEASE_KEY, null);
    await updateReference(file(signed(NEWER)), NOW, own);
    const { reference, referenceFrom } = await referenceInUse({ ...own, releaseKey: null });
    assert.deepEqual([reference.date, referenceFrom], [REFERENCE_VALUES.date, { from: 'package' }]);
    assert.equal(
      (await referenceInUse({ ...ownInstallation(), path: own.path })).reference,
      REFERENCE_VALUES,
    );
  });

  it('is a newer one once its maker signed it, for every command from then on', async () => {
    assert.equal((await updateReference(file(signed(NEWER)), NOW, own)).replaced, REFERENCE_VALUES.date);
    const { reference, referenceFrom } = await referenceInUse(own);
    assert.deepEqual([reference, referenceFrom], [NEWER, { from: 'update' }]);
    const shown = await showReference(NOW, own);
    assert.deepEqual([shown.from, shown.ageDays, shown.table], ['update', 5, NEWER]);
  });

  it('is the package’s again where that is newer than the update', async () => {
    await updateReference(file(signed(NEWER)), NOW, own);
    const packaged = { ...REFERENCE_VALUES, date: NEWER.date };
    assert.deepEqual((await referenceInUse({ ...own, packaged })).referenceFrom, { from: 'package' });
  });

  it('I38: is not one whose bytes were changed on the disk', async () => {
    await updateReference(file(signed(NEWER)), NOW, own);
    const [header, payload, signature] = readFileSync(own.path, 'utf8').split('.');
    const other = Buffer.from(
      Buffer.from(payload ?? '', 'base64url')
        .toString()
        .replace('106', '107'),
    );
    writeFileSync(own.path, `${header ?? ''}.${other.toString('base64url')}.${signature ?? ''}`);
    await assert.rejects(referenceInUse(own), code('REFERENCE_UNSIGNED'));
  });

  describe('and an update', () => {
    it('I38: is refused that nobody signed', async () => {
      await assert.rejects(
        updateReference(file(JSON.stringify(NEWER)), NOW, own),
        code('REFERENCE_UNSIGNED'),
      );
      assert.ok(!existsSync(own.path));
    });

    it('I38: is refused that another key signed, or this key as something else', async () => {
      const other = { ...own, releaseKey: (await generatePartyKey()).publicKey };
      await assert.rejects(updateReference(file(signed(NEWER)), NOW, other), code('REFERENCE_UNSIGNED'));
      await assert.rejects(updateReference(file(signed(NEWER, 'JWT')), NOW, own), code('REFERENCE_UNSIGNED'));
    });

    it('I38: is refused while there is no release key, with the way on', async () => {
      await assert.rejects(updateReference(file(signed(NEWER)), NOW, { ...own, releaseKey: null }), {
        code: 'REFERENCE_UNSIGNED',
        hint: /package only/,
      });
    });

    it('I38: is refused that is not newer, older than the package’s or than the last update', async () => {
      for (const date of [REFERENCE_VALUES.date, '2026-11-29'])
        await assert.rejects(
          updateReference(file(signed({ ...NEWER, date })), NOW, own),
          code('REFERENCE_OLDER'),
        );
      await updateReference(file(signed(NEWER)), NOW, own);
      await assert.rejects(
        updateReference(file(signed({ ...NEWER, date: '2027-01-09' })), NOW, own),
        code('REFERENCE_OLDER'),
      );
      assert.equal((await referenceInUse(own)).reference.date, NEWER.date);
    });

    it('is refused whose day is to come, or that is no table', async () => {
      await assert.rejects(
        updateReference(file(signed({ ...NEWER, date: '2027-03-01' })), NOW, own),
        code('REFERENCE_INVALID'),
      );
      const text = signEs256({ typ: REFERENCE_TYPE }, utf8('{}'), key);
      await assert.rejects(updateReference(file(text), NOW, own), code('REFERENCE_INVALID'));
      await assert.rejects(updateReference(file('{}'), NOW, own), code('REFERENCE_INVALID'));
    });
  });

  describe('and a file for one command', () => {
    it('replaces it where the maker signed it, and is not kept', async () => {
      const { reference, referenceFrom } = await applyReferenceFile(file(signed(NEWER)), NOW, own);
      assert.deepEqual([reference, referenceFrom], [NEWER, { from: 'update' }]);
      assert.ok(!existsSync(own.path));
    });

    it('I38: only makes it stricter where nobody signed it, and is named', async () => {
      const { reference, referenceFrom, refused } = await applyReferenceFile(
        file(JSON.stringify(NEWER)),
        NOW,
        own,
      );
      assert.deepEqual(
        reference.uvm.map(({ svn }) => svn),
        [104, 103, 101, 100],
      );
      assert.match(referenceFrom.unsigned ?? '', /^[0-9a-f]{64}$/);
      assert.ok(refused.some((what) => what.includes('106')));
    });

    it('I38: is refused with a signature that does not hold, rather than taken as unsigned', async () => {
      const other = { ...own, releaseKey: (await generatePartyKey()).publicKey };
      await assert.rejects(applyReferenceFile(file(signed(NEWER)), NOW, other), code('REFERENCE_UNSIGNED'));
    });

    it('I38: is refused where the maker signed it and it is older', async () => {
      const old = signed({ ...NEWER, date: '2026-11-29' });
      await assert.rejects(applyReferenceFile(file(old), NOW, own), code('REFERENCE_OLDER'));
    });

    it('is told apart by `reference verify`: whose it is, and what it would change', async () => {
      const by = await verifyReference(file(signed(NEWER)), NOW, own);
      assert.deepEqual([by.signed, by.date, by.ageDays], [true, NEWER.date, 5]);
      const unsigned = await verifyReference(file(JSON.stringify(NEWER)), NOW, own);
      assert.deepEqual([unsigned.signed, unsigned.date], [false, NEWER.date]);
      assert.ok(unsigned.stricter.length > 0 && unsigned.refused.length > 0);
      const inUse = await verifyReference(undefined, NOW, own);
      assert.deepEqual([inUse.signed, inUse.date], [true, REFERENCE_VALUES.date]);
    });
  });
});
