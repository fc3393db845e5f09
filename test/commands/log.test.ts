// The log commands on files: what goes in, what is proven, and how a fork, a cut tail and a flipped bit are found.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { stringify } from 'yaml';

import { sha256Hex } from '../../src/lib/base/bytes/digest.js';
import { parseProof, proofProblem } from '../../src/lib/evidence/log-proof.js';
import { exportPartyKey, generatePartyKey, type PartyKeyPair } from '../../src/lib/keys/party-keys.js';
import { logState, parseLog, renderEntry } from '../../src/lib/evidence/transparency-log.js';
import { signLogEntry } from '../../src/lib/parties/sign-log-entry.js';
import { signTreeHead } from '../../src/lib/parties/sign-tree-head.js';
import { runProcess } from '../support/cleanroom-process.js';
import { exampleContract } from '../support/contract.js';
import { runCleanroomJson } from '../support/run-command.js';

interface Run {
  readonly code: number;
  readonly result: Record<string, unknown>;
  readonly error: { readonly code: string } | undefined;
}

describe('cleanroom log', () => {
  const root = mkdtempSync(join(tmpdir(), 'cleanroom-log-'));
  const at = (name: string): string => join(root, name);
  const log = at('audit.log');
  let key: PartyKeyPair;

  const run = async (...argv: string[]): Promise<Run> => {
    const { code, json } = await runCleanroomJson(...argv);
    return { code, result: json['result'] as Run['result'], error: json['error'] as Run['error'] };
  };
  const append = (...files: string[]): Promise<Run> =>
    run('log', 'append', log, ...files.map(at), '--key', at('contoso.jwk'));
  const failed = ({ result }: Run): readonly string[] =>
    (result['checks'] as { id: string; status: string }[])
      .filter(({ status }) => status === 'fail')
      .map(({ id }) => id);

  const statusOf = ({ result }: Run, id: string): string | undefined =>
    (result['checks'] as { id: string; status: string }[]).find((check) => check.id === id)?.status;

  before(async () => {
    key = await generatePartyKey();
    const contract = exampleContract();
    contract.parties[0]!.contractKey = key.publicKey;
    writeFileSync(at('contract.yaml'), stringify(contract));
    writeFileSync(at('contoso.jwk'), exportPartyKey(key), { mode: 0o600 });
    writeFileSync(at('policy.rego'), 'package policy\n\napi_version := "0.11.0"\n');
    writeFileSync(at('photo.jpg'), Buffer.from([0xff, 0xd8, 0xff]));
    for (let index = 0; index < 12; index++) writeFileSync(at(`d${index}.json`), `{"n":${index}}`);
  });

  after(() => {
    rmSync(root, { recursive: true, force: true });
  });

  it('takes contract and policy under their own digests, once', async () => {
    const first = await append('contract.yaml', 'policy.rego');
    assert.equal(first.code, 0, JSON.stringify(first.error));
    const again = await append('contract.yaml');
    const [entry] = again.result['entries'] as { kind: string; outcome: string; index: number }[];
    assert.deepEqual(
      [entry?.kind, entry?.outcome, entry?.index, again.result['size']],
      ['contract', 'present', 0, 2],
    );
  });

  it('proves an entry under the signed head, and that the log continues an earlier head', async () => {
    writeFileSync(at('kept.head.jws'), readFileSync(`${log}.head.jws`));
    const kind = ['--kind', 'deployment'];
    await run('log', 'append', log, at('d0.json'), at('d1.json'), '--key', at('contoso.jwk'), ...kind);
    const proven = await run(
      'log',
      'prove',
      log,
      at('policy.rego'),
      '--head',
      at('kept.head.jws'),
      '--out',
      at('p.json'),
      '--statement',
      at('policy.cose'),
    );
    assert.deepEqual([proven.code, proven.result['index'], proven.result['size']], [0, 1, 4]);
    const proof = parseProof(readFileSync(at('p.json')));
    assert.equal(proofProblem(proof), null);
    assert.equal(proof.consistency?.from.head.size, 2);
    assert.equal(readFileSync(at('policy.cose')).toString('base64'), proof.entry.statement);
    const absent = await run('log', 'prove', log, at('d9.json'), ...kind);
    assert.deepEqual([absent.code, absent.error?.code], [5, 'LOG_ENTRY_MISSING']);
  });

  it('accepts the log under the heads of the contract’s parties, and no others', async () => {
    const good = await run('log', 'verify', log, '-f', at('contract.yaml'), '--head', at('kept.head.jws'));
    assert.deepEqual([good.code, good.result['verdict'], good.result['size']], [0, 'accepted', 4]);
    assert.equal(statusOf(good, 'LOG_STATEMENTS'), 'pass');
    writeFileSync(at('others.yaml'), stringify(exampleContract()));
    const other = await run('log', 'verify', log, '-f', at('others.yaml'));
    assert.deepEqual([other.code, failed(other)], [5, ['LOG_HEAD']]);
  });

  it('leaves a log unproven that no head of a party covers, and counts nothing that stands behind a head', async () => {
    const copy = at('headless.log');
    writeFileSync(copy, readFileSync(log, 'utf8'));
    const headless = await run('log', 'verify', copy, '-f', at('contract.yaml'));
    assert.deepEqual(
      [headless.code, headless.result['verdict'], headless.result['size'], headless.result['behind']],
      [5, 'unproven', 0, 4],
    );
    const nobodys = await run('log', 'verify', log);
    assert.deepEqual([nobodys.code, nobodys.result['verdict']], [5, 'unproven']);
    writeFileSync(`${copy}.head.jws`, readFileSync(at('kept.head.jws')));
    const behind = await run('log', 'verify', copy, '-f', at('contract.yaml'));
    assert.deepEqual(
      [behind.code, behind.result['verdict'], behind.result['size'], behind.result['behind']],
      [0, 'accepted', 2, 2],
    );
  });

  it('finds any line removed, changed or moved, a cut tail and a flipped bit, by the head that was kept', async () => {
    const whole = readFileSync(log, 'utf8');
    const lines = whole.trimEnd().split('\n');
    const forgeries: Readonly<Record<string, string>> = {
      removed: [lines[0], ...lines.slice(2)].join('\n') + '\n',
      moved: [lines[1], lines[0], ...lines.slice(2)].join('\n') + '\n',
      changed: whole.replace('quarterly-notes', 'quarterly-votes'),
      cut: `${lines[0] ?? ''}\n`,
      'cut inside a line': whole.slice(0, -10),
      empty: '',
    };
    const copy = at('forged.log');
    writeFileSync(`${copy}.head.jws`, readFileSync(`${log}.head.jws`));
    for (const [what, text] of Object.entries(forgeries)) {
      writeFileSync(copy, text);
      const { code, result } = await run(
        'log',
        'verify',
        copy,
        '-f',
        at('contract.yaml'),
        '--head',
        at('kept.head.jws'),
      );
      assert.deepEqual([code, result['verdict']], [5, 'refused'], what);
      if (what === 'cut inside a line')
        assert.deepEqual(failed({ code, result, error: undefined }), ['LOG_FORM']);
    }
    const bytes = Buffer.from(whole);
    for (let bit = 3; bit < bytes.length * 8; bit += 397) {
      const flipped = Buffer.from(bytes);
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      writeFileSync(copy, flipped);
      const { code } = await run('log', 'verify', copy, '-f', at('contract.yaml'));
      assert.ok(code === 5 || code === 3, `bit ${bit}: exit ${code}`);
    }
  });

  it('appends nothing to a log that does not continue the head beside it', async () => {
    const copy = at('cut.log');
    writeFileSync(copy, readFileSync(log, 'utf8').split('\n').slice(0, 1).join('\n') + '\n');
    writeFileSync(`${copy}.head.jws`, readFileSync(`${log}.head.jws`));
    const before = readFileSync(copy, 'utf8');
    const { code, error } = await run('log', 'append', copy, at('policy.rego'), '--key', at('contoso.jwk'));
    assert.deepEqual([code, error?.code, readFileSync(copy, 'utf8')], [5, 'LOG_FORKED', before]);
  });

  it('finds two heads of one size: whoever keeps the log shows different logs', async () => {
    const fork = at('fork.log');
    writeFileSync(fork, readFileSync(log, 'utf8').split('\n').slice(0, 2).join('\n') + '\n');
    await run(
      'log',
      'append',
      fork,
      at('d7.json'),
      at('d8.json'),
      '--kind',
      'deployment',
      '--key',
      at('contoso.jwk'),
    );
    const { code, result } = await run(
      'log',
      'verify',
      fork,
      '--head',
      `${log}.head.jws`,
      '-f',
      at('contract.yaml'),
    );
    assert.equal(code, 5);
    assert.deepEqual(failed({ code, result, error: undefined }), ['LOG_CONTINUES']);
  });

  it('verifies a log of entries without statements, by an earlier version, and of statements by nobody known', async () => {
    const earlier = at('earlier.log');
    const entry = { kind: 'receipt', sha256: sha256Hex('r'), subject: 'r.jws', at: 1 } as const;
    const stranger = await generatePartyKey();
    for (const line of [renderEntry(entry), renderEntry(await signLogEntry(entry, stranger))]) {
      writeFileSync(earlier, line);
      writeFileSync(
        `${earlier}.head.jws`,
        await signTreeHead(logState(parseLog(line)), key.privateKey, new Date()),
      );
      const verified = await run('log', 'verify', earlier, '-f', at('contract.yaml'));
      assert.deepEqual([verified.code, statusOf(verified, 'LOG_STATEMENTS')], [0, 'skip']);
    }
    writeFileSync(earlier, renderEntry(entry));
    writeFileSync(
      `${earlier}.head.jws`,
      await signTreeHead(logState(parseLog(renderEntry(entry))), key.privateKey, new Date()),
    );
    writeFileSync(at('r.jws'), 'r');
    const proven = await run(
      'log',
      'prove',
      earlier,
      at('r.jws'),
      '--kind',
      'receipt',
      '--statement',
      at('none.cose'),
    );
    assert.equal(proven.error?.code, 'LOG_ENTRY_MISSING');
  });

  it('refuses a photo, a missing log and a key that is none', async () => {
    assert.deepEqual((await append('photo.jpg')).error?.code, 'LOG_ARTEFACT_UNKNOWN');
    assert.deepEqual((await append('d3.json')).error?.code, 'LOG_ARTEFACT_UNKNOWN');
    assert.deepEqual((await run('log', 'verify', at('nowhere.log'))).error?.code, 'FILE_NOT_FOUND');
    assert.deepEqual(
      (await run('log', 'append', log, at('policy.rego'), '--key', at('policy.rego'))).error?.code,
      'PARTY_KEY_INVALID',
    );
  });

  it('loses no entry and covers all of them when processes append at once', async function () {
    this.timeout(120_000);
    const shared = at('shared.log');
    const env = { HOME: root };
    const runs = await Promise.all(
      [0, 1, 2, 3].map((index) =>
        runProcess(
          [
            'log',
            'append',
            shared,
            `d${index * 3}.json`,
            `d${index * 3 + 1}.json`,
            `d${index * 3 + 2}.json`,
            '--kind',
            'deployment',
            '--key',
            'contoso.jwk',
          ],
          { cwd: root, env },
        ),
      ),
    );
    for (const { code, stderr } of runs) assert.equal(code, 0, stderr);
    const { code, result } = await run('log', 'verify', shared, '-f', at('contract.yaml'));
    assert.deepEqual([code, result['verdict'], result['size']], [0, 'accepted', 12]);
    const last = await run('log', 'prove', shared, at('d11.json'), '--kind', 'deployment');
    assert.deepEqual([last.code, last.result['size']], [0, 12]);
  });

  it('takes an entry back that the disk has no room for', async () => {
    const full = at('full.log');
    const argv = (file: string): string[] => [
      'log',
      'append',
      full,
      at(file),
      '--kind',
      'deployment',
      '--key',
      at('contoso.jwk'),
    ];
    await run(...argv('d0.json'));
    while (statSync(full).size < 900) writeFileSync(full, readFileSync(full, 'utf8') + entryLike(full));
    rmSync(`${full}.head.jws`);
    const before = readFileSync(full);
    // Files of at most 1024 bytes: the next entry has room for its beginning.
    const program = ['-c', 'ulimit -f 1; exec "$@"', 'bash', process.execPath, resolve('bin/run.js')];
    const { status, stdout } = spawnSync('bash', [...program, ...argv('d1.json'), '--json'], {
      encoding: 'utf8',
      cwd: root,
    });
    assert.equal(status, 3, stdout);
    assert.match(stdout, /"code": ?"FILE_UNWRITABLE"/);
    assert.deepEqual(readFileSync(full), before);
    assert.equal((await run(...argv('d1.json'))).code, 0);
  });

  it('drops half an entry that a killed run left behind its last head, and says so', async () => {
    const cut = at('half.log');
    const argv = (file: string): string[] => [
      'log',
      'append',
      cut,
      at(file),
      '--kind',
      'deployment',
      '--key',
      at('contoso.jwk'),
    ];
    await run(...argv('d0.json'));
    const whole = readFileSync(cut, 'utf8');
    writeFileSync(cut, `${whole}${whole.slice(0, 40)}`);
    const { json } = await runCleanroomJson(...argv('d1.json'));
    assert.match(JSON.stringify(json['warnings']), /half an entry/, JSON.stringify(json));
    assert.ok(readFileSync(cut, 'utf8').startsWith(whole));
    assert.equal((json['result'] as { size: number }).size, 2);
  });

  it('refuses a log that was cut inside of what its head covers, and leaves it as it is', async () => {
    const cut = at('covered.log');
    const argv = (file: string): string[] => [
      'log',
      'append',
      cut,
      at(file),
      '--kind',
      'deployment',
      '--key',
      at('contoso.jwk'),
    ];
    for (const file of ['d0.json', 'd1.json']) await run(...argv(file));
    const shortened = readFileSync(cut, 'utf8').slice(0, -20);
    writeFileSync(cut, shortened);
    assert.equal((await run(...argv('d2.json'))).error?.code, 'LOG_FORKED');
    assert.equal(readFileSync(cut, 'utf8'), shortened);
  });
});

/** A further entry for the log at `path`. */
function entryLike(path: string): string {
  const digest = createHash('sha256').update(readFileSync(path)).digest('hex');
  return renderEntry({ kind: 'deployment', sha256: digest, subject: 'd', at: 1 });
}
