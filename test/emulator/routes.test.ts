// Every route of every emulated service, asked without a token and with another party's.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { RunningEmulator } from '../../src/lib/emulator/emulator.js';
import { EMULATED_SERVICES, type EmulatedOperation } from '../../src/lib/emulator/emulated-operations.js';
import { httpsCall, type HttpsAnswer } from '../support/https-call.js';
import { credentialOf, startTestEmulator } from '../support/local-azure.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';

/* What anybody may ask. A route that joins this list does so before the eyes of whoever reviews the change. */
const OPEN = [
  'resource manager: GET /metadata/endpoints',
  'kubernetes: GET /version',
  'token endpoint: GET /{tenant}/.well-known/openid-configuration',
  'token endpoint: GET /{tenant}/discovery/instance',
  'token endpoint: GET /{tenant}/discovery/keys',
  'token endpoint: GET /{tenant}/discovery/v2.0/keys',
  'token endpoint: GET /{tenant}/v2.0/.well-known/openid-configuration',
  'token endpoint: POST /{tenant}/oauth2/v2.0/token',
  'attestation service: GET /.well-known/openid-configuration',
  'attestation service: GET /certs',
  'attestation service: POST /attest/SevSnpVm',
  'metadata service: GET /metadata/THIM/amd/certification',
  'metadata service: GET /metadata/identity/oauth2/token',
  'sidecar: GET /status',
  'sidecar: POST /attest/combined',
  'sidecar: POST /attest/maa',
  'sidecar: POST /attest/raw',
  'sidecar: POST /key/release',
];
/* And all of the registry, which is open as a whole. */
const LOGIN_ONLY = [
  'kubernetes: GET /api',
  'kubernetes: GET /api/v1',
  'kubernetes: GET /apis',
  'kubernetes: GET /apis/batch',
  'kubernetes: GET /apis/batch/v1',
  'kubernetes: GET /openapi/v3',
  'kubernetes: GET /openapi/v3/api/v1',
  'kubernetes: GET /openapi/v3/apis/batch/v1',
  'resource manager: GET /subscriptions',
  'resource manager: GET /subscriptions/{subscription}/resourceGroups/{resourceGroup}/providers/Microsoft.Authorization/permissions',
  'resource manager: GET /tenants',
];

const OPERATIONS = EMULATED_SERVICES.flatMap(({ service, operations }) =>
  operations.map((operation) => ({
    ...operation,
    service,
    name: `${service}: ${operation.method} ${operation.path}`,
  })),
);
const GUARDED = OPERATIONS.filter(({ access }) => access.kind !== 'open');

describe('routes of the local Azure', () => {
  const directory = useTemporaryDirectory();
  let emulator: RunningEmulator;
  let ca: string;

  before(async () => {
    emulator = await startTestEmulator(directory(), { parties: ['contoso', 'fabrikam', 'stranger'] });
    ca = await readFile(emulator.tlsRootsPath, 'utf8');
  });
  after(() => emulator.stop());

  const fabrikam = () => emulator.parties.find(({ name }) => name === 'fabrikam')!;

  function urlOf({ service, path, query }: EmulatedOperation & { readonly service: string }): string {
    const { subscription, resourceGroup } = fabrikam();
    const values: Record<string, string> = {
      subscription,
      resourceGroup,
      scope:
        service === 'resource manager' ? `${subscription}/resourceGroups/${resourceGroup}` : 'keys/notes',
      name: service === 'resource manager' ? 'room-1' : 'notes',
      version: '0'.repeat(32),
      location: 'westeurope',
      account: fabrikam().storageAccount.split('/').at(-1)!,
      container: 'cleanroom',
      blob: 'notes.sealed',
      operation: '00000000-0000-0000-0000-000000000000',
      container_name: 'summarizer',
      deployment: 'room',
    };
    const filled = path.replace(/\{(\w+)[+*]?\}/g, (_, name: string) => values[name] ?? 'x');
    const parameters = new URLSearchParams(
      Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== null),
    );
    parameters.set('api-version', service === 'resource manager' ? '2025-09-01' : '7.4');
    return `${originOf(service)}${filled}?${parameters.toString()}`;
  }

  function originOf(service: string): string {
    switch (service) {
      case 'managed HSM':
        return `https://${fabrikam().vault}`;
      case 'key vault':
        return `https://${fabrikam().keyVault}`;
      case 'resource manager':
        return emulator.endpoints.resourceManager;
      case 'kubernetes':
        return emulator.endpoints.kubernetes;
      default:
        return emulator.endpoints.blob;
    }
  }

  /* Of a party that has no right on what is asked; the local cluster has logins of its own. */
  const strangersToken = async (service: string): Promise<string> => {
    if (service === 'kubernetes')
      return readFile(join(emulator.directory, 'secrets', 'stranger.kubernetes-token'), 'utf8');
    const stranger = await credentialOf(emulator, 'stranger');
    return (await stranger.getToken(SCOPES[service] ?? ''))?.token ?? '';
  };

  const SCOPES: Readonly<Record<string, string>> = {
    'managed HSM': 'https://managedhsm.azure.net/.default',
    'key vault': 'https://vault.azure.net/.default',
    'resource manager': 'https://management.azure.com/.default',
    'blob storage': 'https://storage.azure.com/.default',
  };

  const ask = (operation: (typeof OPERATIONS)[number], token?: string): Promise<HttpsAnswer> =>
    httpsCall(operation.method, urlOf(operation), {
      ca,
      ...(token === undefined ? {} : { token }),
      ...(['PUT', 'POST', 'PATCH'].includes(operation.method) ? { body: {} } : {}),
    });

  it('are open only where this test says so', () => {
    const open = OPERATIONS.filter(({ access, service }) => access.kind === 'open' && service !== 'registry');
    assert.deepEqual(open.map(({ name }) => name).sort(), [...OPEN].sort());
    const loginOnly = OPERATIONS.filter(({ access }) => access.kind === 'login');
    assert.deepEqual(loginOnly.map(({ name }) => name).sort(), LOGIN_ONLY);
  });

  it('are all of a service that this test reaches', () => {
    assert.deepEqual(
      [...new Set(GUARDED.map(({ service }) => service))].sort(),
      [...Object.keys(SCOPES), 'kubernetes'].sort(),
    );
    assert.ok(GUARDED.length > 90, String(GUARDED.length));
  });

  it('X4: answer 401 to a caller without a token, whatever is asked', async () => {
    const wrong: string[] = [];
    for (const operation of GUARDED) {
      const { status } = await ask(operation);
      if (status !== 401) wrong.push(`${operation.name}: ${status}`);
    }
    assert.deepEqual(wrong, []);
  });

  it("X4: answer 403 to another party's token, and tell its bearer nothing of what is there", async () => {
    const wrong: string[] = [];
    for (const operation of GUARDED.filter(({ access }) => access.kind === 'permission')) {
      const { status } = await ask(operation, await strangersToken(operation.service));
      // An operation that there is not is no one's: what it is about could not be asked for.
      const expected = operation.path.endsWith('/operations/{operation}') ? 404 : 403;
      if (status !== expected) wrong.push(`${operation.name}: ${status}`);
    }
    assert.deepEqual(wrong, []);
  });

  it('X4: tell a login without a role only about itself', async () => {
    for (const operation of GUARDED.filter(({ access }) => access.kind === 'login')) {
      const { status, text } = await ask(operation, await strangersToken(operation.service));
      assert.equal(status, 200, operation.name);
      assert.equal(text.includes(fabrikam().subscription), false, operation.name);
      assert.equal(text.includes(fabrikam().tenantId), false, operation.name);
    }
  });
});
