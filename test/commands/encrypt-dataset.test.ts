// `encrypt --dataset`, `blob` and `key` against a local Azure, as Fabrikam runs them: processes, real services, one contract.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve as resolvePath } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import type { BlockBlobClient } from '@azure/storage-blob';

import { freshKeyPairSync } from '../../src/lib/keys/fresh-key.js';
import { blobClient, createBlobStore, createSasIssuer } from '../../src/lib/azure/blob-store.js';
import { openKeyVault } from '../../src/lib/azure/key-vault.js';
import { openStoredBlob } from '../../src/lib/azure/stored-blob.js';
import { MAX_CHARACTERS } from '../../src/lib/summarizer/size-limits.js';
import type { EncryptResult } from '../../src/lib/parties/encrypt-dataset.js';
import type { EncryptionPreview } from '../../src/lib/parties/plan-encryption.js';
import type { SealedFileView } from '../../src/lib/parties/sealed-file.js';
import { type AgreedParties, startAgreedParties } from '../support/agreed-parties.js';
import type { CommandRun } from '../support/run-command.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';
import { connectionOf } from '../../src/lib/attack-kit/stage/connection-of.js';

const PROGRAM = resolvePath('bin/run.js');
const CANARY = 'The launch codeword is tangerine-9417-walrus.';
const DATASET = ['-f', 'contract.yaml', '--dataset', 'notes'];

interface Verified {
  readonly verdict: string;
  readonly checks: readonly { readonly id: string; readonly status: string }[];
}

/* A request of a killed sender may still be served: waits until nothing is made any more. */
async function settled(list: () => Promise<readonly unknown[]>): Promise<void> {
  for (let count = -1, now = (await list()).length; now !== count; now = (await list()).length) {
    count = now;
    await delay(4_000);
  }
}

