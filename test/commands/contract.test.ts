// Consent by the commands: where the key comes from, what each signature counts for, and contracts that are no contracts.

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { stringify } from 'yaml';

import { freshKeyPairSync } from '../../src/lib/keys/fresh-key.js';
import { generateContractPolicy } from '../../src/lib/cce-policy/generate/contract-policy.js';
import { checkContract } from '../../src/lib/contract/check.js';
import { signConsent } from '../../src/lib/keys/sign-consent.js';
import { exportPartyKey, generatePartyKey, type PartyKeyPair } from '../../src/lib/keys/party-keys.js';
import type { Contract } from '../../src/lib/contract/schema.js';
import { exampleContract } from '../support/contract.js';
import { measuredImage } from '../support/emulated-evidence.js';
import { runCleanroom, runCleanroomJson } from '../support/run-command.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';
import { requireTool } from '../support/tools.js';
import { processorSeconds } from '../support/processor-time.js';

interface Verdict {
  readonly verdict: string;
  readonly signers: readonly string[];
  readonly checks: readonly { readonly id: string; readonly status: string; readonly reason?: string }[];
}

describe('contract sign, verify and show', () => {
  const root = useTemporaryDirectory();
  const at = (...names: string[]): string => join(root(), ...names);
  const keys = new Map<string, PartyKeyPair>();
  let contract: Contract;

  before(async () => {
    contract = exampleContract();
    for (const party of contract.parties) {
      keys.set(party.id, await generatePartyKey());
      party.contractKey = keys.get(party.id)!.publicKey;
    }
    for (const [id, key] of keys) writeFileSync(at(`${id}.jwk`), exportPartyKey(key), { mode: 0o600 });
  });

  /** A directory with the contract, and nothing signed yet. */
  function written(name: string, value: Contract = contract): string {
    mkdirSync(at(name), { recursive: true });
    writeFileSync(at(name, 'contract.yaml'), stringify(value));
    return at(name, 'contract.yaml');
  }

  async function verify(file: string): Promise<{ readonly code: number; readonly result: Verdict }> {
    const { code, json } = await runCleanroomJson('contract', 'verify', '-f', file);
    return { code, result: json['result'] as Verdict };
  }

  const signAs = (file: string, party: string, key: string) =>
    runCleanroomJson('contract', 'sign', '-f', file, '--party', party, '--key', key);

  describe('the key', () => {
    it('comes from a file, an environment variable or a file descriptor, and signs alike', async () => {
      const file = written('sources');
      assert.equal((await signAs(file, 'contoso', at('contoso.jwk'))).code, 0);
      process.env['FABRIKAM_CONTRACT_KEY'] = exportPartyKey(keys.get('fabrikam')!);
      try {
        assert.equal((await signAs(file, 'fabrikam', 'env:FABRIKAM_CONTRACT_KEY')).code, 0);
      } finally {
        delete process.env['FABRIKAM_CONTRACT_KEY'];
      }
      assert.deepEqual((await verify(file)).result.signers, ['contoso', 'fabrikam']);
      const other = written('descriptor');
      const argv = ['contract', 'sign', '-f', other, '--party', 'fabrikam', '--key', 'fd:3', '--json'];
      const child = spawn(process.execPath, [resolve('bin/run.js'), ...argv], {
        cwd: root(),
        env: { PATH: process.env['PATH'] ?? '', HOME: root() },
        stdio: ['ignore', 'ignore', 'inherit', 'pipe'],
      });
      const pipe = child.stdio[3] as NodeJS.WritableStream;
      pipe.end(exportPartyKey(keys.get('fabrikam')!));
      assert.deepEqual(await once(child, 'exit'), [0, null]);
      assert.deepEqual((await verify(other)).result.signers, ['fabrikam']);
    }).timeout(30_000);

    it('X7: that is no key, or of another curve, is refused without a word of it, and nothing is written', async () => {
      const file = written('no-key');
      const { privateKey } = freshKeyPairSync({ type: 'ec', curve: 'P-384' });
      writeFileSync(at('larger.jwk'), JSON.stringify(privateKey.export({ format: 'jwk' })));
      writeFileSync(at('photo.jpg'), Buffer.from([0xff, 0xd8, 0xff, 0xe0]));
      process.env['NOT_A_KEY'] = 'swordfish';
      for (const [key, exit, expected] of [
        [at('larger.jwk'), 3, 'PARTY_KEY_INVALID'],
        [at('photo.jpg'), 3, 'TEXT_NOT_UTF8'],
        ['env:NOT_A_KEY', 3, 'PARTY_KEY_INVALID'],
        ['env:NOT_THERE', 2, 'USAGE'],
        ['fd:x', 2, 'USAGE'],
        [at('none.jwk'), 3, 'FILE_NOT_FOUND'],
        [exportPartyKey(keys.get('fabrikam')!), 2, 'USAGE'],
        [at('contoso.jwk'), 4, 'PARTY_KEY_MISMATCH'],
      ] as const) {
        const { code, json, stderr } = await signAs(file, 'fabrikam', key);
        assert.deepEqual([code, (json['error'] as { code: string }).code], [exit, expected], key);
        const { d } = keys.get('fabrikam')!.privateKey.export({ format: 'jwk' });
        for (const secret of ['swordfish', d!]) assert.ok(!(JSON.stringify(json) + stderr).includes(secret));
      }
      delete process.env['NOT_A_KEY'];
      const stranger = await signAs(file, 'tailspin', at('fabrikam.jwk'));
      assert.equal((stranger.json['error'] as { code: string }).code, 'PARTY_UNKNOWN');
      assert.deepEqual(readdirSync(at('no-key')), ['contract.yaml']);
    });
  });

  describe('on a terminal', () => {
    const answer = (file: string, said: string) => {
      const argv = ['contract', 'sign', '-f', file, '--party', 'contoso', '--key', at('contoso.jwk')];
      const command = ['stty cols 200;', process.execPath, resolve('bin/run.js'), ...argv].join(' ');
      return spawnSync('script', ['-qec', command, '/dev/null'], {
        input: said,
        env: { PATH: process.env['PATH'] ?? '', HOME: root(), TERM: 'dumb', NO_COLOR: '1' },
        encoding: 'utf8',
        timeout: 30_000,
      });
    };

    it('shows what is signed, asks, and signs nothing for a no', function () {
      requireTool(this, 'script');
      const file = written('asked');
      const { stdout, status } = answer(file, 'n\n');
      assert.equal(status, 0, stdout);
      assert.match(stdout, /What can come out[^]*Sign this contract\?[^]*is not signed/);
      assert.equal(existsSync(file.replace(/contract\.yaml$/, 'contract.contoso.consent.jws')), false);
      assert.match(answer(file, 'y\n').stdout, /contoso has signed/);
    });
  });

  describe('a signature', () => {
    const changed = (change: (value: Contract) => void): Contract => {
      const value = structuredClone(contract);
      change(value);
      return value;
    };
    const consent = (party: string, over: Contract = contract, signer = party): Promise<string> =>
      signConsent(checkContract(over), party, keys.get(signer)!.privateKey, new Date(0));

    const cases: readonly (readonly [
      what: string,
      finding: string,
      status: string,
      said: RegExp,
      jws: () => Promise<string>,
    ])[] = [
      [
        'by a party that signed already',
        'CONSENT_REPEATED',
        'skip',
        /contoso has signed this version before/,
        () => consent('contoso'),
      ],
      [
        'over another version',
        'CONSENT_OTHER_VERSION',
        'skip',
        /fabrikam signed another version/,
        () =>
          consent(
            'fabrikam',
            changed((value) => (value.summary.limits.maxCharacters = 9)),
          ),
      ],
      [
        'replayed from another contract',
        'CONSENT_REPLAYED',
        'skip',
        /fabrikam signed the contract other-notes/,
        () =>
          consent(
            'fabrikam',
            changed((value) => (value.name = 'other-notes')),
          ),
      ],
      [
        'of a stranger',
        'CONSENT_UNKNOWN_SIGNER',
        'skip',
        /tailspin is no party/,
        () => consent('tailspin', contract, 'fabrikam'),
      ],
      [
        'by one party as another',
        'CONSENT_SIGNATURE',
        'skip',
        /not signed by the contract key of fabrikam/,
        () => consent('fabrikam', contract, 'contoso'),
      ],
      [
        'that is a photo',
        'CONSENT_FORMAT',
        'skip',
        /not a consent signature/,
        () => Promise.resolve('\u00ff\u00d8\u00ff'),
      ],
      [
        'that is a megabyte of text',
        'CONSENT_FORMAT',
        'skip',
        /not a consent signature/,
        () => Promise.resolve('e'.repeat(1_000_000)),
      ],
      [
        'over a second version by a party that signed this one',
        'CONSENT_EQUIVOCATION',
        'fail',
        /contoso has signed two versions/,
        () =>
          consent(
            'contoso',
            changed((value) => (value.summary.limits.maxResults = 7)),
          ),
      ],
    ];
    for (const [what, finding, status, said, jws] of cases) {
      it(`N4, II4: ${what} is ${finding}, and does not count`, async () => {
        const file = written(`${finding.toLowerCase()}-${what.length}`);
        await signAs(file, 'contoso', at('contoso.jwk'));
        writeFileSync(file.replace('.yaml', '.x.consent.jws'), await jws());
        const { code, result } = await verify(file);
        assert.deepEqual([code, result.verdict, result.signers], [5, 'refused', ['contoso']]);
        const found = result.checks.find(({ id }) => id === finding);
        assert.equal(found?.status, status, JSON.stringify(result.checks));
        assert.match(found.reason ?? '', said);
        const { stdout } = await runCleanroom('contract', 'verify', '-f', file);
        assert.match(stdout, new RegExp(`refused {2}1 of 2 signatures[\\s\\S]*${finding}`));
      });
    }

    it('N4: suffices as k of n where the contract says so, whoever they are', async () => {
      const file = written(
        'k-of-n',
        changed((value) => (value.consent.threshold = 1)),
      );
      assert.equal((await verify(file)).code, 5);
      await signAs(file, 'fabrikam', at('fabrikam.jwk'));
      const { code, result } = await verify(file);
      assert.deepEqual([code, result.verdict], [0, 'accepted']);
    });
  });

  describe('a contract', () => {
    const SIGN = ['sign', '--party', 'contoso', '--key', 'none.jwk'];
    const crowd = (count: number): string => {
      const [first] = contract.parties;
      const parties = Array.from({ length: count }, (_, index) => ({ ...first, id: `p${index}` }));
      return JSON.stringify({ ...contract, parties });
    };
    const { x, y } = freshKeyPairSync({ type: 'ec', curve: 'P-384' }).publicKey.export({ format: 'jwk' });
    const text = (change: (value: Contract) => void): string => {
      const value = structuredClone(contract);
      change(value);
      return stringify(value);
    };
    const cases: readonly (readonly [what: string, code: string, said: RegExp, text: () => string])[] = [
      [
        'a key off its curve',
        'CONTRACT_INVALID',
        /parties\[1\]\.contractKey: .*no point of P-256/,
        () => text(({ parties }) => (parties[1]!.contractKey.y = parties[0]!.contractKey.x)),
      ],
      [
        'a key of another curve',
        'CONTRACT_INVALID',
        /parties\[0\]\.contractKey\.crv/,
        () => text(({ parties }) => Object.assign(parties[0]!.contractKey, { crv: 'P-384', x, y })),
      ],
      [
        'a result key off its curve',
        'CONTRACT_INVALID',
        /parties\[0\]\.resultKey: .*no point of P-256/,
        () => text(({ parties }) => (parties[0]!.resultKey!.x = 'A'.repeat(43))),
      ],
      ['ten thousand parties', 'CONTRACT_INVALID', /parties: /, () => crowd(10_000)],
      [
        'a role that there is not',
        'CONTRACT_INVALID',
        /parties\[1\]\.roles/,
        () => text(({ parties }) => parties[1]!.roles.push('king' as 'host')),
      ],
      [
        'a key twice',
        'CONTRACT_MALFORMED',
        /line \d+: .*unique/,
        () => `${stringify(contract)}name: other-notes\n`,
      ],
      [
        'an anchor',
        'CONTRACT_MALFORMED',
        /line \d+: an anchor/,
        () => stringify(contract).replace('roles:', 'roles: &all'),
      ],
      ['an alias', 'CONTRACT_MALFORMED', /line \d+: /, () => `${stringify(contract)}extra: *all\n`],
      [
        'a tag',
        'CONTRACT_MALFORMED',
        /line \d+: /,
        () => stringify(contract).replace('version: 2', 'version: !!js/function 2'),
      ],
      [
        'a billion laughs',
        'CONTRACT_MALFORMED',
        /line \d+: /,
        () =>
          `a: &a [x,x,x,x,x,x,x,x,x]\n${Array.from({ length: 30 }, (_, index) => `b${index}: &b${index} [*a,*a,*a,*a,*a,*a,*a,*a]`).join('\n')}\n`,
      ],
      ['two documents', 'CONTRACT_MALFORMED', /./, () => `${stringify(contract)}---\n${stringify(contract)}`],
      ['nothing', 'CONTRACT_INVALID', /./, () => ''],
      ['a list', 'CONTRACT_INVALID', /./, () => '[]'],
      ['four megabytes', 'CONTRACT_MALFORMED', /larger/, () => `#${'x'.repeat(4 * 1024 * 1024)}`],
      ['ten thousand levels', 'CONTRACT_MALFORMED', /./, () => '['.repeat(10_000)],
    ];
    for (const [what, code, said, source] of cases) {
      it(`with ${what} is refused by verify, show and sign with exit 3, in bounded time`, async () => {
        writeFileSync(at('bad.yaml'), source());
        const seconds = await processorSeconds(async () => {
          const long = source().length > 9_000;
          for (const argv of long ? [['verify']] : [['verify'], ['show'], SIGN]) {
            const run = await runCleanroomJson('contract', ...argv, '-f', at('bad.yaml'));
            const { error } = run.json as { error: { code: string; message: string } };
            assert.equal(run.code, 3, JSON.stringify(run.json));
            assert.ok([code, 'FILE_TOO_LARGE'].includes(error.code), error.code);
            if (error.code === code) assert.match(error.message, said);
            assert.ok(error.message.length < 4000, String(error.message.length));
          }
        });
        assert.ok(seconds < 20, `${seconds} s`);
      }).timeout(30_000);
    }
  });

  describe('shown', () => {
    const show = async (format: string, ...argv: string[]): Promise<string> => {
      const file = written('shown');
      const run = await runCleanroom('contract', 'show', '-f', file, '--format', format, ...argv);
      assert.equal(run.code, 0, run.stderr);
      return run.stdout;
    };
    /** The policy that this contract and images make. */
    const policy = (name: string): string => {
      const images = new Map(
        contract.room.containers.map(({ name: container, image }) => [container, measuredImage(image)]),
      );
      const { text } = generateContractPolicy({ parsed: checkContract(contract), tlsRoots: null, images });
      writeFileSync(at('shown', name), text);
      return at('shown', name);
    };

    for (const [format, heading] of [
      ['text', /^Who may read what$/m],
      ['markdown', /^## Who may read what$/m],
      ['html', /<h2>Who may read what<\/h2>/],
    ] as const) {
      it(`as ${format} says who runs what, who may read what, and what can come out, under its digest`, async () => {
        const shown = await show(format);
        const { digest } = checkContract(contract);
        for (const said of [
          heading,
          new RegExp(digest),
          /contoso runs the room in its Azure tenant and cannot look inside; receives the summary/,
          /fabrikam provides text that only the room may read/,
          /The text notes of fabrikam is read by the room only/,
          /At most 900 characters of Latin script a result, 1 result, for contoso:.*9,500 bits/,
          /its key quarterly-notes is in the vault fabrikam-hsm\.managedhsm\.azure\.net of fabrikam/,
          /No floor on the firmware of Milan/,
          /When all 2 parties have signed it/,
        ])
          assert.match(shown, said);
      });
    }

    it('is bound to a policy that pins its digest, and to no other', async () => {
      written('shown');
      const file = policy('policy.rego');
      const shown = await show('text', '--policy', file);
      assert.match(shown, /CCE policy: [0-9a-f]{64}\. It measures this contract's digest/);
      const text = readFileSync(file, 'utf8');
      const { digest } = checkContract(contract);
      for (const other of [
        text.replace(digest, '0'.repeat(64)),
        text.replaceAll('CLEANROOM_CONTRACT_DIGEST', 'ANOTHER_DIGEST'),
      ]) {
        writeFileSync(at('shown/other.rego'), other);
        const argv = ['-f', at('shown/contract.yaml'), '--policy', at('shown/other.rego')];
        const run = await runCleanroomJson('contract', 'show', ...argv);
        assert.deepEqual([run.code, (run.json['error'] as { code: string }).code], [4, 'POLICY_DRIFT']);
      }
    });
  });

  it('renew writes the successor of a contract beside it, and never over one that is there', async () => {
    const file = written('renewed');
    const { code, json } = await runCleanroomJson('contract', 'renew', '-f', file);
    const { path, name } = json['result'] as { readonly path: string; readonly name: string };
    assert.deepEqual([code, path, name], [0, at('renewed', 'quarterly-notes-2.yaml'), 'quarterly-notes-2']);
    assert.equal((await verify(path)).result.verdict, 'refused');
    const again = await runCleanroomJson('contract', 'renew', '-f', file);
    assert.deepEqual([again.code, (again.json['error'] as { code: string }).code], [4, 'CONTRACT_EXISTS']);
    const old = stringify({ ...contract, version: 1 });
    writeFileSync(at('renewed', 'old.yaml'), old);
    const refused = await runCleanroomJson('contract', 'show', '-f', at('renewed', 'old.yaml'));
    const { error } = refused.json as { error: { code: string; hint: string } };
    assert.deepEqual([refused.code, error.code], [3, 'CONTRACT_VERSION']);
    assert.match(error.hint, /cleanroom contract renew/);
  });
});
