#!/usr/bin/env node
import { reportLostOutput } from '../dist/lib/terminal/lost-output.js';
import { execute, settings } from '../dist/lib/cli/oclif.js';

reportLostOutput();
// What is run is what was built: TypeScript beside it is not looked for.
settings.enableAutoTranspile = false;
await execute({ dir: import.meta.url });
