// A transparency log in a blob, by commands against the local Azure: several keepers, and a storage that lies about the past.

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { BlockBlobClient } from '@azure/storage-blob';

import { parseLog, renderEntry } from '../../src/lib/evidence/transparency-log.js';
import { decodeUtf8, utf8 } from '../../src/lib/base/bytes/arrays.js';
import { sha256Hex } from '../../src/lib/base/bytes/digest.js';
import { exportPartyKey, generatePartyKey } from '../../src/lib/keys/party-keys.js';
import type { RunningEmulator } from '../../src/lib/emulator/emulator.js';
import { openLogBlob } from '../../src/lib/parties/log-store.js';
import type { BlobStore, StoredBlob, WriteCondition } from '../../src/lib/ports/ports.js';
import { runProcess } from '../support/cleanroom-process.js';
import { exampleContract } from '../support/contract.js';
import { credentialOf, startTestEmulator } from '../support/local-azure.js';
import { runCleanroomJson } from '../support/run-command.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';

interface Run {
  readonly code: number;
  readonly result: Readonly<Record<string, unknown>>;
  readonly error: { readonly code: string } | undefined;
}

describe('a transparency log in a blob', function () {
  this.timeout(120_000);
  const root = useTemporaryDirectory();
  const at = (name: string): string => join(root(), name);
  let emulator: RunningEmulator;
  let log: string;
  let blob: BlockBlobClient;

  const run = async (...argv: string[]): Promise<Run> => {
    const { code, json } = await runCleanroomJson(...argv, '--profile', 'fabrikam');
    return { code, result: json['result'] as Run['result'], error: json['error'] as Run['error'] };
  };
  const append = (...files: string[]): Promise<Run> =>
    run('log', 'append', log, ...files.map(at), '--kind', 'deployment', '--key', at('fabrikam.jwk'));
  const verify = (...argv: string[]): Promise<Run> =>
    run('log', 'verify', log, '-f', at('contract.json'), ...argv);
  const failed = ({ result }: Run): readonly string[] =>
    (result['checks'] as { id: string; status: string }[])
      .filter(({ status }) => status === 'fail')
      .map(({ id }) => id);
  const stored = async (): Promise<string> => (await blob.downloadToBuffer()).toString('utf8');
  const put = (text: string): Promise<unknown> => blob.upload(text, Buffer.byteLength(text));

  before(async () => {
    emulator = await startTestEmulator(at('emulator'));
    process.env['CLEANROOM_EMULATOR_DIR'] = emulator.directory;
    const { storageAccount } = emulator.parties.find(({ name }) => name === 'fabrikam')!;
    log = `${storageAccount}/audit/audit.log`;
    blob = new BlockBlobClient(log, await credentialOf(emulator, 'fabrikam'), {
      tlsOptions: { ca: readFileSync(emulator.tlsRootsPath, 'utf8') },
    } as object);
    const key = await generatePartyKey();
    const contract = exampleContract();
    contract.parties[1]!.contractKey = key.publicKey;
    writeFileSync(at('contract.json'), JSON.stringify(contract));
    writeFileSync(at('fabrikam.jwk'), exportPartyKey(key), { mode: 0o600 });
    for (let index = 0; index < 16; index++) writeFileSync(at(`d${index}.json`), `{"n":${index}}`);
    mkdirSync(at('home'));
  });

  after(async () => {
    delete process.env['CLEANROOM_EMULATOR_DIR'];
    await emulator.stop();
  });

  it('takes entries once, proves them under its signed head, and is accepted', async () => {
    const first = await append('d0.json', 'd1.json');
    assert.deepEqual([first.code, first.result['size']], [0, 2], JSON.stringify(first.error));
    assert.equal((await append('d1.json')).result['size'], 2);
    writeFileSync(at('kept.head.jws'), String(first.result['head']));
    assert.equal((await append('d2.json')).result['size'], 3);
    const proven = await run(
      ...['log', 'prove', log, at('d0.json'), '--kind', 'deployment'],
      ...['--head', at('kept.head.jws'), '--out', at('proof.json')],
    );
    assert.deepEqual([proven.code, proven.result['index'], proven.result['size']], [0, 0, 3]);
    const { code, result } = await verify('--head', at('kept.head.jws'));
    assert.deepEqual([code, result['verdict'], result['size']], [0, 'accepted', 3]);
  });

  it('loses no entry and covers all of them when processes append at once', async () => {
    const env = { HOME: at('home'), CLEANROOM_EMULATOR_DIR: emulator.directory };
    const keep = ['--kind', 'deployment', '--key', 'fabrikam.jwk', '--profile', 'fabrikam'];
    const runs = await Promise.all(
      [3, 6, 9].map((index) =>
        runProcess(['log', 'append', log, ...[0, 1, 2].map((n) => `d${index + n}.json`), ...keep], {
          cwd: root(),
          env,
        }),
      ),
    );
    for (const { code, stderr } of runs) assert.equal(code, 0, stderr);
    const { code, result } = await verify('--head', at('kept.head.jws'));
    assert.deepEqual([code, result['verdict'], result['size']], [0, 'accepted', 12]);
  });

  it('refuses a cut tail, a removed and a changed entry, and appends nothing to them', async () => {
    const whole = await stored();
    const lines = whole.trimEnd().split('\n');
    const last = await append('d0.json');
    writeFileSync(at('last.head.jws'), String(last.result['head']));
    for (const [what, text] of Object.entries({
      cut: `${lines.slice(0, -2).join('\n')}\n`,
      removed: `${[lines[0], ...lines.slice(2)].join('\n')}\n`,
      changed: whole.replace(
        lines[1]!,
        renderEntry({ kind: 'receipt', sha256: sha256Hex('x'), subject: 'x', at: 1 }).trim(),
      ),
      emptied: '',
    })) {
      await put(text);
      const seen = await verify('--head', at('last.head.jws'));
      assert.deepEqual([seen.code, failed(seen)], [5, ['LOG_HEAD', 'LOG_CONTINUES']], what);
      const added = await append('d12.json');
      assert.deepEqual([added.code, added.error?.code], [5, 'LOG_FORKED'], what);
      assert.equal(await stored(), text, what);
    }
    await put(whole);
    assert.equal((await verify('--head', at('last.head.jws'))).code, 0);
  });

  it('finds a fork that was given a head of its own, by a head that somebody kept', async () => {
    const whole = await stored();
    const head = new BlockBlobClient(`${log}.head.jws`, blob.credential, {
      tlsOptions: { ca: readFileSync(emulator.tlsRootsPath, 'utf8') },
    } as object);
    await put(`${whole.trimEnd().split('\n').slice(0, 4).join('\n')}\n`);
    await head.delete();
    assert.equal((await append('d13.json', 'd14.json')).code, 0);
    assert.equal((await verify()).code, 0);
    const seen = await verify('--head', at('last.head.jws'));
    assert.deepEqual([seen.code, failed(seen)], [5, ['LOG_CONTINUES']]);
  });

  it('X3: is reached at accounts of the profile only, by https, and never by a SAS in an argument', async () => {
    for (const [place, exit, expected] of [
      [`${log}?sig=abc&sp=rw`, 2, 'USAGE'],
      [log.replace('https:', 'http:'), 2, 'USAGE'],
      ['https://evil.example/audit/audit.log', 5, 'STORAGE_HOST_UNKNOWN'],
    ] as const) {
      const { code, error } = await run('log', 'verify', place);
      assert.deepEqual([code, error?.code], [exit, expected], place);
    }
  });
});

