// Recordings of real Azure and Microsoft's published examples, replayed against the local Azure: same status, same members,
// same values wherever these are not the place's own. Sources: test/vectors/azure-rest/README.md.

import assert from 'node:assert/strict';
import { verify, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';

import type { RunningEmulator } from '../../src/lib/emulator/emulator.js';
import { MANAGED_HSM_ROLES } from '../../src/lib/emulator/identity/role-definitions.js';
import { httpsCall, type HttpsAnswer } from '../support/https-call.js';
import { credentialOf, pushProgram, startTestEmulator } from '../support/local-azure.js';
import { startLocalVault } from '../support/local-vault.js';
import { type RecordedExchange, readVector, recording, stable } from '../support/recordings.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';
import { ATTRIBUTE } from '../../src/lib/attestation/hsm/attributes.js';
import { parseSignedAttributes } from '../../src/lib/attestation/hsm/signed-attributes.js';

const SCOPES = {
  vault: 'https://vault.azure.net/.default',
  resourceManager: 'https://management.azure.com/.default',
};

describe('recordings of Azure against the local Azure', () => {
  const directory = useTemporaryDirectory();
  let emulator: RunningEmulator;
  let ca: string;
  let image: string;

  before(async () => {
    emulator = await startTestEmulator(directory());
    ca = await readFile(emulator.tlsRootsPath, 'utf8');
    image = (await pushProgram(emulator, 'nginx', 'setInterval(() => undefined, 1000);\n')).reference;
  });
  after(() => emulator.stop());

  const contoso = () => emulator.parties[0]!;
  const fabrikam = () => emulator.parties[1]!;
  const tokenOf = async (party: string, scope: string): Promise<string> =>
    (await (await credentialOf(emulator, party)).getToken(scope))?.token ?? '';

  describe('key vault, May 2022', () => {
    const replay = async (
      { RequestUri, RequestMethod, RequestBody }: RecordedExchange,
      token?: string,
    ): Promise<HttpsAnswer> => {
      const { pathname, search } = new URL(RequestUri);
      return httpsCall(RequestMethod, `https://${fabrikam().keyVault}${pathname}${search}`, {
        ca,
        ...(token === undefined ? {} : { token }),
        ...(RequestBody === null ? {} : { body: RequestBody }),
      });
    };

    it('answers exportable keys, their policies and their refusals as recorded', async () => {
      const token = await tokenOf('fabrikam', SCOPES.vault);
      for (const exchange of recording('keyvault/recorded-exportable-keys.json').Entries) {
        const answer = await replay(exchange, exchange.StatusCode === 401 ? undefined : token);
        const what = `${exchange.RequestMethod} ${exchange.RequestUri}`;
        assert.equal(answer.status, exchange.StatusCode, `${what}: ${answer.text}`);
        assert.deepEqual(stable(answer.json), stable(exchange.ResponseBody), what);
        const { error } = exchange.ResponseBody as { error?: { message: string } };
        assert.equal(answer.json.error?.message, error?.message, what);
        const challenge = exchange.ResponseHeaders?.['WWW-Authenticate'];
        const place = '12345678-1234-1234-1234-123456789012';
        assert.equal(answer.headers['www-authenticate'], challenge?.replace(place, fabrikam().tenantId));
      }
    });

    it('deletes a key and pages its versions as the published examples show', async () => {
      const token = await tokenOf('fabrikam', SCOPES.vault);
      const url = (path: string) => `https://${fabrikam().keyVault}/keys/example${path}`;
      for (const kty of ['RSA', 'RSA'])
        await httpsCall('POST', url('/create?api-version=2026-04-01'), {
          ca,
          token,
          body: { kty, tags: { purpose: 'unit test' } },
        });
      const versions = await httpsCall('GET', url('/versions?api-version=2026-04-01&maxresults=1'), {
        ca,
        token,
      });
      const shown = exampleBody('keyvault/GetKeyVersions-example.json') as { value: object[] };
      // The example is older than keys that can be exported, and has no tags.
      const [item] = versions.json['value'] as {
        attributes: { exportable?: boolean; recoverableDays?: number };
        tags?: object;
      }[];
      delete item?.attributes.exportable;
      delete item?.attributes.recoverableDays;
      delete item?.tags;
      assert.deepEqual(membersOf(versions.json), membersOf(shown));
      const deleted = await httpsCall('DELETE', url('?api-version=2026-04-01'), { ca, token });
      const { attributes } = deleted.json as {
        attributes: { exportable?: boolean; recoverableDays?: number };
      };
      delete attributes.exportable;
      delete attributes.recoverableDays;
      const example = exampleBody('keyvault/DeleteKey-example.json') as { tags: object };
      example.tags = { purpose: 'unit test' };
      assert.deepEqual(membersOf(deleted.json), membersOf(example));
      assert.deepEqual(
        (deleted.json['key'] as { key_ops: string[] }).key_ops,
        (example as unknown as { key: { key_ops: string[] } }).key.key_ops,
      );
    });
  });

  it('managed HSM, October 2022: the challenge has the body OK, and the roles are those of a real HSM', async () => {
    const vault = await startLocalVault();
    try {
      const [challenged, listed] = recording('managedhsm/recorded-role-definitions.json').Entries;
      const path = '/providers/Microsoft.Authorization/roleDefinitions?api-version=7.3';
      const without = await httpsCall('GET', vault.url + path, { ca: vault.tls.rootPem });
      assert.equal(without.status, challenged?.StatusCode);
      assert.equal(without.text, challenged?.ResponseBody);
      for (const name of ['Content-Type', 'Content-Length', 'Cache-Control'])
        assert.equal(without.headers[name.toLowerCase()], challenged?.ResponseHeaders?.[name], name);
      const answer = await vault.raw(
        vault.owner,
        'GET',
        '/providers/Microsoft.Authorization/roleDefinitions',
      );
      const { value } = listed?.ResponseBody as { value: unknown[] };
      // One role is newer than the recording.
      const [newer, ...recorded] = [...(answer.json['value'] as { name: string }[])].reverse();
      assert.equal(newer?.name, MANAGED_HSM_ROLES.restore.id);
      assert.deepEqual(recorded.reverse(), value);
    } finally {
      await vault.stop();
    }
  });

  it('managed HSM, November 2022: a role is assigned at the root by a path with three slashes', async () => {
    const vault = await startLocalVault({ roles: [MANAGED_HSM_ROLES.cryptoOfficer] });
    try {
      const [exchange] = recording('managedhsm/recorded-role-assignment.json').Entries;
      const { pathname } = new URL(exchange!.RequestUri);
      const answer = await vault.raw(vault.owner, 'PUT', pathname, exchange!.RequestBody);
      assert.equal(answer.status, exchange?.StatusCode);
      assert.deepEqual(answer.json, exchange?.ResponseBody);
    } finally {
      await vault.stop();
    }
  });

  describe('container groups, 2022 and 2023', () => {
    const [created, polled] = recording('containerinstance/recorded-create.json').Entries;

    const urlOf = (uri: string): string => {
      const { pathname, search } = new URL(uri);
      const path = pathname
        .replace('azure_subscription_id', contoso().subscription)
        .replace('myjstest', contoso().resourceGroup);
      return `${emulator.endpoints.resourceManager}${path}${search}`;
    };
    const withImage = (body: unknown): unknown =>
      JSON.parse(JSON.stringify(body).replaceAll('"image":"nginx"', `"image":"${image}"`));

    it('are made, polled, read, listed and deleted as recorded', async () => {
      const token = await tokenOf('contoso', SCOPES.resourceManager);
      const url = urlOf(created!.RequestUri);
      const put = await httpsCall('PUT', url, { ca, token, body: withImage(created!.RequestBody) });
      assert.equal(put.status, created?.StatusCode, put.text);
      assert.deepEqual(stable(put.json), stable(created?.ResponseBody));
      const operation = String(put.headers['azure-asyncoperation']);
      const pattern = created?.ResponseHeaders?.['Azure-AsyncOperation'] ?? '';
      assert.equal(
        operation.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'ID').split('/').length,
        pattern.split('/').length,
      );
      assert.match(String(put.headers['x-ms-request-id']), /^eastus2:[0-9a-f-]{36}$/);
      assert.equal(put.headers['retry-after'], undefined);
      const first = await httpsCall('GET', operation, { ca, token });
      const polls = [first.json];
      while (polls.at(-1)?.['status'] === 'Pending')
        polls.push((await httpsCall('GET', operation, { ca, token })).json);
      assert.deepEqual(membersOf(polls.at(-1)), membersOf(polled?.ResponseBody));
      assert.equal(polls.at(-1)?.['status'], 'Succeeded');

      const got = await httpsCall('GET', url, { ca, token });
      const { ResponseBody: read } = readVector('containerinstance/recorded-get.json') as RecordedExchange;
      assert.deepEqual(withoutEvents(stable(got.json)), withoutEvents(stable(read)));
      const listUrl = url.replace(/\/mycontainerGroupxxx\?/, '?');
      const list = await httpsCall('GET', listUrl, { ca, token });
      const listed = readVector('containerinstance/recorded-list.json') as RecordedExchange;
      const gpu = JSON.stringify(listed.ResponseBody).replace(/,"gpu":\{[^}]*\}/, '');
      assert.deepEqual(stable(list.json), stable(JSON.parse(gpu)));
      const deleted = await httpsCall('DELETE', url, { ca, token });
      const recordedDelete = readVector('containerinstance/recorded-delete.json') as RecordedExchange;
      assert.equal(deleted.status, recordedDelete.StatusCode);
      const { properties } = deleted.json as {
        properties: { instanceView: unknown; provisioningState: string };
      };
      assert.equal(properties.provisioningState, 'Succeeded');
      assert.deepEqual(membersOf(properties.instanceView), ['events', 'state']);
      assert.equal((await httpsCall('DELETE', url, { ca, token })).status, 204);
    });

    it('are confidential as the published example asks, with its policy of the first preview', async () => {
      const token = await tokenOf('contoso', SCOPES.resourceManager);
      const { parameters } = readVector('containerinstance/ContainerGroupCreateConfidential.json') as {
        parameters: { containerGroup: object };
      };
      const body = JSON.parse(
        JSON.stringify(parameters.containerGroup).replace('"confiimage"', JSON.stringify(image)),
      ) as object;
      const url = urlOf(created!.RequestUri).replace(/api-version=.*/, 'api-version=2025-09-01');
      const put = await httpsCall('PUT', url, { ca, token, body });
      assert.equal(put.status, 201, put.text);
      const example = responseOf('containerinstance/ContainerGroupCreateConfidential.json', '201');
      const shown = properties(example);
      delete shown['isCreatedFromStandbyPool'];
      assert.deepEqual(membersOf(properties(put.json)), membersOf(shown));
      await httpsCall('DELETE', url, { ca, token });
    });

    it('have capabilities in a region, however its name is written', async () => {
      const token = await tokenOf('contoso', SCOPES.resourceManager);
      const at = (region: string) =>
        `${emulator.endpoints.resourceManager}/subscriptions/${contoso().subscription}/providers/Microsoft.ContainerInstance/locations/${encodeURIComponent(region)}/capabilities?api-version=2026-07-01`;
      const example = responseOf('containerinstance/CapabilitiesList.json', '200') as { value: object[] };
      for (const region of ['westus', 'West US']) {
        const answer = await httpsCall('GET', at(region), { ca, token });
        assert.deepEqual(membersOf(answer.json), membersOf(example));
      }
    });
  });

  it('key attestation has the members and the first bytes of the published example, signed by its first certificate', async () => {
    const token = await tokenOf('fabrikam', SCOPES.vault);
    const url = `https://${fabrikam().vault}/keys/attested`;
    const body = { kty: 'RSA-HSM', tags: { purpose: 'unit test' } };
    await httpsCall('POST', `${url}/create?api-version=2026-04-01`, { ca, token, body });
    const answer = await httpsCall('GET', `${url}/attestation?api-version=2026-05-01-preview`, { ca, token });
    assert.equal(answer.status, 200, answer.text);
    const example = exampleBody('keyvault/GetKeyAttestation-example.json') as { tags: object };
    example.tags = { purpose: 'unit test' };
    const members = membersOf(answer.json).filter(
      (name) => !/exportable|recoverableDays|attestation\.version|hsmPlatform/.test(name),
    );
    assert.deepEqual(members, membersOf(example));
    const { attributes } = answer.json as { attributes: { attestation: Record<string, string> } };
    const bytes = (name: string): Buffer => Buffer.from(attributes.attestation[name] ?? '', 'base64url');
    const { publicKey } = new X509Certificate(bytes('certificatePemFile'));
    for (const name of ['privateKeyAttestation', 'publicKeyAttestation']) {
      const blob = bytes(name);
      assert.ok(verify('sha256', blob.subarray(0, -256), publicKey, blob.subarray(-256)), name);
      // Of the example there are the first bytes only: the response header, the data's and, of the public half, the key's.
      const shown = Buffer.from(attestationOf(example)[name] ?? '', 'base64url');
      assert.deepEqual(blob.subarray(0, 8), shown.subarray(0, 8));
      for (const [sizes, size] of [
        [blob, blob.length],
        [shown, 1192],
      ] as const) {
        assert.equal(sizes.readUInt32BE(8), size);
        assert.equal(size - 256 - sizes.readUInt32BE(12), 20);
      }
      assert.equal(parseSignedAttributes(blob).attributes.get(ATTRIBUTE.local)?.[0], 1);
    }
    const vault = `https://${fabrikam().keyVault}/keys/attested`;
    await httpsCall('POST', `${vault}/create?api-version=2026-04-01`, { ca, token, body });
    const refused = await httpsCall('GET', `${vault}/attestation?api-version=2025-07-01`, { ca, token });
    assert.equal(refused.status, 400, refused.text);
  });

  it('attestation: metadata has the members of the published example', async () => {
    const url = `${emulator.endpoints.attestation}/.well-known/openid-configuration`;
    const answer = await httpsCall('GET', url, { ca });
    const example = responseOf('attestation/Get_MetadataConfiguration.json', '200') as object;
    for (const [name, value] of Object.entries(example))
      assert.equal(typeof answer.json[name], typeof value, name);
  });
});

function responseOf(name: string, status: string): unknown {
  const { responses } = readVector(name) as { responses: Record<string, { body: unknown }> };
  return responses[status]?.body;
}

function attestationOf(body: object): Record<string, string> {
  return (body as { attributes: { attestation: Record<string, string> } }).attributes.attestation;
}

function exampleBody(name: string): unknown {
  return responseOf(name, '200');
}

function properties(value: unknown): Record<string, unknown> {
  return (value as { properties: Record<string, unknown> }).properties;
}

/* Paths of all members, lists by their first item. */
function membersOf(value: unknown, path = ''): readonly string[] {
  if (Array.isArray(value)) return value.length === 0 ? [] : membersOf(value[0], `${path}[]`);
  if (value === null || typeof value !== 'object') return [];
  return Object.entries(value)
    .flatMap(([name, member]) => {
      const own = path === '' ? name : `${path}.${name}`;
      return [own, ...membersOf(member, own)];
    })
    .sort();
}

/* Nothing is pulled here: images are in the local registry. */
function withoutEvents(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (name, member: unknown) => (name === 'events' ? [] : member)));
}
