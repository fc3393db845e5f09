// A process that runs one command line over malformed files, and says of each how it ended: a JSON line. argv: the command
// line.

import { tryMalformed } from './malformed-try.js';

const { TORTURE_CWD: cwd = '', TORTURE_NAMES: names = '[]', ...env } = process.env as Record<string, string>;

for (const name of JSON.parse(names) as string[]) {
  const line = await tryMalformed({ cwd, env }, process.argv.slice(2), name);
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
process.exit(0);
