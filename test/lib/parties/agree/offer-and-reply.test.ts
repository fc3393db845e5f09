// What passes between parties in one file: the reader takes nothing from it that its sender did not sign, and nothing else.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { CleanroomError } from '../../../../src/lib/base/errors.js';
import { generatePartyKey } from '../../../../src/lib/keys/party-keys.js';
import {
  cleanFileKind,
  parseCleanFile,
  readCleanFile,
  writeCleanFile,
} from '../../../../src/lib/parties/agree/clean-file.js';
import { writeZip } from '../../../../src/lib/base/files/zip/write-zip.js';
import {
  signAccess,
  signTransfer,
  verifyAccess,
  verifyTransfer,
} from '../../../../src/lib/parties/agree/party-statement.js';
import { openAccess, sealAccess } from '../../../../src/lib/parties/agree/sealed-access.js';
import { findProfile } from '../../../../src/lib/parties/profile.js';
import { claimDirectory, requireDirectoryOf } from '../../../../src/lib/parties/directory-party.js';

const CONTRACT = 'a'.repeat(64);

describe('files between the parties', () => {
  const directory = mkdtempSync(join(tmpdir(), 'cleanroom-files-'));
  after(() => {
    rmSync(directory, { recursive: true, force: true });
  });

  it('are of one kind, which a command asks for', async () => {
    const path = join(directory, 'fabrikam.cleanroom');
    await writeCleanFile(path, { kind: 'card', texts: { 'card.json': '{}' } });
    assert.equal((await readCleanFile(path, 'card')).texts['card.json'], '{}');
    await assert.rejects(readCleanFile(path, 'offer'), hasCode('CLEANROOM_FILE_OTHER'));
  });

  it('I37: bring no profile, no anchors and nothing else of the reader’s own', () => {
    const card = { name: 'card.json', bytes: Buffer.from('{}') };
    for (const name of ['cleanroom.config.yaml', 'anchors.json', 'room.lock.json']) {
      const zip = writeZip([card, { name, bytes: Buffer.from('{}') }]);
      assert.throws(() => parseCleanFile(zip, 'card'), hasCode('CLEANROOM_FILE_INVALID'));
    }
    assert.equal(cleanFileKind(Buffer.from('{"card.json": 1}')), null);
  });

  it('name a transfer key that the host signed for this contract, and no other', async () => {
    const host = await generatePartyKey();
    const { publicKey: key } = await generatePartyKey();
    const jws = await signTransfer({ v: 1, contract: CONTRACT, party: 'contoso', key }, host);
    const expected = { party: 'contoso', key: host.publicKey, contract: CONTRACT };
    assert.deepEqual(verifyTransfer(jws, expected).key, key);
    const refused = hasCode('CLEANROOM_FILE_INVALID');
    assert.throws(() => verifyTransfer(jws, { ...expected, key }), refused);
    assert.throws(() => verifyTransfer(jws, { ...expected, contract: 'b'.repeat(64) }), refused);
    assert.throws(() => verifyTransfer(jws, { ...expected, party: 'fabrikam' }), refused);
    assert.throws(() => verifyAccess(jws, expected), refused);
    const offCurve = { ...key, y: key.x };
    const forged = await signTransfer({ v: 1, contract: CONTRACT, party: 'contoso', key: offCurve }, host);
    assert.throws(() => verifyTransfer(forged, expected), refused);
  });

  it('keep the access to storage to the host that holds the transfer key', async () => {
    const [owner, transfer, other] = await Promise.all([
      generatePartyKey(),
      generatePartyKey(),
      generatePartyKey(),
    ]);
    const access = [{ variable: 'CLEANROOM_SAS_DATASET_NOTES', query: 'sv=1&sig=x' }];
    const statement = { v: 1, contract: CONTRACT, party: 'fabrikam', exp: 2, access } as const;
    const sealed = await sealAccess(await signAccess({ ...statement, access }, owner), transfer.publicKey);
    assert.ok(!sealed.includes('sig'));
    const expected = { party: 'fabrikam', key: owner.publicKey, contract: CONTRACT };
    assert.deepEqual(verifyAccess(await openAccess(sealed, transfer), expected).access, access);
    await assert.rejects(openAccess(sealed, other), hasCode('CLEANROOM_FILE_INVALID'));
  });
});

describe('a directory of a party', () => {
  const directory = mkdtempSync(join(tmpdir(), 'cleanroom-party-'));
  after(() => {
    rmSync(directory, { recursive: true, force: true });
  });
  const search = { workingDirectory: directory, emulatorDirectory: null };
  const profile = (party: string): string => `{ party: ${party}, tenant: t }`;

  it('takes its own party’s profile, and refuses one of another party', async () => {
    writeFileSync(
      join(directory, 'cleanroom.config.yaml'),
      `party: fabrikam\nprofiles:\n  host: ${profile('contoso')}\n  mine: ${profile('fabrikam')}\n`,
    );
    assert.equal((await findProfile({ ...search, name: undefined })).name, 'mine');
    await assert.rejects(findProfile({ ...search, name: 'host' }), hasCode('PROFILE_OF_ANOTHER_PARTY'));
  });

  it('stays with its party', async () => {
    await claimDirectory(directory, 'fabrikam', null);
    await assert.rejects(requireDirectoryOf(directory, 'contoso'), hasCode('PROFILE_OF_ANOTHER_PARTY'));
  });
});

function hasCode(code: string): (error: unknown) => boolean {
  return (error) => error instanceof CleanroomError && error.code === code;
}
