#!/usr/bin/env node
import { reportLostOutput } from '../dist/lib/terminal/lost-output.js';
import { settleShell } from '../dist/lib/terminal/settle-shell.js';
import { execute, settings } from '../dist/lib/cli/oclif.js';

reportLostOutput();
settleShell();
// What is run is what was built: TypeScript beside it is not looked for.
settings.enableAutoTranspile = false;
await execute({ dir: import.meta.url });
