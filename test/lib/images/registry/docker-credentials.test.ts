// Docker's config.json: credentials in it, and those that it leaves to a helper.

import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

import { readDockerCredentials } from '../../../../src/lib/images/registry/docker-credentials.js';
import type { RegistryCredentials } from '../../../../src/lib/images/registry/registry-credentials.js';
import { useTemporaryDirectory } from '../../../support/temporary-directory.js';

const REGISTRY = 'contoso.azurecr.io';

/* As docker's own helpers: asked by a server on stdin, silent about secrets but on stdout. */
const HELPER = `#!/bin/sh
read server
case "$1 $server" in
  "get ${REGISTRY}") echo '{"ServerURL":"${REGISTRY}","Username":"<token>","Secret":"refresh"}' ;;
  "get https://index.docker.io/v1/") echo '{"Username":"contoso","Secret":"hub-password"}' ;;
  "get broken.example") echo 'no JSON' ;;
  "get locked.example") echo 'the keychain is locked'; exit 2 ;;
  *) echo 'credentials not found in native keychain'; exit 1 ;;
esac
`;

describe("docker's credentials", () => {
  const directory = useTemporaryDirectory();
  const path = process.env['PATH'] ?? '';

  before(() => {
    const programs = join(directory(), 'bin');
    mkdirSync(programs);
    writeFileSync(join(programs, 'docker-credential-test'), HELPER);
    chmodSync(join(programs, 'docker-credential-test'), 0o755);
    process.env['PATH'] = `${programs}${delimiter}${path}`;
  });
  after(() => {
    process.env['PATH'] = path;
  });

  function read(config: unknown, registry = REGISTRY): Promise<RegistryCredentials | null> {
    const file = join(directory(), 'config.json');
    writeFileSync(file, typeof config === 'string' ? config : JSON.stringify(config));
    return readDockerCredentials(file, registry);
  }
  const auth = Buffer.from('contoso:password').toString('base64');

  it('are taken from the file, under any spelling of the registry', async () => {
    for (const key of [REGISTRY, `https://${REGISTRY}`, `https://${REGISTRY}/v2/`]) {
      const credentials = await read({ auths: { [key]: { auth } } });
      assert.deepEqual([credentials?.username, credentials?.secret], ['contoso', 'password']);
    }
    assert.equal((await read({ auths: { [REGISTRY]: { identitytoken: 'T' } } }))?.kind, 'refresh-token');
    assert.equal(await read({ auths: { 'other.example': { auth } } }), null);
    assert.equal(await readDockerCredentials(join(directory(), 'none.json'), REGISTRY), null);
  });

  it('are asked of the helper that is named for the registry, or for all', async () => {
    const named = await read({ credHelpers: { [REGISTRY]: 'test' } });
    assert.deepEqual([named?.kind, named?.secret], ['refresh-token', 'refresh']);
    const hub = await read({ credsStore: 'test' }, 'docker.io');
    assert.deepEqual([hub?.kind, hub?.username, hub?.secret], ['password', 'contoso', 'hub-password']);
  });

  it('are those of the file where the helper keeps none', async () => {
    const config = { credsStore: 'test', auths: { 'fabrikam.example': { auth } } };
    assert.equal((await read(config, 'fabrikam.example'))?.secret, 'password');
    assert.equal(await read({ credsStore: 'test' }, 'fabrikam.example'), null);
  });

  it('X7: are an error without the helper’s output where it fails', async () => {
    for (const [config, registry] of [
      [{ credsStore: 'missing' }, REGISTRY],
      [{ credsStore: '../../bin/sh' }, REGISTRY],
      [{ credsStore: 'test' }, 'broken.example'],
      [{ credsStore: 'test' }, 'locked.example'],
    ] as const) {
      await assert.rejects(read(config, registry), (error: Error & { code?: string }) => {
        assert.equal(error.code, 'REGISTRY_CREDENTIALS_INVALID');
        assert.doesNotMatch(error.message, /no JSON|keychain/);
        return true;
      });
    }
  });

  it('are an error where the file is none of docker’s', async () => {
    for (const text of ['{', '{"auths":1}', '{"auths":{"contoso.azurecr.io":{"auth":"!"}}}'])
      await assert.rejects(read(text), { code: 'REGISTRY_CREDENTIALS_INVALID' });
  });

  it('X7: do not show their secret as JSON', async () => {
    const credentials = await read({ auths: { [REGISTRY]: { auth } } });
    assert.equal(JSON.stringify({ credentials }), '{"credentials":"[secret]"}');
  });
});
