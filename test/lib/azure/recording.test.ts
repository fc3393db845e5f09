// The recorder of exchanges: what it keeps, and that nothing else gets into a file.

import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { DICTIONARIES, MEMBERS, PARAMETERS, TEXTS } from '../../../src/lib/azure/recording/allow-list.js';
import { openPseudonyms, PSEUDONYM, pseudonymsUnder } from '../../../src/lib/azure/recording/pseudonyms.js';
import { sanitizeExchange, type WireExchange } from '../../../src/lib/azure/recording/recorded-exchange.js';
import { openRecorder } from '../../../src/lib/azure/recording/recorder.js';
import { sanitizeBody, sanitizeJson } from '../../../src/lib/azure/recording/sanitize-body.js';
import { useTemporaryDirectory } from '../../support/temporary-directory.js';

const SECRET = 'Tr0ub4dor-and-3';
const name = pseudonymsUnder(new Uint8Array(32).fill(7));

const WIRE: WireExchange = {
  service: 'managed-hsm',
  method: 'GET',
  url: 'https://fabrikam.managedhsm.azure.net/keys/notes/?api%2Dversion=7.6',
  requestHeaders: { authorization: `Bearer ${SECRET}`, 'x-ms-client-request-id': SECRET },
  requestBody: { text: null, length: 0 },
  status: 401,
  answerHeaders: {
    date: 'Mon, 30 Nov 2026 10:00:00 GMT',
    'content-type': 'application/json',
    'x-ms-request-id': SECRET,
  },
  answerBody: { text: JSON.stringify({ error: { code: 'Unauthorized', message: SECRET } }), length: 10 },
};

function written(change: Partial<WireExchange>): string {
  return JSON.stringify(sanitizeExchange({ ...WIRE, ...change }, name));
}

