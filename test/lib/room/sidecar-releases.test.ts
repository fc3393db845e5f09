// Keys of a room's tests come from a list: its answers are those of the sidecar with a vault behind it.

import assert from 'node:assert/strict';
import type { KeyObject } from 'node:crypto';

import { MANAGED_HSM_ROLES } from '../../../src/lib/emulator/identity/role-definitions.js';
import type { WireHandler } from '../../../src/lib/emulator/http/wire.js';
import { readConfig } from '../../../src/lib/emulator/sidecar/config.js';
import { initialCertificates } from '../../../src/lib/emulator/sidecar/evidence.js';
import { createSidecarHandler } from '../../../src/lib/emulator/sidecar/handler.js';
import { freshKeyPairSync } from '../../../src/lib/keys/fresh-key.js';
import { sidecarFailure } from '../../../src/lib/room/key-release/sidecar-failure.js';
import { type LocalRoom, startLocalRoom } from '../../support/local-room.js';
import { type ReleasedKeys, releaseFrom } from '../../support/room/sidecar.js';
import { send } from '../../support/wire-request.js';

describe("the keys of the room's tests", () => {
  let room: LocalRoom;
  let sidecar: WireHandler;
  let accessToken: string;
  const keys: ReleasedKeys = new Map();

  before(async () => {
    room = await startLocalRoom();
    await room.vault.roles.assign(
      room.vault.login.principalId,
      MANAGED_HSM_ROLES.cryptoServiceReleaseUser,
      '/',
    );
    const roots = Buffer.from(room.vault.tls.rootPem).toString('base64url');
    const config = await readConfig({ UVM_SECURITY_CONTEXT_DIR: room.directory, CLEANROOM_TLS_ROOTS: roots });
    sidecar = createSidecarHandler({ config, certificates: await initialCertificates(config) });
    const scope = 'https://managedhsm.azure.net/.default';
    accessToken = (await room.vault.client.credential.getToken(scope)).token;
  });
  beforeEach(() => keys.clear());
  after(() => room.stop());

  async function importKey(name: string, key: KeyObject, hostData?: string): Promise<string> {
    const jwk = key.export({ format: 'jwk' }) as Record<string, string>;
    const parts = ['n', 'e', 'd', 'dp', 'dq', 'qi', 'p', 'q'].map(
      (part) => [part, Buffer.from(jwk[part]!, 'base64url')] as const,
    );
    const material = Object.fromEntries<Uint8Array>(parts);
    const imported = await room.vault.client.keys.importKey(
      name,
      { kty: 'RSA-HSM', keyOps: ['decrypt'], ...material },
      { exportable: true, releasePolicy: room.releasePolicy(hostData) },
    );
    return `${name}/${imported.properties.version!}`;
  }

  async function bothAnswer(kid: string): Promise<readonly [theirs: unknown, ours: unknown]> {
    const asked = { maa_endpoint: room.maa.hostAndPort, akv_endpoint: room.vault.hostAndPort, kid };
    const body = JSON.stringify({ ...asked, access_token: accessToken });
    const theirs = await send(sidecar, 'POST', 'http://localhost/key/release', { body });
    const ours = releaseFrom(keys, room.vault.hostAndPort, kid);
    return [
      {
        status: theirs.status,
        type: theirs.headers['content-type'],
        answer: answerOf(theirs.status, theirs.text),
      },
      {
        status: ours.status,
        type: ours.headers?.['content-type'],
        answer: answerOf(ours.status, Buffer.from(ours.body ?? '').toString()),
      },
    ];
  }

  it('are given out as the sidecar gives out those of a vault', async () => {
    const { privateKey } = freshKeyPairSync({ type: 'rsa', bits: 2048 });
    const kid = await importKey('given', privateKey);
    keys.set(`${room.vault.hostAndPort}/${kid}`, privateKey);
    const [theirs, ours] = await bothAnswer(kid);
    assert.equal((theirs as { status: number }).status, 200);
    assert.deepEqual(ours, theirs);
  });

  it('are refused in words that a room takes for what those of a vault say', async () => {
    const { privateKey } = freshKeyPairSync({ type: 'rsa', bits: 2048 });
    const disabled = await importKey('disabled', privateKey);
    const [name = '', version = ''] = disabled.split('/');
    await room.vault.client.keys.updateKeyProperties(name, version, { enabled: false });
    const foreign = await importKey('foreign', privateKey, '00'.repeat(32));
    keys.set(`${room.vault.hostAndPort}/${disabled}`, 'KeyDisabled: status equal to 403');
    keys.set(`${room.vault.hostAndPort}/${foreign}`, 'the key does not meet key release policy');
    for (const kid of [disabled, foreign, `missing/${'0'.repeat(32)}`]) {
      const [theirs, ours] = await bothAnswer(kid);
      assert.deepEqual(ours, theirs, kid);
    }
  });
});

/* A key, or what a room makes of a refusal: its text names hosts and steps. */
function answerOf(status: number, text: string): unknown {
  if (status === 200) return text;
  const { error } = JSON.parse(text) as { readonly error: string };
  return sidecarFailure('release', status, error).code;
}