describe('a dataset from its owner to storage', function () {
  this.timeout(120_000);
  const root = useTemporaryDirectory();
  const at = (name: string): string => join(root(), 'fabrikam', name);
  let parties: AgreedParties;
  let blob: BlockBlobClient;
  let statement: BlockBlobClient;

  before(async () => {
    parties = await startAgreedParties(root());
    writeFileSync(at('notes.txt'), `${CANARY}\n`.repeat(50));
    const { privateKey } = freshKeyPairSync({ type: 'ec', curve: 'P-256' });
    writeFileSync(at('own.jwk'), JSON.stringify(privateKey.export({ format: 'jwk' })), { mode: 0o600 });
    const { d, ...half } = privateKey.export({ format: 'jwk' });
    assert.ok(d !== undefined);
    writeFileSync(at('own.pub.jwk'), JSON.stringify(half));
    const place = parties.agreement.parsed.contract.datasets[0]!.blob;
    const connection = await connectionOf(parties.workspace.fabrikam);
    blob = await blobClient(connection, place);
    statement = await blobClient(connection, { ...place, name: `${place.name}.jws` });
  });

  after(() => parties.stop());

  const encrypt = (source: string, ...argv: string[]): Promise<EncryptResult> =>
    parties.fabrikam.result<EncryptResult>('encrypt', source, ...DATASET, ...argv);
  const verify = (...argv: string[]): Promise<Verified> =>
    parties.fabrikam.result<Verified>('blob', 'verify', ...argv, ...DATASET);
  const inspect = (...argv: string[]): Promise<SealedFileView> =>
    parties.fabrikam.result<SealedFileView>('blob', 'inspect', ...argv);
  const codeOf = ({ stdout }: CommandRun): string | undefined =>
    (JSON.parse(stdout) as { error?: { code: string } }).error?.code;

  const versions = async () => {
    const { key } = parties.agreement.parsed.contract.datasets[0]!;
    const vault = await openKeyVault(await connectionOf(parties.workspace.fabrikam), key.vault);
    return vault.versions(key.name);
  };
  /** Runs a command and kills it once it has said that it is in `phase`, or lets it end if it is quicker. */
  const killAt = (phase: string, argv: readonly string[], delayMs = 20): Promise<void> =>
    new Promise((resolve) => {
      const child = spawn(process.execPath, [PROGRAM, ...argv], {
        cwd: at('.'),
        env: { PATH: process.env['PATH'], ...parties.environment },
      });
      child.stderr.on('data', (chunk: Buffer) => {
        if (chunk.toString().includes(phase)) setTimeout(() => child.kill('SIGKILL'), delayMs);
      });
      child.on('close', () => resolve());
    });

  it('says beforehand what it will do, and changes nothing', async () => {
    const plan = await parties.fabrikam.result<EncryptionPreview>(
      'encrypt',
      'notes.txt',
      ...DATASET,
      '--dry-run',
    );
    assert.equal(plan.then, 'created');
    assert.equal(plan.key.step, 'create');
    assert.ok(plan.sealedBytes! > 2300 && plan.documents === 1);
    assert.equal(await blob.exists(), false);
    assert.equal(codeOf(await parties.fabrikam.run('key', 'show', ...DATASET, '--json')), 'KEY_NOT_FOUND');
    assert.deepEqual(readdirSync(at('.')).includes('.cleanroom'), false);
  });

  it('does not overwrite what somebody else stored under the name', async () => {
    const place = parties.agreement.parsed.contract.datasets[0]!.blob;
    await createBlobStore(await connectionOf(parties.workspace.fabrikam)).ensureContainer(place);
    await blob.upload('somebody else', 13);
    const run = await parties.fabrikam.run('encrypt', 'notes.txt', ...DATASET, '--json');
    assert.equal(codeOf(run), 'BLOB_NAME_TAKEN');
    assert.equal(run.code, 6);
    assert.equal((await blob.downloadToBuffer()).toString(), 'somebody else');
    await blob.delete();
  });

  it('goes on with the key and the sealed bytes of a run that failed', async () => {
    const sealed = readFileSync(at('.cleanroom/notes.v1.sealed'));
    assert.ok(!sealed.includes(CANARY));
    assert.equal((await versions()).length, 1);
    const result = await encrypt('notes.txt');
    assert.equal(result.outcome, 'created');
    assert.equal((await versions()).length, 1);
    assert.ok(sealed.equals(await blob.downloadToBuffer()));
    assert.deepEqual(readdirSync(at('.cleanroom')), ['notes.json']);
    assert.equal((await encrypt('notes.txt')).outcome, 'unchanged');
  });

  it('keeps each dataset version where no write can reach it', async () => {
    const before = await blob.downloadToBuffer();
    writeFileSync(at('notes.txt'), `${CANARY} Second version.\n`);
    const result = await encrypt('notes.txt', '--to', 'own.pub.jwk');
    assert.equal(result.version, '2');
    assert.equal(result.disabledKeys.length, 1);
    const kept = await blob.withSnapshot(result.preserved!).downloadToBuffer();
    assert.ok(kept.equals(await blob.downloadToBuffer()) && !kept.equals(before));
  });

  it('is checked in storage without a key: header, length, segments, and both digests', async () => {
    const { verdict, checks } = await verify();
    assert.equal(verdict, 'accepted');
    assert.deepEqual(
      checks.map(({ id }) => id),
      [
        'SEAL_STRUCTURE',
        'SEAL_SIGNATURE',
        'SEAL_CONTRACT',
        'SEAL_DATASET',
        'SEAL_KEY',
        'SEAL_PROTECTED',
        'SEAL_HEADER',
        'SEAL_PAYLOAD',
      ],
    );
    assert.equal((await verify(blob.url)).verdict, 'accepted');
    assert.equal((await inspect(blob.url)).recipients.length, 2);
  });

  it('names one fingerprint for the key in vault, header and statement', async () => {
    const { fingerprint, id } = await parties.fabrikam.result<{ fingerprint: string; id: string }>(
      'key',
      'show',
      ...DATASET,
    );
    const [recipient] = (await inspect(...DATASET)).recipients;
    assert.equal(recipient?.jkt, fingerprint);
    assert.equal(recipient.kid, id);
  });

  it('is given to a new key version by its header alone, and can be read at every moment', async () => {
    const blocks = async () => (await blob.getBlockList('committed')).committedBlocks!;
    const [oldHeader, ...payload] = await blocks();
    const rewrapped = await parties.fabrikam.result<SealedFileView & { key: string }>(
      'blob',
      'rewrap',
      ...DATASET,
      '--identity',
      'own.jwk',
    );
    const [newHeader, ...same] = await blocks();
    assert.notEqual(oldHeader!.name, newHeader!.name);
    assert.deepEqual(same, payload);
    assert.equal(rewrapped.recipients.length, 1);
    assert.equal((await verify()).verdict, 'accepted');
    const refused = await parties.run(['blob', 'rewrap', ...DATASET, '--identity', 'own.jwk', '--json']);
    assert.equal(codeOf(refused), 'SEALED_BLOB_REJECTED');
    assert.equal((await verify()).verdict, 'accepted');
  });

  it('I11: refuses in storage an older blob, a changed payload, and a blob without a statement', async () => {
    const good = await blob.downloadToBuffer();
    const words = await statement.downloadToBuffer();
    const changed = Buffer.from(good);
    changed[changed.length - 1]! ^= 1;
    await blob.upload(changed, changed.length);
    const { verdict, checks } = await verify();
    assert.equal(verdict, 'refused');
    assert.deepEqual(
      checks.filter(({ status }) => status === 'fail').map(({ id }) => id),
      ['SEAL_PAYLOAD'],
    );
    await blob.upload(good, good.length);
    await statement.delete();
    const bare = await parties.run(['blob', 'verify', ...DATASET, '--json']);
    assert.equal(codeOf(bare), 'BLOB_MISSING');
    await statement.upload(words, words.length);
    assert.equal((await verify()).verdict, 'accepted');
  });

  it('is not read on, nor given another header, when somebody replaces it meanwhile', async () => {
    const connection = await connectionOf(parties.workspace.fabrikam);
    const open = () => openStoredBlob(connection, parties.agreement.parsed.contract.datasets[0]!.blob);
    const [location, header] = [await open(), (await inspect(...DATASET)).header.bytes];
    const bytes = await location.read(0, location.size);
    const old = bytes.subarray(0, header);
    // Whole, as somebody without our blocks would put it there.
    await blob.upload(bytes, bytes.length);
    await assert.rejects(location.read(0, 12), { code: 'BLOB_CHANGED' });
    await assert.rejects(location.stream(0)[Symbol.asyncIterator]().next(), { code: 'BLOB_CHANGED' });
    await assert.rejects(location.replaceHeader(old, old), { code: 'BLOB_CHANGED' });
    await assert.rejects((await open()).replaceHeader(old, old), { code: 'BLOB_HEADER_NOT_APART' });
    assert.ok((await blob.downloadToBuffer()).equals(bytes));
  });

  it('takes a directory as one dataset, names inside the seal', async () => {
    mkdirSync(at('brief/more'), { recursive: true });
    writeFileSync(at('brief/one.txt'), `${CANARY}\n`);
    writeFileSync(at('brief/more/tangerine.txt'), 'two\n');
    const result = await encrypt('brief', '--to', 'own.pub.jwk');
    assert.equal(result.outcome, 'new-version');
    const sealed = await blob.downloadToBuffer();
    assert.ok(!sealed.includes('tangerine') && !sealed.includes('one.txt'));
    writeFileSync(at('stored.sealed'), sealed);
    await parties.fabrikam.result('decrypt', 'stored.sealed', '--identity', 'own.jwk', '--out', 'opened');
    assert.equal(readFileSync(at('opened/more/tangerine.txt'), 'utf8'), 'two\n');
    assert.equal((await encrypt('brief', '--to', 'own.pub.jwk')).outcome, 'unchanged');
    const { publicKey } = freshKeyPairSync({ type: 'ec', curve: 'P-256' });
    writeFileSync(at('further.pub.jwk'), JSON.stringify(publicKey.export({ format: 'jwk' })));
    const further = ['--to', 'own.pub.jwk', '--to', 'further.pub.jwk'];
    assert.equal(
      (await encrypt('brief', ...further)).outcome,
      'new-version',
      'a key that it does not have yet',
    );
    assert.equal((await encrypt('brief/*.txt')).outcome, 'new-version');
  });

  it('takes a pipe', async () => {
    const { code, stdout } = await parties.run(['encrypt', '-', ...DATASET, '--json'], { stdin: CANARY });
    assert.equal(code, 0, stdout);
    assert.equal((JSON.parse(stdout) as { result: EncryptResult }).result.outcome, 'new-version');
  });

  it('says of a pipe that is refused which key was made for it; the next run seals to that one', async () => {
    const keys = await versions();
    const hints: string[] = [];
    for (const [stdin, expected] of [
      ['x'.repeat(MAX_CHARACTERS + 1), 'TEXT_TOO_LARGE'],
      [' \n\t', 'TEXT_EMPTY'],
      ['a\0b', 'TEXT_BINARY'],
    ] as const) {
      const run = await parties.run(['encrypt', '-', ...DATASET, '--json'], { stdin });
      assert.equal(codeOf(run), expected);
      hints.push((JSON.parse(run.stdout) as { error: { hint: string } }).error.hint);
      assert.equal((await versions()).length, keys.length + 1, 'one key version for all these runs');
    }
    const made = (await versions()).find(({ id }) => !keys.some((key) => key.id === id));
    assert.deepEqual(
      readdirSync(at('.cleanroom')).filter((name) => name !== 'notes.json'),
      [],
      'nothing half sealed',
    );
    assert.ok(made !== undefined && hints[0]?.includes(made.id), hints[0]);
    const { code, stdout } = await parties.run(['encrypt', '-', ...DATASET, '--json'], { stdin: CANARY });
    assert.equal(code, 0, stdout);
    assert.equal((JSON.parse(stdout) as { result: EncryptResult }).result.key, made.id);
    assert.equal((await versions()).filter(({ enabled }) => enabled).length, 1);
  });

  it('I11: seals to one key again only when told to, says what that costs, and lint finds it', async () => {
    const { key, version } = await encrypt('notes.txt');
    const { code, stdout } = await parties.run(['encrypt', 'brief', ...DATASET, '--key', key, '--json']);
    assert.equal(code, 0, stdout);
    const { result, warnings } = JSON.parse(stdout) as { result: EncryptResult; warnings: string[] };
    assert.equal(result.key, key);
    assert.equal(Number(result.version), Number(version) + 1);
    assert.deepEqual(result.disabledKeys, []);
    assert.match(warnings.join(), /an older blob/);
    const { findings } = await parties.fabrikam.result<{ findings: { id: string }[] }>(
      'key',
      'lint',
      ...DATASET,
    );
    assert.ok(findings.some(({ id }) => id === 'PATH_KEY_REUSED'));
    const foreign = await parties.run([
      'encrypt',
      'brief',
      ...DATASET,
      '--key',
      key.replace('notes', 'other'),
      '--json',
    ]);
    assert.equal(codeOf(foreign), 'USAGE');
  });

  it('loses nothing when encrypt is killed with -9, wherever it is: the same command goes on', async () => {
    writeFileSync(at('long.txt'), `${CANARY} Long.\n`.repeat(300_000));
    const before = Number(
      (await parties.fabrikam.result<SealedFileView>('blob', 'inspect', ...DATASET)).protected.version,
    );
    const keys = await versions();
    for (const phase of ['sealing', 'uploading', 'uploading']) {
      await killAt(phase, ['encrypt', 'long.txt', ...DATASET]);
      const { verdict, checks } = await verify();
      assert.equal(verdict, 'accepted', JSON.stringify(checks.filter(({ status }) => status === 'fail')));
    }
    const interrupted = readFileSync(at(`.cleanroom/notes.v${before + 1}.sealed`));
    const result = await encrypt('long.txt');
    assert.equal(Number(result.version), before + 1);
    assert.equal((await versions()).length, keys.length + 1, 'one key version for all these runs');
    assert.ok(interrupted.equals(await blob.downloadToBuffer()), 'the bytes that were sealed first');
    assert.equal((await versions()).filter(({ enabled }) => enabled).length, 1);
    assert.equal((await verify()).verdict, 'accepted');
  });

  it('leaves whole versions alone when key rotate is killed with -9, and the next run takes up the latest', async () => {
    const other = readFileSync(at('contract.yaml'), 'utf8').replace(
      'maxCharacters: 900',
      'maxCharacters: 899',
    );
    const ofContoso = join(root(), 'contoso', 'other.yaml');
    for (const path of [at('other.yaml'), ofContoso]) writeFileSync(path, other);
    await parties.fabrikam.result('contract', 'sign', '-f', 'other.yaml');
    await parties.contoso.result('contract', 'sign', '-f', 'other.yaml');
    const consent = 'other.contoso.consent.jws';
    cpSync(join(root(), 'contoso', consent), at(consent));
    const rotate = ['key', 'rotate', '-f', 'other.yaml', '--dataset', 'notes'];
    const keys = await versions();
    for (const pause of [0, 150]) await killAt('new version of key', rotate, pause);
    await settled(versions);
    const first = await parties.fabrikam.result<{ key: { id: string } }>(...rotate);
    const again = await parties.fabrikam.result<{ key: { id: string } }>(...rotate);
    assert.equal(again.key.id, first.key.id);
    // A request that was on its way when its sender was killed may still be served: at most one version a run.
    const made = (await versions()).length - keys.length;
    assert.ok(made >= 1 && made <= 3, `${made} versions`);
    const rewrap = await parties.run(['blob', 'rewrap', ...DATASET, '--identity', 'own.jwk', '--json']);
    assert.equal(codeOf(rewrap), 'KEY_NOT_BOUND', 'the latest version is for another policy');
  });

  it('seals to a version that key create made, of the kind that was asked for', async () => {
    const made = await parties.fabrikam.result<{ id: string }>('key', 'create', ...DATASET, '--kind', 'ec');
    const result = await encrypt('notes.txt', '--to', 'own.pub.jwk');
    assert.equal(result.key, made.id);
    const [recipient] = (await inspect(...DATASET)).recipients;
    assert.equal(recipient?.alg, 'ECDH-ES+A256KW');
    assert.equal(recipient.kid, made.id);
  });

  it('seals to the version that key rotate made for another contract, and to none besides', async () => {
    const next = readFileSync(at('contract.yaml'), 'utf8').replace(
      'maxCharacters: 900',
      'maxCharacters: 898',
    );
    const ofContoso = join(root(), 'contoso', 'next.yaml');
    for (const path of [at('next.yaml'), ofContoso]) writeFileSync(path, next);
    await parties.fabrikam.result('contract', 'sign', '-f', 'next.yaml');
    await parties.contoso.result('contract', 'sign', '-f', 'next.yaml');
    cpSync(join(root(), 'contoso', 'next.contoso.consent.jws'), at('next.contoso.consent.jws'));
    const dataset = ['-f', 'next.yaml', '--dataset', 'notes'];
    const made = await parties.fabrikam.result<{ key: { id: string } }>('key', 'rotate', ...dataset);
    const before = await versions();
    const result = await parties.fabrikam.result<EncryptResult>('encrypt', 'notes.txt', ...dataset);
    assert.equal(result.key, made.key.id);
    assert.deepEqual(
      (await versions()).filter(({ enabled }) => enabled).map(({ id }) => id),
      [made.key.id],
    );
    assert.equal((await versions()).length, before.length);
    await encrypt('notes.txt');
  });

  it('shows who may do what with the key', async () => {
    const { stdout } = await parties.run(['key', 'show', ...DATASET]);
    assert.match(stdout, /x-ms-sevsnpvm-hostdata\s+equals\s+[0-9a-f]{64}/);
    assert.match(stdout, /who may do what[\s\S]*Crypto Service Release User.*have it released/);
  });

  describe('X1: uploaded with a SAS', () => {
    const issue = async (permissions: string, minutes: number, scope: 'blob' | 'container' = 'container') =>
      createSasIssuer(await connectionOf(parties.workspace.fabrikam)).issue({
        blob: parties.agreement.parsed.contract.datasets[0]!.blob,
        scope,
        permissions,
        expiresAt: new Date(Date.now() + minutes * 60_000),
      });
    const upload = (sas: string, argv: readonly string[] = ['--sas', 'env:SAS']) =>
      parties.run(['encrypt', 'notes.txt', ...DATASET, ...argv, '--json'], { env: { SAS: sas } });

    it('needs no login to storage, and never takes or shows the SAS', async () => {
      writeFileSync(at('notes.txt'), `${CANARY} By SAS.\n`);
      const sas = await issue('rcw', 10);
      const run = await upload(sas);
      assert.equal(run.code, 0, run.stdout);
      assert.ok(!(run.stdout + run.stderr).includes(new URLSearchParams(sas).get('sig')!));
      writeFileSync(at('upload.sas'), `?${sas}\n`);
      assert.equal((await upload('', ['--sas', 'upload.sas'])).code, 0);
      assert.equal(codeOf(await upload('', ['--sas', sas])), 'USAGE');
      assert.equal((await verify('--sas', 'upload.sas')).verdict, 'accepted');
    });

    it('is refused beforehand where it cannot do the work', async () => {
      assert.equal(codeOf(await upload(await issue('r', 10))), 'SAS_TOO_NARROW');
      assert.equal(codeOf(await upload(await issue('rcw', 10, 'blob'))), 'SAS_TOO_NARROW');
      assert.equal(codeOf(await upload('sv=1&sig=x')), 'SAS_INVALID');
      const sas = await issue('rcw', 10);
      assert.equal(
        codeOf(await upload(sas.replace(/se=[^&]*/, 'se=2020-01-01T00%3A00%3A00Z'))),
        'SAS_EXPIRED',
      );
      assert.equal(
        codeOf(await upload(sas.replace(/st=[^&]*/, 'st=2099-01-01T00%3A00%3A00Z'))),
        'SAS_NOT_YET_VALID',
      );
    });

    it('is named as the cause where storage refuses it', async () => {
      const sas = await issue('rcw', 10);
      assert.equal(codeOf(await upload(sas.replace(/sig=[^&]*/, 'sig=AAAA'))), 'SAS_REFUSED');
    });
  });
});
