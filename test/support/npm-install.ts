// Packages as their users get them: packed, and installed into an empty place. Runs on what `npm run build` made.

import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

const QUIET = ['--ignore-scripts', '--no-fund', '--no-audit', '--loglevel=error'];

/** `npm ARGS…` in `cwd`. @throws Error with what npm said */
export function npm(cwd: string, ...args: readonly string[]): void {
  const { status, stdout, stderr } = spawnSync('npm', [...args, ...QUIET], {
    cwd,
    encoding: 'utf8',
    timeout: 280_000,
  });
  if (status !== 0) throw new Error(`npm ${args.join(' ')}: ${stderr || stdout}`);
}

/** Packs the package at `directory` into `target`. @returns the archive's path */
export function packInto(target: string, directory: string): string {
  npm(target, 'pack', directory);
  const [archive, ...others] = readdirSync(target).filter((name) => name.endsWith('.tgz'));
  if (archive === undefined || others.length > 0) throw new Error(`one archive was to be in ${target}`);
  return join(target, archive);
}
