// The stand-in sidecar as a process, against vault, attestation service, metadata service and PSP of the emulator.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { request } from 'node:http';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { parseSnpReport } from '../../src/lib/attestation/snp/report.js';
import { sha256Hex } from '../../src/lib/base/bytes/digest.js';
import { collectRoomReport } from '../../src/lib/room/room-report.js';
import { createRoomIdentity } from '../../src/lib/room/room-identity.js';
import { toHex } from '../../src/lib/base/bytes/hex.js';
import { MANAGED_HSM_ROLES } from '../../src/lib/emulator/identity/role-definitions.js';
import { memoryStateStore } from '../../src/lib/emulator/state/state-store.js';
import { createTlsAuthority } from '../../src/lib/emulator/tls/authority.js';
import { serveWire } from '../../src/lib/emulator/http/serve.js';
import {
  ROOM_HOST_DATA,
  ROOM_POLICY,
  startLocalRoom,
  startSidecar,
  type LocalRoom,
  type Sidecar,
} from '../support/local-room.js';

const DATA = new TextEncoder().encode('{"hello":"room"}');

function post(port: number, path: string, body: string): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const outgoing = request({ host: 'localhost', port, path, method: 'POST', headers }, (answer) => {
      let text = '';
      answer.on('data', (chunk: Buffer) => (text += chunk.toString()));
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text }));
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