describe('a log blob that changes between read and write', () => {
  /** A blob whose next reads are each followed by somebody else's line, before the reader can write. */
  function contested(times: number) {
    let text = '';
    let version = 0;
    const store = {
      read: (): Promise<StoredBlob | null> => {
        const seen = version === 0 ? null : { bytes: utf8(text), etag: String(version) };
        if (times-- > 0) {
          text += renderEntry({
            kind: 'receipt',
            sha256: sha256Hex(`other ${times}`),
            subject: 'other',
            at: 1,
          });
          version++;
        }
        return Promise.resolve(seen);
      },
      write: (_: unknown, bytes: Uint8Array, condition: WriteCondition): Promise<string | null> => {
        const holds =
          condition === 'replace' ||
          (condition === 'create' ? version === 0 : condition.etag === String(version));
        if (!holds) return Promise.resolve(null);
        text = decodeUtf8(bytes) ?? '';
        return Promise.resolve(String(++version));
      },
      ensureContainer: () => Promise.resolve(),
    } as Partial<BlobStore> as BlobStore;
    const place = { account: 'https://a.blob.core.windows.net', container: 'audit', name: 'audit.log' };
    return { log: openLogBlob(store, place), text: () => text };
  }
  const mine = renderEntry({ kind: 'receipt', sha256: sha256Hex('mine'), subject: 'mine', at: 1 });

  it('is read again: nobody’s line is overwritten', async () => {
    const { log, text } = contested(5);
    await log.append(mine);
    const subjects = parseLog(text()).entries.map(({ subject }) => subject);
    assert.deepEqual(subjects, ['other', 'other', 'other', 'other', 'other', 'mine']);
  });

  it('is given up after fifty tries, with nothing written', async () => {
    const { log, text } = contested(1000);
    await assert.rejects(log.append(mine), { code: 'LOG_BUSY' });
    assert.ok(!text().includes('mine'));
  });
});
