// An npm registry on this machine, which the npm client is sent to by its environment.

import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';

import { tarOf } from './tar-of.js';

export interface PublishedPackage {
  readonly name: string;
  readonly version: string;
  readonly tarball: Buffer;
}

export interface LoopbackNpm {
  /** Names of the packages whose tarball was asked for, in order. */
  readonly fetched: string[];
  close(): void;
}

export const integrityOf = (tarball: Buffer): string =>
  `sha512-${createHash('sha512').update(tarball).digest('base64')}`;

/** What npm publishes: a package of these files. */
export async function npmPackage(
  name: string,
  version: string,
  files: Readonly<Record<string, string>> = {},
): Promise<PublishedPackage> {
  const entries = Object.entries({ 'package.json': JSON.stringify({ name, version }), ...files });
  const tar = await tarOf(entries.map(([path, data]) => ({ name: `package/${path}`, data })));
  return { name, version, tarball: gzipSync(tar) };
}

/** Serves packages, and sends the npm client of this process's children there, with a cache in `directory`. */
export async function startLoopbackNpm(
  directory: string,
  packages: readonly PublishedPackage[],
): Promise<LoopbackNpm> {
  const fetched: string[] = [];
  let url = '';
  const addressOf = ({ name, version }: PublishedPackage): string =>
    `/-/${name.replace('/', '-')}-${version}.tgz`;
  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? '');
    const file = packages.find((each) => addressOf(each) === path);
    const versions = packages.filter(({ name }) => path === `/${name}`);
    if (file !== undefined) {
      fetched.push(`${file.name}@${file.version}`);
      response.end(file.tarball);
    } else if (versions.length > 0) response.end(JSON.stringify(documentOf(versions, url, addressOf)));
    else response.writeHead(404).end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const before = { ...process.env };
  const own = {
    npm_config_registry: url,
    npm_config_cache: `${directory}/npm-cache`,
    npm_config_userconfig: `${directory}/npmrc`,
  };
  Object.assign(process.env, own);
  return {
    fetched,
    close: () => {
      server.close();
      for (const name of Object.keys(own))
        if (before[name] === undefined) Reflect.deleteProperty(process.env, name);
        else process.env[name] = before[name];
    },
  };
}

/* What a registry says of a package (npm's registry API, "package metadata"). */
function documentOf(
  versions: readonly PublishedPackage[],
  url: string,
  addressOf: (each: PublishedPackage) => string,
): unknown {
  return {
    name: versions[0]!.name,
    'dist-tags': { latest: versions.at(-1)!.version },
    versions: Object.fromEntries(
      versions.map((each) => [
        each.version,
        {
          name: each.name,
          version: each.version,
          dist: { tarball: `${url}${addressOf(each)}`, integrity: integrityOf(each.tarball) },
        },
      ]),
    ),
  };
}
