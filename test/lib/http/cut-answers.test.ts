// Every reader of an HTTP answer, in front of a service that breaks off in the middle of it: each says so, at once, with
// its own code. Two of them used to wait for ever.

import assert from 'node:assert/strict';
import { createServer as createTcpServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createSecureContext, createServer as createTlsServer } from 'node:tls';

import { createAzureProbe } from '../../../src/lib/azure/azure-probe.js';
import { attestWith } from '../../../src/lib/attack-kit/attacks/send-evidence.js';
import type { Connection } from '../../../src/lib/azure/connection.js';
import { assignKeyRoleToSelf, readKeyRoles } from '../../../src/lib/azure/key-roles.js';
import { readResource } from '../../../src/lib/azure/resource-manager.js';
import { callService } from '../../../src/lib/azure/service-exchange.js';
import { toBase64Url } from '../../../src/lib/base/bytes/base64.js';
import { utf8 } from '../../../src/lib/base/bytes/arrays.js';
import { createJsonFetcher } from '../../../src/lib/emulator/http/fetch-json.js';
import { sendRequest } from '../../../src/lib/emulator/sidecar/http-client.js';
import { RegistryClient } from '../../../src/lib/images/registry/registry-client.js';
import { listRepository, openHubFile } from '../../../src/lib/parties/model-hub.js';
import { createSidecarClient } from '../../../src/lib/room/key-release/sidecar-client.js';
import { createStorageAgent, exchangeWithStorage } from '../../../src/lib/room/storage-exchange.js';
import { createVaultLogins } from '../../../src/lib/room/vault-login.js';
import { getFromRoom } from '../../../src/lib/room/client/room-client.js';
import { worldAuthority } from '../../support/room/world.js';

const HEAD = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n';
const CUTS: Readonly<Record<string, string>> = {
  'before its length': `${HEAD}content-length: 1000\r\n\r\n{"value":[`,
  'between two chunks': `${HEAD}transfer-encoding: chunked\r\n\r\na\r\n{"value":[\r\n`,
  'in its head': 'HTTP/1.1 200 OK\r\ncontent-ty',
};

const TOKEN = ['{}', '{"oid":"00000000-0000-0000-0000-000000000001"}', 'x']
  .map((part) => toBase64Url(utf8(part)))
  .join('.');
const DIGEST = `sha256:${'1'.repeat(64)}`;
const NEVER = new AbortController().signal;

interface Place {
  readonly host: string;
  readonly port: number;
  readonly http: string;
  readonly https: string;
  readonly httpsHost: string;
  readonly httpsPort: number;
  readonly connection: Connection;
  readonly rootPem: string;
}

type Reader = (place: Place) => Promise<unknown>;

async function drain(pieces: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const piece of pieces) assert.ok(piece);
}

const sidecar = ({ host, port }: Place) => createSidecarClient({ host, port });
const registry = ({ https, rootPem }: Place) =>
  new RegistryClient({
    url: new URL(https),
    repository: 'cleanroom/room',
    credentials: null,
    azureToken: null,
    ca: [rootPem],
  });
const LOGIN = { tenant: 'fabrikam', clientId: '00000000-0000-0000-0000-000000000002' };

