// npm-shrinkwrap.json of the package, from package-lock.json: whoever installs the command line gets the versions that were
// tested, each by its integrity. Without what only development needs, and without the address of any registry: every
// installation asks its own.

import { readFileSync, writeFileSync } from 'node:fs';

const { name, version, lockfileVersion, requires, packages } = JSON.parse(
  readFileSync('package-lock.json', 'utf8'),
);
const { devDependencies, ...root } = packages[''];
const shipped = Object.entries(packages)
  .filter(([path, { dev }]) => path !== '' && dev !== true)
  .map(([path, { resolved, funding, license, devOptional, ...entry }]) => [
    path,
    devOptional === true ? { ...entry, optional: true } : entry,
  ]);
for (const [path, entry] of shipped)
  if (entry.integrity === undefined) throw new Error(`${path} has no integrity`);

writeFileSync(
  'npm-shrinkwrap.json',
  `${JSON.stringify(
    { name, version, lockfileVersion, requires, packages: { '': root, ...Object.fromEntries(shipped) } },
    null,
    2,
  )}\n`,
);
