// Writes oclif.manifest.json with oclif's own tool, of the package in this directory or the one named. Last step of the build.

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import { settleShell } from '../dist/lib/terminal/settle-shell.js';

settleShell();
const oclif = fileURLToPath(new URL('../node_modules/oclif/bin/run.js', import.meta.url));
// In the package's own directory: oclif removes the manifest of the one that it is started in.
const cwd = process.argv[2] ?? process.cwd();
// The locked version is the one to use: its plugin is told not to ask for a newer one.
const env = { ...process.env, OCLIF_SKIP_NEW_VERSION_CHECK: '1' };
const { status } = spawnSync(process.execPath, [oclif, 'manifest'], { cwd, env, stdio: 'inherit' });
process.exitCode = status ?? 1;
