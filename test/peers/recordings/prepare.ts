// What was there before a recording began: made here when an answer first shows it.

import type { RecordedExchange } from '../../../src/lib/azure/recording/recorded-exchange.js';
import type { LearntNames } from './learnt-names.js';
import type { LocalSide } from './local-side.js';

const KEY = /^\/keys\/([^/]+)(?:\/|$)/;
const VERSION = '2026-04-06';

/** Makes containers, blobs and keys as they first come up in answers that found them. */
export function createPreparation(side: LocalSide, names: LearntNames) {
  const made = new Set<string>();
  const first = (what: string): boolean => {
    if (made.has(what)) return false;
    made.add(what);
    return true;
  };
  return async (exchange: RecordedExchange): Promise<void> => {
    const { service, request, answer } = exchange;
    const path = names.fill(request.path);
    const found = answer.status < 300;
    const reads = request.method === 'GET' || request.method === 'HEAD';
    if (service === 'blob-storage') {
      const [, container = '', blob] = path.split('/');
      const creates = request.query['restype'] === 'container' && request.method === 'PUT';
      if (container !== '' && !creates && answer.status !== 404 && first(container))
        await putContainer(side, container);
      if (blob === undefined || answer.status === 404) return;
      if (first(path) && found && (reads || request.query['comp'] === 'snapshot')) await putBlob(side, path);
    }
    const key = service === 'managed-hsm' || service === 'key-vault' ? KEY.exec(path)?.[1] : undefined;
    const creates = request.path.endsWith('/create') || request.method === 'PUT';
    if (key !== undefined && found && first(`${service} ${key}`) && !creates)
      await createKey(side, exchange, key);
  };
}

async function putContainer(side: LocalSide, container: string): Promise<void> {
  await storage(side, 'PUT', `/${container}?restype=container`, {});
}

async function putBlob(side: LocalSide, path: string): Promise<void> {
  await storage(side, 'PUT', path, { 'x-ms-blob-type': 'BlockBlob' }, 'x'.repeat(1024));
}

async function storage(
  side: LocalSide,
  method: string,
  path: string,
  headers: Readonly<Record<string, string>>,
  text = '',
): Promise<void> {
  const exchange = { service: 'blob-storage', answer: { status: 200 } } as RecordedExchange;
  await side.call(method, `${side.base('blob-storage') ?? ''}${path}`, {
    token: await side.token(exchange),
    headers: { 'x-ms-version': VERSION, 'content-type': 'application/octet-stream', ...headers },
    text,
  });
}

/* The kind that the answer shows; exportable where it shows a release policy. */
async function createKey(side: LocalSide, exchange: RecordedExchange, name: string): Promise<void> {
  const text = JSON.stringify(exchange.answer.body);
  const kty = /"kty":"([A-Za-z-]+)"/.exec(text)?.[1] ?? 'RSA-HSM';
  const exportable = text.includes('"release_policy"');
  const data = Buffer.from(side.values.releasePolicy).toString('base64url');
  await side.call('POST', `${side.base(exchange.service) ?? ''}/keys/${name}/create?api-version=2025-07-01`, {
    token: await side.token(exchange),
    body: {
      kty,
      ...(kty.startsWith('oct') ? { key_size: 256 } : {}),
      ...(kty.startsWith('EC') ? { crv: /"crv":"([^"]+)"/.exec(text)?.[1] ?? 'P-256' } : {}),
      attributes: { exportable },
      ...(text.includes('"tags"') ? { tags: { peers: 'peers' } } : {}),
      ...(exportable ? { release_policy: { data, immutable: text.includes('"immutable":true') } } : {}),
    },
  });
}
