import assert from 'node:assert/strict';

import { concatBytes, utf8 } from '../../../src/lib/base/bytes/arrays.js';
import { toBase64Url } from '../../../src/lib/base/bytes/base64.js';
import { headerSize, parseHeader } from '../../../src/lib/sealed-blob/format/header.js';
import { MAGIC } from '../../../src/lib/sealed-blob/format/layout.js';
import { ecParty, sealBytes } from '../../support/sealed.js';

interface HeaderJson {
  protected: string;
  recipients: { header: Record<string, unknown>; encrypted_key: unknown }[];
}

describe('header of a sealed blob', () => {
  let json: string;

  before(async () => {
    const blob = await sealBytes(utf8('text'), ecParty());
    json = Buffer.from(blob.subarray(12, headerSize(blob))).toString();
  });

  it('is JSON in the shape of a general JWE', () => {
    const header = parseHeader(frame(json));
    assert.equal(header.protected.enc, 'AES256-GCM-HKDF-1MB');
    assert.equal(header.recipients[0]?.header.alg, 'ECDH-ES+A256KW');
    assert.deepEqual(Object.keys(JSON.parse(json) as object), ['protected', 'recipients']);
  });

  const encode = (value: unknown): string => toBase64Url(utf8(JSON.stringify(value)));
  const good = { enc: 'AES256-GCM-HKDF-1MB', cty: 'application/octet-stream' };
  const mutations: readonly (readonly [string, (header: HeaderJson) => void])[] = [
    ['no recipient', (header) => (header.recipients = [])],
    [
      '257 recipients',
      (header) => (header.recipients = Array<never>(257).fill(header.recipients[0] as never)),
    ],
    ['an unknown member', (header) => Object.assign(header, { unprotected: {} })],
    ['an unknown algorithm', (header) => (header.recipients[0]!.header['alg'] = 'RSA1_5')],
    ['an unknown recipient member', (header) => (header.recipients[0]!.header['zip'] = 'DEF')],
    ['a kid with a control character', (header) => (header.recipients[0]!.header['kid'] = 'a\u001b[2J')],
    ['another enc', (header) => (header.protected = encode({ ...good, enc: 'A256GCM' }))],
    ['an unknown protected member', (header) => (header.protected = encode({ ...good, crit: ['x'] }))],
    [
      'II3: a dataset that is a path',
      (header) =>
        (header.protected = encode({ ...good, contract: 'a'.repeat(64), dataset: '../x', version: '1' })),
    ],
    ['a dataset without a contract', (header) => (header.protected = encode({ ...good, dataset: 'notes' }))],
    ['protected that is no base64url', (header) => (header.protected = `${header.protected}=`)],
    ['a short MAC', (header) => (header.recipients[0]!.header['mac'] = 'AAAA')],
    ['a MAC that was taken out', (header) => delete header.recipients[0]!.header['mac']],
    ['a MAC that is not announced', (header) => (header.protected = encode(good))],
    [
      'without a MAC, another kid than the thumbprint',
      (header) => {
        header.protected = encode(good);
        header.recipients[0]!.header = { ...header.recipients[0]!.header, mac: undefined, kid: 'x' };
      },
    ],
  ];
  for (const [name, mutate] of mutations) {
    it(`II3: refuses ${name}`, () => {
      const header = JSON.parse(json) as HeaderJson;
      mutate(header);
      assert.throws(() => parseHeader(frame(JSON.stringify(header))), { code: 'SEALED_BLOB_REJECTED' });
    });
  }

  it('II3: refuses duplicate keys, deep nesting and bytes that are not UTF-8', () => {
    const bad = [
      json.replace('{', '{"recipients":[],'),
      json.replace('"alg"', '"kid":"x","alg"'),
      '['.repeat(50_000),
      '{"protected":"\u00ff"}',
    ];
    for (const text of bad) assert.throws(() => parseHeader(frame(text)), { code: 'SEALED_BLOB_REJECTED' });
  });

  it('II3: refuses absurd lengths before reading that much', () => {
    for (const length of [0, 1024 * 1024 + 1, 0xffff_ffff]) {
      const start = new Uint8Array(12);
      start.set(MAGIC);
      new DataView(start.buffer).setUint32(8, length);
      assert.throws(() => headerSize(start), { code: 'SEALED_BLOB_REJECTED' });
    }
  });

  function frame(text: string): Uint8Array {
    const bytes = Buffer.from(text, 'latin1');
    const length = new Uint8Array(4);
    new DataView(length.buffer).setUint32(0, bytes.length);
    return concatBytes(MAGIC, length, bytes);
  }
});
