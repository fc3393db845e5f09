// What both sidecars are asked: every endpoint, every kind of key, and requests that are wrong in one thing.

import type { LocalRoom } from '../../support/local-room.js';

export interface SidecarQuestion {
  readonly question: string;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body: string;
}

const DATA = Buffer.from('{"hello":"room"}').toString('base64');
const KINDS = [
  ...(['2048', '3072', '4096'] as const).map(
    (size) => ['RSA-HSM', `rsa-${size}`, { keySize: Number(size) }] as const,
  ),
  ...(['P-256', 'P-384', 'P-521'] as const).map(
    (curve) => ['EC-HSM', `ec-${curve.toLowerCase()}`, { curve }] as const,
  ),
  ...(['128', '256'] as const).map((size) => ['oct-HSM', `oct-${size}`, { keySize: Number(size) }] as const),
];

/** Makes the keys in the room's vault. */
export async function makeKeys({ vault, releasePolicy }: LocalRoom): Promise<void> {
  const { keys } = vault.client;
  for (const [kty, name, size] of KINDS)
    await keys.createKey(name, kty, { ...size, exportable: true, releasePolicy: releasePolicy() });
  const other = releasePolicy('00'.repeat(32));
  await keys.createKey('of-another-room', 'RSA-HSM', { exportable: true, releasePolicy: other });
  await keys.createKey('stays', 'RSA-HSM');
  await keys.createKey('disabled', 'EC-HSM', {
    exportable: true,
    releasePolicy: releasePolicy(),
    enabled: false,
  });
}

export function sidecarQuestions(room: LocalRoom): readonly SidecarQuestion[] {
  const endpoints = { maa_endpoint: room.maa.hostAndPort, akv_endpoint: room.vault.hostAndPort };
  const post = (question: string, path: string, body: unknown): SidecarQuestion => ({
    ...{ question: `${path} ${question}`, method: 'POST', path },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  const release = (question: string, changes: object): SidecarQuestion =>
    post(question, '/key/release', { ...endpoints, kid: 'rsa-2048', ...changes });
  const data = (path: string, more: object): readonly SidecarQuestion[] => [
    post('of JSON', path, { ...more, runtime_data: DATA }),
    post('in other case', path, upper({ ...more, runtime_data: DATA })),
    post('with an unknown member', path, { ...more, runtime_data: DATA, x: 1 }),
    post('with bytes behind the value', path, `${JSON.stringify({ ...more, runtime_data: DATA })} x`),
    post('with line breaks in the base64', path, {
      ...more,
      runtime_data: `${DATA.slice(0, 4)}\n${DATA.slice(4)}`,
    }),
    post('that is no base64', path, { ...more, runtime_data: 'a*b' }),
    ...['YQ=', '=', 'YQ==x', 'YQ=\n=\n', 'YR==', 'Y=Q=', 'YWJj\r\n*', 'é', 'YWJjY'].map((odd) =>
      post(`that is ${JSON.stringify(odd)}`, path, { ...more, runtime_data: odd }),
    ),
    post('without padding', path, { ...more, runtime_data: 'YQ' }),
    post('that is empty', path, { ...more, runtime_data: '' }),
    post('that is missing', path, more),
    post('that is a number', path, { ...more, runtime_data: 7 }),
    post('that is null', path, { ...more, runtime_data: null }),
    post('without a body', path, ''),
    post('that is a list', path, '[]'),
    post('that is no JSON', path, '{'),
  ];
  return [
    { question: '/status', method: 'GET', path: '/status', body: '' },
    { question: '/status/', method: 'GET', path: '/status/', body: '' },
    { question: 'an unknown path', method: 'GET', path: '/keys', body: '' },
    ...data('/attest/raw', {}),
    ...data('/attest/combined', {}),
    ...data('/attest/maa', { maa_endpoint: room.maa.hostAndPort }),
    post('of text that is no JSON', '/attest/maa', {
      ...{ maa_endpoint: room.maa.hostAndPort, runtime_data: Buffer.from('text').toString('base64') },
    }),
    post('without an endpoint', '/attest/maa', { runtime_data: DATA }),
    ...KINDS.map(([, name]) => release(`of ${name}`, { kid: name })),
    release('in other case', upper({ kid: 'oct-256' })),
    release('of a key with another room’s policy', { kid: 'of-another-room' }),
    release('of a key that stays in the HSM', { kid: 'stays' }),
    release('of a disabled key', { kid: 'disabled' }),
    release('of a key that is not there', { kid: 'nothing' }),
    release('of a key elsewhere', { kid: '../keys/rsa-2048' }),
    release('with an empty key', { kid: '' }),
    release('with a number as key', { kid: 7 }),
    release('with a token that is no text', { access_token: 7 }),
    release('with a token that is none', { access_token: 'a.b.c' }),
    release('without a vault', { akv_endpoint: undefined }),
    release('without an attestation service', { maa_endpoint: undefined }),
    release('from an attestation service that is not the policy’s', { maa_endpoint: room.vault.hostAndPort }),
    post('without a body', '/key/release', ''),
    post('that is no JSON', '/key/release', '{'),
  ];
}

function upper(members: object): object {
  return Object.fromEntries(
    Object.entries(members).map(([name, value]) => [name.toUpperCase(), value as unknown]),
  );
}