const READERS: Readonly<Record<string, readonly [string, Reader]>> = {
  'roles of a Managed HSM': [
    'SERVICE_UNREACHABLE',
    ({ connection, httpsHost }) => readKeyRoles(connection, httpsHost),
  ],
  'assignment of a role': [
    'SERVICE_UNREACHABLE',
    ({ connection, httpsHost }) => assignKeyRoleToSelf(connection, httpsHost, 'role'),
  ],
  'Azure Resource Manager': [
    'SERVICE_UNREACHABLE',
    ({ connection }) => readResource(connection, '/subscriptions/1', '2023-07-01'),
  ],
  'a service that doctor reaches': [
    'SERVICE_UNREACHABLE',
    ({ connection, https }) => createAzureProbe(connection, { subscription: undefined }).reach(https),
  ],
  'JSON that is posted': [
    'SERVICE_UNREACHABLE',
    ({ connection, https }) => callService(connection, { method: 'POST', url: https, token: null, json: {} }),
  ],
  'an attestation service': [
    'SERVICE_UNREACHABLE',
    ({ connection, https }) => {
      const evidence = { report: utf8('r'), certificates: '', uvm: utf8('u'), runtimeData: '{}' };
      return attestWith(connection, https, evidence);
    },
  ],
  'blob storage': [
    'SERVICE_UNREACHABLE',
    ({ https, rootPem }) => {
      const request = {
        method: 'GET',
        url: `${https}/c/b`,
        query: 'sig=secret',
        headers: {},
        body: null,
      } as const;
      return exchangeWithStorage(createStorageAgent(rootPem), 5000, {
        ...request,
        maxBytes: 5000,
        what: 'a blob',
      });
    },
  ],
  'a report of the sidecar': ['SIDECAR_UNREACHABLE', (place) => sidecar(place).attestRaw(utf8('{}'))],
  'evidence of the sidecar': ['SIDECAR_UNREACHABLE', (place) => sidecar(place).attestCombined(utf8('{}'))],
  'a token of the sidecar': [
    'SIDECAR_UNREACHABLE',
    (place) => sidecar(place).attestMaa('authority', utf8('{}')),
  ],
  'a key of the sidecar': [
    'SIDECAR_UNREACHABLE',
    (place) => sidecar(place).releaseKey({ authority: 'authority', vault: 'vault', key: 'notes' }),
  ],
  'the state of the sidecar': ['SIDECAR_UNREACHABLE', (place) => sidecar(place).status()],
  'a login to a vault of another tenant': [
    'SERVICE_UNREACHABLE',
    ({ http, rootPem }) => createVaultLogins(rootPem, `${http}/token?v=1`)(LOGIN, 'a.managedhsm.azure.net'),
  ],
  'a room': [
    'ROOM_UNREACHABLE',
    ({ host, httpsPort }) =>
      getFromRoom({ host, port: httpsPort, path: '/status', maxBytes: 5000, timeoutMs: 5000 }),
  ],
  'a manifest of a registry': ['SERVICE_UNREACHABLE', (place) => registry(place).fetchManifest('latest')],
  'a blob of a registry': [
    'SERVICE_UNREACHABLE',
    (place) => drain(registry(place).openBlob({ digest: DIGEST, size: 5000 })),
  ],
  'the list of a model hub': [
    'SERVICE_UNREACHABLE',
    ({ http }) => listRepository(http, 'fabrikam/model', 'main', NEVER),
  ],
  'a file of a model hub': [
    'SERVICE_UNREACHABLE',
    async ({ http }) => {
      const repository = { repository: 'fabrikam/model', commit: '0'.repeat(40), licence: null, files: [] };
      await drain((await openHubFile(http, repository, 'model.onnx', 0, NEVER)).body);
    },
  ],
  'JSON between emulated services': ['cut', ({ https, rootPem }) => createJsonFetcher(rootPem)(https)],
  "answers to the emulator's sidecar": ['cut', ({ http }) => sendRequest({ method: 'GET', url: http })],
};

describe('an answer that is cut off', () => {
  let cut = '';
  let place: Place;
  const servers: Server[] = [];

  before(async () => {
    const { root, leaf } = await worldAuthority();
    const answer = (socket: Socket): void => {
      socket.on('error', () => undefined);
      socket.once('data', () => socket.end(cut));
    };
    servers.push(createTcpServer(answer));
    servers.push(createTlsServer({ key: leaf.privateKeyPem, cert: leaf.certificatePem }, answer));
    const ports: number[] = [];
    for (const server of servers) {
      await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
      ports.push((server.address() as AddressInfo).port);
    }
    const [port = 0, httpsPort = 0] = ports;
    const https = `https://127.0.0.1:${httpsPort}`;
    const connection = {
      profile: { endpoints: { resourceManager: https } },
      credential: { getToken: () => Promise.resolve({ token: TOKEN, expiresOnTimestamp: 0 }) },
      tls: { secureContext: createSecureContext({ ca: root.certificatePem }) },
    } as unknown as Connection;
    place = {
      ...{ host: '127.0.0.1', port, http: `http://127.0.0.1:${port}` },
      ...{ https, httpsHost: `127.0.0.1:${httpsPort}`, httpsPort },
      ...{ connection, rootPem: root.certificatePem },
    };
  });

  after(() => servers.forEach((server) => server.close()));

  for (const [what, [code, read]] of Object.entries(READERS))
    for (const [where, text] of Object.entries(CUTS))
      it(`of ${what} is said to be one, ${where}`, async () => {
        cut = text;
        await assert.rejects(read(place), (cause: Error & { code?: string }) => {
          assert.doesNotMatch(cause.message, /secret|sig=/);
          if (code !== 'cut') assert.equal(cause.code, code, cause.message);
          return true;
        });
      });
});
