// The storage of the room's tests is a double, because they change it between two requests: it answers as Azurite does.

import assert from 'node:assert/strict';

import { ContainerSASPermissions } from '@azure/storage-blob';

import { createBlobService } from '../../support/room/blob-service.js';
import { startTestStorage, type TestStorage } from '../../support/azurite.js';
import { send } from '../../support/wire-request.js';

interface Question {
  readonly what: string;
  readonly method: 'HEAD' | 'GET' | 'PUT';
  readonly name: string;
  /** `CURRENT` stands for the ETag of the blob of that name. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

type ETags = Readonly<Record<string, string>>;

interface Observed {
  readonly reply: Reply;
  readonly etags: ETags;
}

interface Reply {
  readonly status: number;
  readonly etag: boolean;
  readonly length: string | null;
  readonly text: string;
}

const NEW = { 'if-none-match': '*' };
const OTHER = { 'if-match': '"0x8D000000000000"' };
const SAME = { 'if-match': 'CURRENT' };

/* In this order, from an empty container. */
const QUESTIONS: readonly Question[] = [
  { what: 'the properties of no blob', method: 'HEAD', name: 'a' },
  { what: 'the bytes of no blob', method: 'GET', name: 'a' },
  { what: 'a replacement of no blob', method: 'PUT', name: 'a', headers: OTHER, body: 'x' },
  { what: 'a new blob', method: 'PUT', name: 'a', headers: NEW, body: 'hello' },
  { what: 'the same new blob again', method: 'PUT', name: 'a', headers: NEW, body: 'hello' },
  { what: 'properties', method: 'HEAD', name: 'a' },
  { what: 'properties of the version that is there', method: 'HEAD', name: 'a', headers: SAME },
  { what: 'properties of another version', method: 'HEAD', name: 'a', headers: OTHER },
  { what: 'the bytes', method: 'GET', name: 'a' },
  { what: 'a range', method: 'GET', name: 'a', headers: { 'x-ms-range': 'bytes=1-3' } },
  { what: 'a range beyond the end', method: 'GET', name: 'a', headers: { 'x-ms-range': 'bytes=3-99' } },
  {
    what: 'a range of the version that is there',
    method: 'GET',
    name: 'a',
    headers: { ...SAME, 'x-ms-range': 'bytes=0-0' },
  },
  { what: 'the bytes of another version', method: 'GET', name: 'a', headers: OTHER },
  { what: 'a replacement of another version', method: 'PUT', name: 'a', headers: OTHER, body: 'y' },
  { what: 'a replacement of the version that is there', method: 'PUT', name: 'a', headers: SAME, body: 'z' },
  { what: 'the bytes after it', method: 'GET', name: 'a' },
  { what: 'an overwrite without a condition', method: 'PUT', name: 'a', body: '' },
  { what: 'the bytes of an empty blob', method: 'GET', name: 'a' },
];

describe("the storage of the room's tests", () => {
  let azurite: TestStorage | null = null;

  before(async () => (azurite = await startTestStorage()));
  after(async () => azurite?.stop());

  it('answers every request of a room as Azurite answers it', async function () {
    if (azurite === null) return this.skip();
    const container = azurite.container('double');
    await container.create();
    const permissions = ContainerSASPermissions.parse('racw');
    const sas = await container.generateSasUrl({ permissions, expiresOn: new Date(Date.now() + 3_600_000) });
    const [url = '', query = ''] = sas.split('?');
    const { handler } = createBlobService();
    let [real, double] = [{}, {}];
    for (const question of QUESTIONS) {
      const theirs = await askAzurite(url, query, question, real);
      const ours = await askDouble(handler, question, double);
      assert.deepEqual(ours.reply, theirs.reply, question.what);
      [real, double] = [theirs.etags, ours.etags];
    }
    const denied = await send(handler, 'GET', 'https://storage.test/c/a?sig=other');
    assert.equal(denied.status, (await fetch(`${url}/a?${query.replace(/sig=[^&]+/, 'sig=AAAA')}`)).status);
  });
});

function headersOf({ name, headers = {} }: Question, etags: ETags): Record<string, string> {
  const sent: Record<string, string> = { 'x-ms-version': '2024-11-04', 'x-ms-blob-type': 'BlockBlob' };
  for (const [header, value] of Object.entries(headers))
    sent[header] = value === 'CURRENT' ? (etags[name] ?? '') : value;
  return sent;
}

async function askAzurite(url: string, query: string, question: Question, etags: ETags): Promise<Observed> {
  const { method, name, body } = question;
  const answer = await fetch(`${url}/${name}?${query}`, {
    method,
    headers: headersOf(question, etags),
    ...(body === undefined ? {} : { body }),
  });
  const text = await answer.text();
  return observed(question, etags, answer.status, (header) => answer.headers.get(header), text);
}

async function askDouble(
  handler: Parameters<typeof send>[0],
  question: Question,
  etags: ETags,
): Promise<Observed> {
  const { method, name, body = '' } = question;
  const headers = headersOf(question, etags);
  const answer = await send(handler, method, `https://storage.test/c/${name}?sig=test`, { headers, body });
  return observed(question, etags, answer.status, (header) => answer.headers[header] ?? null, answer.text);
}

/* What a room reads of an answer: the status; where it is good, the ETag, the length of a HEAD and the bytes of a GET. */
function observed(
  { method, name }: Question,
  etags: ETags,
  status: number,
  header: (name: string) => string | null,
  text: string,
): Observed {
  const good = status < 300;
  const etag = good ? header('etag') : null;
  const reply = {
    status,
    etag: etag !== null,
    length: good && method === 'HEAD' ? header('content-length') : null,
    text: good && method === 'GET' ? text : '',
  };
  return { reply, etags: etag === null ? etags : { ...etags, [name]: etag } };
}