describe('a recorded exchange', () => {
  it('keeps service, path, status and code, and of the day no hour', () => {
    const kept = sanitizeExchange(WIRE, name);
    assert.deepEqual([kept.service, kept.day, kept.answer.status], ['managed-hsm', '2026-11-30', 401]);
    assert.match(kept.request.path, /^\/keys\/key0x[0-9a-f]{12}\/$/);
    assert.deepEqual(kept.request.query, { 'api-version': '7.6' });
    assert.equal(kept.request.authorization, 'bearer');
    assert.deepEqual(kept.answer.body, {
      kind: 'json',
      json: { error: { code: 'Unauthorized', message: '<text>' } },
    });
  });

  it('X7: has no secret from any known member of a body, nested, in a list, or as a member’s name', () => {
    for (const member of [...MEMBERS, 'unknown', SECRET, '__proto__']) {
      const bodies = [{ [member]: SECRET }, { [member]: [SECRET] }, { [member]: { [SECRET]: SECRET } }];
      for (const body of bodies)
        for (const text of [JSON.stringify(body), JSON.stringify([body])])
          assert.ok(
            !written({ answerBody: { text, length: text.length } }).includes(SECRET),
            `${member} in ${text}`,
          );
    }
  });

  it('X7: has no word of a dictionary that the user writes, even where Azure has the same member', () => {
    for (const dictionary of DICTIONARIES)
      for (const member of Object.keys(TEXTS)) {
        const kept = JSON.stringify(sanitizeJson({ [dictionary]: { [member]: 'Running' } }, name));
        assert.ok(!kept.includes('Running'), kept);
        assert.ok(!kept.includes(`"${member}"`), kept);
      }
  });

  it('X7: has no signature, secret or unknown parameter of a query, and none of a header', () => {
    for (const parameter of [...PARAMETERS, SECRET, 'code']) {
      const url = `https://a.blob.core.windows.net/c/b?${encodeURIComponent(parameter)}=${SECRET}`;
      assert.ok(!written({ service: 'blob-storage', url }).includes(SECRET), parameter);
    }
    const headers = [
      ...['authorization', 'x-ms-copy-source', 'cookie', 'content-type', 'if-match', 'x-ms-range', 'etag'],
      ...[
        'x-ms-meta-sealedheader',
        'x-ms-error-code',
        'location',
        'azure-asyncoperation',
        'www-authenticate',
      ],
      ...['date', 'x-ms-version', 'retry-after', SECRET],
    ];
    for (const header of headers) {
      const both = { [header]: SECRET };
      assert.ok(!written({ requestHeaders: both, answerHeaders: both }).includes(SECRET), header);
    }
    const challenge = `Bearer authorization="https://login.microsoftonline.com/${SECRET}", resource="https://${SECRET}", claims="${SECRET}"`;
    assert.ok(!written({ answerHeaders: { 'www-authenticate': challenge } }).includes(SECRET));
  });

  it('X7: has no name from a path, a link or a host, also where it is written with escapes', () => {
    const escaped = SECRET.replaceAll('-', '%2D');
    for (const url of [
      `https://${SECRET}.vault.azure.net/keys/${SECRET}/${SECRET}/release`,
      `https://management.azure.com/subscriptions/${SECRET}/resourceGroups/${SECRET}/providers/${SECRET}`,
      `https://a.blob.core.windows.net/${escaped}/${SECRET}/folder`,
    ]) {
      const kept = written({ url, service: url.includes('blob') ? 'blob-storage' : 'other' });
      assert.ok(!kept.toLowerCase().includes(SECRET.toLowerCase()), kept);
      const link = JSON.stringify({ value: [], nextLink: url, id: new URL(url).pathname, kid: url });
      const answered = written({ answerBody: { text: link, length: 9 } });
      assert.ok(!answered.toLowerCase().includes(SECRET.toLowerCase()), answered);
    }
  });

  it('X7: keeps of XML the elements, of forms the members, of other bytes a rounded length', () => {
    const xml = `<?xml version="1.0"?><Error><Code>${SECRET}</Code><${SECRET}/><Other a="${SECRET}"/></Error>`;
    assert.deepEqual(sanitizeBody({ text: xml, length: 9 }, 'application/xml', name), {
      kind: 'xml',
      elements: ['Error', 'Code', '?'],
    });
    const form = `client_secret=${SECRET}&grant_type=client_credentials&scope=${SECRET}&${SECRET}=1`;
    assert.deepEqual(sanitizeBody({ text: form, length: 9 }, 'application/x-www-form-urlencoded', name), {
      kind: 'form',
      form: {
        client_secret: '<text>',
        grant_type: 'client_credentials',
        scope: '<text>',
        '<member>': '<text>',
      },
    });
    const bytes = (length: number) => sanitizeBody({ text: null, length }, 'text/plain', name);
    assert.deepEqual(bytes(5000), { kind: 'bytes', atMost: 8192 });
    assert.deepEqual(bytes(1), { kind: 'bytes', atMost: 1024 });
    assert.deepEqual(sanitizeBody({ text: SECRET, length: 9 }, 'application/json', name).kind, 'bytes');
  });

  it('keeps a text only under its own member and in Azure’s own words', () => {
    assert.deepEqual(sanitizeJson({ kty: 'RSA-HSM', crv: 'RSA-HSM', e: 'AAEAAQ', n: 'AAEAAQ' }, name), {
      kty: 'RSA-HSM',
      crv: '<text>',
      e: 'AAEAAQ',
      n: '<text>',
    });
    assert.deepEqual(sanitizeJson({ port: 8501, created: 1790000000, enabled: true }, name), {
      port: 8501,
      created: '<number>',
      enabled: true,
    });
  });
});

describe('the recorder', () => {
  const directory = useTemporaryDirectory();

  it('gives a name the same pseudonym in every process, and another under another key', async () => {
    const at = join(directory(), 'names');
    const [one, two] = [await openPseudonyms(at), await openPseudonyms(at)];
    assert.equal(one('key', 'notes'), two('key', 'notes'));
    assert.notEqual(one('key', 'notes'), (await openPseudonyms(`${at}2`))('key', 'notes'));
    assert.equal(statSync(`${at}.key`).mode & 0o777, 0o600);
    assert.match(one('version', SECRET), new RegExp(`^${PSEUDONYM.source}$`));
  });

  it('writes one file an exchange, for this user only, and never over another', async () => {
    const at = join(directory(), 'recorded');
    mkdirSync(at);
    writeFileSync(join(at, '00001.json'), 'mine');
    const [one, two] = [(await openRecorder(at))!, (await openRecorder(at))!];
    await Promise.all([one(WIRE), two(WIRE), one(WIRE)]);
    assert.deepEqual(readdirSync(at).toSorted(), ['00001.json', '00002.json', '00003.json', '00004.json']);
    assert.equal(readFileSync(join(at, '00001.json'), 'utf8'), 'mine');
    assert.equal(statSync(join(at, '00002.json')).mode & 0o777, 0o600);
  });

  it('is off where nothing asks for it, and says where it cannot write', async () => {
    assert.equal(await openRecorder(undefined), null);
    assert.equal(await openRecorder(''), null);
    const file = join(directory(), 'file');
    writeFileSync(file, '');
    await assert.rejects(openRecorder(join(file, 'below')), { code: 'FILE_UNWRITABLE' });
  });
});
