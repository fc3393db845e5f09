// Eighty files that are not what they should be: empty, cut, deep, wide, in another encoding, of another kind.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateRawSync, gzipSync } from 'node:zlib';

import { stringify } from 'yaml';

import { renderAllowAll } from '../../src/lib/cce-policy/text/render-allow-all.js';
import { writeZip } from '../../src/lib/base/files/zip/write-zip.js';
import { exampleContract } from '../support/contract.js';
import { seeded } from '../support/seeded.js';
import { tarOf } from '../support/tar-of.js';

export interface MalformedFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

const bytes = (text: string): Buffer => Buffer.from(text);
const repeated = (text: string, count: number): Buffer => bytes(text.repeat(count));

/** The same bytes each time. */
export async function malformedFiles(): Promise<readonly MalformedFile[]> {
  const random = seeded(80);
  const noise = Buffer.from(Array.from({ length: 4_096 }, () => Math.floor(random() * 256)));
  const contract = bytes(stringify(exampleContract()));
  const json = bytes(JSON.stringify(exampleContract()));
  const rego = Buffer.from(renderAllowAll());
  return [
    ...named('bytes', [
      Buffer.alloc(0),
      bytes('\n'),
      bytes(' \t\r\n'),
      Buffer.alloc(1),
      Buffer.alloc(4_096),
      Buffer.alloc(4_096, 0xff),
      noise,
      noise.subarray(0, 7),
      Buffer.alloc(3_000_000, 'a'),
      repeated('\n', 1_000_000),
      bytes('\ufeff'),
      Buffer.from('{"a":1}', 'utf16le'),
      Buffer.from([0xc3, 0x28]),
      Buffer.from([0xed, 0xa0, 0x80]),
      bytes('a\u0000b'),
      bytes('\u001b[2J\u001b]0;title\u0007'),
    ]),
    ...named('json', [
      bytes('{}'),
      bytes('[]'),
      bytes('null'),
      bytes('true'),
      bytes('0'),
      bytes('1e999'),
      bytes('""'),
      bytes('{"a":1,"a":2}'),
      bytes('{"__proto__":{"polluted":1}}'),
      bytes('{"constructor":{"prototype":{"polluted":1}}}'),
      bytes('{"version":1e400}'),
      bytes('{"a":"\\ud800"}'),
      repeated('[', 100_000),
      bytes('['.repeat(50_000) + ']'.repeat(50_000)),
      bytes('{"a":'.repeat(20_000) + '1' + '}'.repeat(20_000)),
      bytes(`[${'1,'.repeat(500_000)}1]`),
      bytes(`{${Array.from({ length: 50_000 }, (_, index) => `"k${index}":0`).join()}}`),
      bytes(`{"a":"${'x'.repeat(2_000_000)}"}`),
      bytes(`{"a":${'9'.repeat(100_000)}}`),
      json.subarray(0, json.length / 2),
      bytes(`${json.toString()}${json.toString()}`),
      bytes(`\ufeff${json.toString()}`),
      bytes(json.toString().replaceAll('"', "'")),
    ]),
    ...named('yaml', [
      bytes('a: &a [*a]\n'),
      bytes('a: &a {b: *a}\n'),
      bytes(bomb(9)),
      bytes('? [complex, key]\n: value\n'),
      bytes('--- 1\n--- 2\n'),
      bytes('%YAML 9.9\n---\na: 1\n'),
      bytes('a: !!js/function "function(){}"\n'),
      bytes('a: !!binary |\n  ====\n'),
      bytes('<<: {a: 1}\n'),
      bytes('a: 1\n\tb: 2\n'),
      repeated('{}\n', 80_000),
      repeated('- ', 60_000),
      repeated('a: ', 30_000),
      bytes('a: "'),
      contract.subarray(0, contract.length - 40),
      bytes(contract.toString().replaceAll('\n', '\r')),
      bytes(contract.toString().replace('version: 1', 'version: 2')),
      bytes(`${contract.toString()}\n${contract.toString()}`),
      bytes(contract.toString().replace(/id: \w+/g, 'id: x')),
      bytes(contract.toString().replace(/\d+/g, '-1')),
    ]),
    ...named('other kinds', [
      bytes('CLNROOM1'),
      Buffer.concat([bytes('CLNROOM1'), Buffer.from([0xff, 0xff, 0xff, 0xff])]),
      Buffer.concat([bytes('CLNROOM1'), Buffer.from([0, 0, 0, 2]), bytes('{}'), noise]),
      bytes('e30.e30.'),
      bytes('eyJhbGciOiJub25lIn0.e30.'),
      repeated('a.b.c\n', 20_000),
      bytes('-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'),
      bytes('-----BEGIN PRIVATE KEY-----\n'),
      bytes('{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}'),
      bytes('{"kty":"RSA","n":"AQAB","e":"AQAB"}'),
      gzipSync(Buffer.alloc(64 * 1_024 * 1_024)),
      deflateRawSync(Buffer.alloc(1_000_000)),
      writeZip([{ name: '../../escape', bytes: bytes('x') }]),
      writeZip([{ name: 'contract.yaml', bytes: contract }]),
      writeZip([{ name: 'contract.yaml', bytes: contract }]).subarray(0, 200),
      await tarOf([{ name: '../../../escape', data: 'x' }]),
      await tarOf([{ name: 'manifest.json', data: '[{"Config":"../x","Layers":["../y"]}]' }]),
      bytes('package policy\n'),
      rego.subarray(0, rego.length / 2),
      bytes('<!doctype html><script>alert(1)</script>'),
      Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    ]),
  ];
}

/** Writes them below `malformed` in `cwd`. @returns their names */
export async function writeMalformedFiles(cwd: string): Promise<readonly string[]> {
  mkdirSync(join(cwd, 'malformed'), { recursive: true });
  const corpus = await malformedFiles();
  for (const { name, bytes: content } of corpus) writeFileSync(join(cwd, 'malformed', name), content);
  return corpus.map(({ name }) => name);
}

function named(kind: string, contents: readonly Uint8Array[]): readonly MalformedFile[] {
  return contents.map((content, index) => ({ name: `${kind} ${index}`, bytes: content }));
}

/* Nine levels, each nine times the one before. */
function bomb(levels: number): string {
  const lines = Array.from({ length: levels }, (_, level) => {
    const item = level === 0 ? 'x' : `*l${level - 1}`;
    return `l${level}: &l${level} [${Array.from({ length: levels }, () => item).join()}]`;
  });
  return `${lines.join('\n')}\n`;
}