describe('stand-in for the key release sidecar', () => {
  let room: LocalRoom;
  let sidecar: Sidecar;
  before(async () => {
    room = await startLocalRoom();
    sidecar = await startSidecar(room);
    await sidecar.ready();
    await room.vault.roles.assign(room.identity.principalId, MANAGED_HSM_ROLES.cryptoServiceReleaseUser, '/');
  });
  beforeEach(() => room.relaunch({}));
  after(async () => {
    await sidecar.stop();
    await room.stop();
  });

  const asked = (name: string, changed: object = {}) => ({
    authority: room.maa.hostAndPort,
    vault: room.vault.hostAndPort,
    key: name,
    ...changed,
  });
  const makeKey = async (name: string, kty: 'RSA-HSM' | 'EC-HSM' | 'oct-HSM', hostData?: string) =>
    room.vault.client.keys.createKey(name, kty, {
      exportable: true,
      releasePolicy: room.releasePolicy(hostData),
    });

  it('reports over the hash of the runtime data, 32 zero bytes behind it', async () => {
    const report = parseSnpReport(await sidecar.client.attestRaw(DATA));
    const expected = createHash('sha256').update(DATA).digest('hex') + '00'.repeat(32);
    assert.equal(toHex(report.reportData), expected);
    assert.equal(toHex(report.hostData), ROOM_HOST_DATA);
  });

  it('gives report, chain, TCB and UVM endorsement together', async () => {
    const { certificateChain, endorsedTcb, uvmEndorsement } = await sidecar.client.attestCombined(DATA);
    const { vcek, ask, ark } = room.processor.chain;
    assert.equal(certificateChain, vcek + ask + ark);
    assert.equal(endorsedTcb, room.processor.tcbm);
    assert.equal(uvmEndorsement, Buffer.from(room.utilityVm.endorsement).toString('base64'));
  });

  it('exchanges evidence for a token of the attestation service', async () => {
    const token = await sidecar.client.attestMaa(room.maa.hostAndPort, DATA);
    const claims = JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()) as Record<
      string,
      unknown
    >;
    assert.equal(claims['iss'], room.maa.url);
    assert.deepEqual(claims['x-ms-runtime'], { hello: 'room' });
    assert.match(String(claims['nonce']), /^\d{1,20}$/);
  });

  for (const [kty, type] of [
    ['RSA-HSM', 'private'],
    ['EC-HSM', 'private'],
    ['oct-HSM', 'secret'],
  ] as const) {
    it(`releases a key of type ${kty} with the group's managed identity`, async () => {
      await makeKey(`key-${kty}`, kty);
      const released = await sidecar.client.releaseKey(asked(`key-${kty}`));
      assert.equal(released.type, type);
    });
  }

  it('releases an older version where it is named, and with a token that is handed to it', async () => {
    const first = await makeKey('versions', 'oct-HSM');
    await makeKey('versions', 'oct-HSM');
    const { token } = await room.vault.client.credential.getToken('https://managedhsm.azure.net/.default');
    const name = `versions/${first.properties.version!}`;
    const old = await sidecar.client.releaseKey(asked(name, { accessToken: token }));
    const latest = await sidecar.client.releaseKey(asked('versions', { accessToken: token }));
    assert.equal(old.equals(latest), false);
  });

  it('I2: is refused the key by a room whose policy hash is another', async () => {
    await makeKey('other-room', 'oct-HSM');
    room.relaunch({ hostData: '00'.repeat(32) });
    await assert.rejects(sidecar.client.releaseKey(asked('other-room')), { code: 'KEY_RELEASE_DENIED' });
  });

  it('I4: is refused the key in a room in debug mode', async () => {
    await makeKey('debug', 'oct-HSM');
    room.relaunch({ options: { debug: true } });
    await assert.rejects(sidecar.client.releaseKey(asked('debug')), { code: 'KEY_RELEASE_DENIED' });
  });

  it('I16: sends no token to, and takes no key from, a vault whose certificate is not of the contract’s roots', async () => {
    const foreign = await createTlsAuthority(memoryStateStore(), () => new Date());
    const { chainPem, privateKeyPem } = await foreign.issue('hsm', ['127.0.0.1']);
    const seen: string[] = [];
    const impostor = await serveWire(
      ({ headers }) => {
        seen.push(headers['authorization'] ?? '');
        return Promise.resolve({ status: 200, body: '{}' });
      },
      { port: 0, tls: { cert: chainPem, key: privateKeyPem } },
    );
    try {
      const vault = impostor.url.replace('https://', '');
      await assert.rejects(sidecar.client.releaseKey(asked('key-oct-HSM', { vault })));
      assert.deepEqual(seen, []);
    } finally {
      await impostor.close();
    }
  });

  it('X3: refuses an answer signed for another name than the one it asked', async () => {
    await makeKey('names', 'oct-HSM');
    const vault = room.vault.hostAndPort.replace('127.0.0.1', 'localhost');
    const { token: accessToken } = await room.vault.client.credential.getToken(
      'https://managedhsm.azure.net/.default',
    );
    await assert.rejects(sidecar.client.releaseKey(asked('names', { vault, accessToken })), /localhost:\d+/);
  });

  it('folds the vault’s refusals into 403 with status and body in the text', async () => {
    const { status, text } = await post(
      sidecar.port,
      '/key/release',
      JSON.stringify({
        maa_endpoint: room.maa.hostAndPort,
        akv_endpoint: room.vault.hostAndPort,
        kid: 'no-such-key',
      }),
    );
    assert.equal(status, 403);
    assert.match(text, /KeyNotFound.*http response status equal to 404/);
    assert.match(text, /ERROR: Please refer to the documentation/);
  });

  it('answers a release request without a field with 400 and an empty error object', async () => {
    for (const body of ['{', '{}', '{"maa_endpoint":"a","akv_endpoint":"b","kid":""}'])
      assert.deepEqual(await post(sidecar.port, '/key/release', body), { status: 400, text: '{"error":{}}' });
  });

  it('answers runtime data that is not base64 with 400, and a failed attestation with two bodies', async () => {
    for (const path of ['/attest/raw', '/attest/combined']) {
      const { status, text } = await post(sidecar.port, path, '{"runtime_data":"%%"}');
      assert.equal(status, 400);
      assert.match((JSON.parse(text) as { error: string }).error, /illegal base64 data/);
    }
    const body = {
      maa_endpoint: room.maa.hostAndPort,
      runtime_data: Buffer.from('no json').toString('base64'),
    };
    const { status, text } = await post(sidecar.port, '/attest/maa', JSON.stringify(body));
    assert.equal(status, 403);
    assert.match(text, /\}\{"token":""\}$/);
  });

  it('keeps the certificates of its start in /attest/combined, whatever the firmware has become', async () => {
    const before = await sidecar.client.attestCombined(DATA);
    room.relaunch({ options: { reportedTcb: { bootloader: 9, tee: 0, snp: 24, microcode: 220 } } });
    try {
      const after = await sidecar.client.attestCombined(DATA);
      assert.equal(after.endorsedTcb, before.endorsedTcb);
      assert.equal(after.certificateChain, before.certificateChain);
      const subject = {
        identity: await createRoomIdentity(new Date()),
        contract: sha256Hex('contract'),
        policyHash: sha256Hex(ROOM_POLICY),
      };
      await assert.rejects(collectRoomReport(sidecar.client, subject, 'nonce'), {
        code: 'SIDECAR_CERTIFICATES_OLD',
        message: /names TCB dc18000000000009, the sidecar's certificates are for/,
      });
      assert.notDeepEqual(
        parseSnpReport(after.report).reportedTcb,
        parseSnpReport(before.report).reportedTcb,
      );
    } finally {
      room.relaunch({});
    }
  });

  it('is as lenient as Go: names in any case, members twice, bytes behind the value, a slash too many', async () => {
    const data = Buffer.from('x').toString('base64');
    for (const body of [
      `{"RUNTIME_DATA":"${data}"}`,
      `{"runtime_data":"","runtime_data":"${data}"}`,
      `{"runtime_data":"${data}"} and more`,
      JSON.stringify({ runtime_data: `${data.slice(0, 1)}\n${data.slice(1)}\r\n` }),
    ])
      assert.equal((await post(sidecar.port, '/attest/raw', body)).status, 200, body);
    assert.equal((await post(sidecar.port, '/attest/raw/', '{}')).status, 307);
    assert.equal((await post(sidecar.port, '/attest//raw', '{}')).status, 404);
  });

  it('is as strict as Go: no other types, no key name that leads elsewhere', async () => {
    const bound = await post(sidecar.port, '/attest/raw', '{"runtime_data":7}');
    assert.equal(bound.status, 400);
    assert.match(
      (JSON.parse(bound.text) as { error: string }).error,
      /^invalid request format\nERROR: [^]*TROUBLESHOOTING\.md: json: cannot unmarshal number into Go struct field RawAttestData\.runtime_data of type string$/,
    );
    const list = await post(sidecar.port, '/attest/raw', '[]');
    assert.match(list.text, /cannot unmarshal array into Go value of type httpginendpoints\.RawAttestData"/);
    const odd = await post(sidecar.port, '/attest/combined', '{"runtime_data":"a*b"}');
    assert.match(odd.text, /: illegal base64 data at input byte 1"/);
    const missing = await post(sidecar.port, '/attest/maa', '{}');
    assert.match(
      (JSON.parse(missing.text) as { error: string }).error,
      /Key: 'MAAAttestData\.MAAEndpoint' Error:Field validation for 'MAAEndpoint' failed on the 'required' tag\nKey: /,
    );
    const release = {
      maa_endpoint: room.maa.hostAndPort,
      akv_endpoint: room.vault.hostAndPort,
      kid: '../keys/names',
      access_token: 'x',
    };
    const elsewhere = await post(sidecar.port, '/key/release', JSON.stringify(release));
    assert.equal(elsewhere.status, 403);
    const typed = await post(sidecar.port, '/key/release', JSON.stringify({ ...release, access_token: 7 }));
    assert.deepEqual(typed, { status: 400, text: '{"error":{}}' });
  });

  it('exits at start where there are no certificates to be had', async () => {
    await writeFile(join(room.directory, 'host-amd-cert-base64'), Buffer.from('{}').toString('base64'));
    const broken = await startSidecar(room);
    assert.equal(await broken.exited, 1);
    assert.match(broken.errors(), /cannot start/);
  });

  it('never logs what it releases', () => {
    assert.equal(/"k"|"d"|eyJ/.test(sidecar.errors()), false);
  });
});
