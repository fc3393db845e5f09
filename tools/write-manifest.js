// Writes oclif.manifest.json with oclif's own tool, of the package in this directory or the one named. Last step of the build.

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import { settleShell } from '../dist/lib/terminal/settle-shell.js';

settleShell();
const oclif = fileURLToPath(new URL('../node_modules/oclif/bin/run.js', import.meta.url));
const argv = [oclif, 'manifest', ...process.argv.slice(2)];
const { status } = spawnSync(process.execPath, argv, { stdio: 'inherit' });
process.exitCode = status ?? 1;
