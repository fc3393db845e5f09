// Completion scripts in the shells that they are for.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { stringify } from 'yaml';

import { type NameKind, knownNames } from '../../src/lib/parties/known-names.js';
import { exampleContract } from '../support/contract.js';
import { runCleanroom, runCleanroomJson } from '../support/run-command.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';
import { requireTool } from '../support/tools.js';

describe('completion', function () {
  this.timeout(60_000);
  const root = useTemporaryDirectory();

  async function script(shell: string): Promise<string> {
    const { json } = await runCleanroomJson('completion', shell);
    const path = join(root(), `cleanroom.${shell}`);
    writeFileSync(path, (json['result'] as { script: string }).script);
    return path;
  }

  /** What bash (or zsh's bash completion) offers after the given words, the last being completed. */
  async function inBash(...words: string[]): Promise<readonly string[]> {
    const path = await script('bash');
    const program = `source '${path}'; COMP_WORDS=(cleanroom ${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length}; _cleanroom_complete; printf '%s\\n' "\${COMPREPLY[@]}"`;
    return execFileSync('bash', ['-c', program], { encoding: 'utf8' }).trim().split('\n');
  }

  it('and every command name themselves in the hint of a usage error, without a placeholder', async () => {
    const hint = async (...argv: string[]): Promise<string> =>
      ((await runCleanroomJson(...argv)).json['error'] as { hint: string }).hint;
    assert.match(await hint('completion'), /completions\/cleanroom\. See cleanroom completion --help$/);
    assert.equal(await hint('verify'), 'See cleanroom verify --help');
  });

  it('offers commands, topics, flags and fixed values in bash', async () => {
    assert.deepEqual(await inBash('prer'), ['prereqs']);
    assert.deepEqual(await inBash('policy', 'gen'), ['generate']);
    assert.deepEqual(await inBash('prereqs', '--keyv'), ['--keyvault-premium']);
    assert.deepEqual(await inBash('prereqs', '--as', 'party-'), ['party-1', 'party-2']);
    assert.ok((await inBash('key', '')).includes('rotate'));
  });

  it('offers parties, datasets, profiles and rooms that the directory knows, and none of a file that is no contract', async () => {
    const at = join(root(), 'known');
    mkdirSync(at);
    const of = (kind: NameKind): Promise<readonly string[]> => knownNames(kind, at, null);
    assert.deepEqual(await of('parties'), []);
    writeFileSync(join(at, 'contract.yaml'), stringify(exampleContract()));
    writeFileSync(join(at, 'other.yaml'), 'a: [');
    writeFileSync(join(at, 'broken.party.json'), '{');
    writeFileSync(join(at, 'cleanroom.config.yaml'), 'profiles: { contoso: { party: contoso, tenant: t } }');
    assert.deepEqual(await of('profiles'), ['contoso']);
    assert.deepEqual(await of('rooms'), ['quarterly-notes']);
    assert.ok((await of('parties')).includes('fabrikam') && (await of('datasets')).includes('notes'));
    const bin = join(root(), 'bin');
    mkdirSync(bin);
    writeFileSync(join(bin, 'cleanroom'), '#!/bin/sh\necho "named-$4"\n', { mode: 0o755 });
    const path = process.env['PATH'] ?? '';
    process.env['PATH'] = `${bin}:${path}`;
    try {
      assert.deepEqual(await inBash('encrypt', '--dataset', ''), ['named-datasets']);
      assert.deepEqual(await inBash('deploy', '--profile', 'n'), ['named-profiles']);
      assert.deepEqual(await inBash('status', ''), ['named-rooms']);
    } finally {
      process.env['PATH'] = path;
    }
  });

  it('is a zsh script that defines a completion for the program', async function () {
    requireTool(this, 'zsh');
    const path = await script('zsh');
    const program = `autoload -U compinit; compinit -D -d '${root()}/dump'; source '${path}'; print -r -- $_comps[cleanroom]`;
    const out = execFileSync('zsh', ['-fc', program], { encoding: 'utf8' });
    assert.match(out, /_bash_complete.*_cleanroom_complete/);
  });

  it('offers commands, topics, flags and fixed values in fish', async function () {
    requireTool(this, 'fish');
    const path = await script('fish');
    const offered = (line: string): readonly string[] =>
      execFileSync('fish', ['--no-config', '-c', `source '${path}'; complete -C '${line}'`], {
        encoding: 'utf8',
        env: { ...process.env, HOME: root() },
      })
        .trim()
        .split('\n')
        .map((entry) => entry.split('\t')[0] ?? '');
    assert.deepEqual(offered('cleanroom prer'), ['prereqs']);
    assert.deepEqual(offered('cleanroom policy gen'), ['generate']);
    assert.deepEqual(offered('cleanroom prereqs --keyv'), ['--keyvault-premium']);
    assert.deepEqual(offered('cleanroom prereqs --as party-'), ['party-1', 'party-2']);
  });

  it('knows bash, zsh and fish only', async () => {
    assert.equal((await runCleanroom('completion', 'tcsh')).code, 2);
  });
});
