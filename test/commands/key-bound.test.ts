// Keys bound to the room, by command against a local Azure: those of importkey's configuration files, and those that the
// host may read before it deploys.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { KeyClient, type KeyVaultKey } from '@azure/keyvault-keys';

import { freshKeyPairSync } from '../../src/lib/keys/fresh-key.js';
import { assignKeyRoleToSelf } from '../../src/lib/azure/key-roles.js';
import { clientOptions, type Connection } from '../../src/lib/azure/connection.js';
import { callService } from '../../src/lib/azure/service-exchange.js';
import { MANAGED_HSM_ROLES } from '../../src/lib/emulator/identity/role-definitions.js';
import { releasePolicyOf } from '../../src/lib/contract/release-policy/build.js';
import { renderReleasePolicy } from '../../src/lib/contract/release-policy/grammar.js';
import type { KeyView } from '../../src/lib/parties/dataset-keys.js';
import { type AgreedParties, startAgreedParties } from '../support/agreed-parties.js';
import { runCleanroomJson } from '../support/run-command.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';
import { connectionOf } from '../../src/lib/attack-kit/stage/connection-of.js';

describe('keys bound to the room', function () {
  this.timeout(120_000);
  const root = useTemporaryDirectory();
  const emulatorBefore = process.env['CLEANROOM_EMULATOR_DIR'];
  let parties: AgreedParties;
  let keys: KeyClient;

  before(async () => {
    /* Fabrikam lets the host look at its HSM, as it may; the tests below need no more of it than reading. */
    const cryptoOfficers = [{ party: 'contoso', of: 'fabrikam' }];
    parties = await startAgreedParties(root(), { emulator: { cryptoOfficers } });
    process.env['CLEANROOM_EMULATOR_DIR'] = parties.stage.emulatorDirectory;
    const connection = await connectionOf(parties.workspace.fabrikam);
    keys = new KeyClient(`https://${dataset().key.vault}`, connection.credential, sdk(connection));
  });
  after(async () => {
    if (emulatorBefore === undefined) delete process.env['CLEANROOM_EMULATOR_DIR'];
    else process.env['CLEANROOM_EMULATOR_DIR'] = emulatorBefore;
    await parties.stop();
  });

  const dataset = () => parties.agreement.parsed.contract.datasets[0]!;
  const sdk = (connection: Connection) => ({
    ...clientOptions(connection),
    disableChallengeResourceVerification: true,
  });
  const ofFabrikam = (name: string): string => join(parties.workspace.fabrikam.directory, name);
  const ofContoso = (name: string): string => join(parties.workspace.contoso.directory, name);
  const releasePolicy = (hash: string) => ({
    encodedPolicy: Buffer.from(
      renderReleasePolicy(releasePolicyOf(parties.agreement.parsed.contract, hash as never)),
    ),
    immutable: true,
  });
  /** What the HSM answers its owner's login, which asks to unwrap from outside: over REST, as the SDK would not even ask. */
  const unwrapOutside = async ({ id }: KeyVaultKey, alg: string): Promise<string> => {
    const connection = await connectionOf(parties.workspace.fabrikam);
    const token =
      (await connection.credential.getToken('https://managedhsm.azure.net/.default'))?.token ?? null;
    const call = async (operation: string, value: string): Promise<{ status: number; value: string }> => {
      const url = `${id!}/${operation}?api-version=7.4`;
      const { status, text } = await callService(connection, {
        method: 'POST',
        url,
        token,
        json: { alg, value },
      });
      return { status, value: (JSON.parse(text) as { value?: string }).value ?? text };
    };
    const secret = randomBytes(32).toString('base64url');
    const wrapped = await call('wrapkey', secret);
    assert.equal(wrapped.status, 200, wrapped.value);
    const { status, value } = await call('unwrapkey', wrapped.value);
    return value === secret ? 'UNWRAPPED' : `${status}`;
  };

  describe("from importkey's configuration", () => {
    const configuration = (kty: string | undefined, keyOps: readonly string[] | undefined) => ({
      key: {
        kid: dataset().key.name,
        ...(kty === undefined ? {} : { kty }),
        ...(keyOps === undefined ? {} : { key_ops: keyOps }),
        authority: {
          endpoint: new URL(parties.agreement.parsed.contract.attestation.authorities[0]!).host,
        },
        akv: { endpoint: dataset().key.vault, bearer_token: 'ey.secret.token' },
      },
      claims: [
        [
          { claim: 'x-ms-sevsnpvm-hostdata', equals: parties.agreement.policy.hash },
          { claim: 'x-ms-compliance-status', equals: 'azure-compliant-uvm' },
          { claim: 'x-ms-sevsnpvm-is-debuggable', equals: 'false' },
        ],
      ],
    });
    const create = async (config: object) => {
      const file = ofFabrikam('importkeyconfig.json');
      await writeFile(file, JSON.stringify(config));
      return runCleanroomJson(
        ...['key', 'create', '-f', ofFabrikam('contract.yaml'), '--dataset', 'notes'],
        ...['--from-importkey-config', file, '--profile', 'fabrikam'],
      );
    };

    const FILES: readonly (readonly [string, string | undefined, readonly string[] | undefined, string])[] = [
      ['RSA-HSM without key_ops', 'RSA-HSM', undefined, 'RSA-HSM'],
      ['RSA-HSM with key_ops', 'RSA-HSM', ['encrypt', 'decrypt', 'wrapKey', 'unwrapKey'], 'RSA-HSM'],
      ['RSA', 'RSA', undefined, 'RSA-HSM'],
      ['oct-HSM without key_ops', 'oct-HSM', undefined, 'oct-HSM'],
      ['oct-HSM with key_ops', 'oct-HSM', ['encrypt', 'decrypt'], 'oct-HSM'],
      ['no kty, which the tool takes for oct', undefined, undefined, 'oct-HSM'],
    ];
    for (const [what, kty, keyOps, expected] of FILES) {
      it(`I1: makes a key of ${what} that nobody unwraps with from outside`, async () => {
        const { code, json } = await create(configuration(kty, keyOps));
        assert.equal(code, 0, JSON.stringify(json));
        const view = json['result'] as KeyView;
        assert.deepEqual([view.kty, view.operations, view.exportable], [expected, ['wrapKey'], true]);
        assert.deepEqual([view.policy?.immutable, view.imported], [true, false]);
        const warned = (json['warnings'] as string[]).join('\n');
        assert.match(warned, keyOps === undefined ? /takes for all of them/ : /are not taken over/);
        assert.match(warned, /bearer token .* is not used/);
        assert.doesNotMatch(JSON.stringify(json), /secret\.token/);
        const algorithm = expected === 'RSA-HSM' ? 'RSA-OAEP-256' : 'A256KW';
        assert.equal(await unwrapOutside(await keys.getKey(dataset().key.name), algorithm), '403');
      });
    }

    it('I1: closes what the tool leaves open: without key_ops it imports a key that its own login unwraps with', async () => {
      const { privateKey } = freshKeyPairSync({ type: 'rsa', bits: 2048 });
      const part = (name: string): Uint8Array =>
        Buffer.from(privateKey.export({ format: 'jwk' })[name] as string, 'base64url');
      const [n, e, d, p, q, dp, dq, qi] = ['n', 'e', 'd', 'p', 'q', 'dp', 'dq', 'qi'].map(part);
      const imported = await keys.importKey(
        'as-the-tool-does',
        { kty: 'RSA-HSM', n: n!, e: e!, d: d!, p: p!, q: q!, dp: dp!, dq: dq!, qi: qi! },
        {
          hardwareProtected: true,
          exportable: true,
          releasePolicy: releasePolicy(parties.agreement.policy.hash),
        },
      );
      assert.equal(await unwrapOutside(imported, 'RSA-OAEP-256'), 'UNWRAPPED');
    });

    it('refuses EC, which the tool does not make, and makes no key', async () => {
      const before = (await keys.getKey(dataset().key.name)).id;
      const { code, json } = await create(configuration('EC-HSM', undefined));
      const { code: error, message } = json['error'] as { code: string; message: string };
      assert.deepEqual([code, error], [4, 'IMPORTKEY_CONFIG_REFUSED']);
      assert.match(message, /EC-HSM is not RSA-HSM or oct-HSM/);
      assert.equal((await keys.getKey(dataset().key.name)).id, before);
    });
  });

  describe('that the host may read', () => {
    before(async () => {
      const connection = await connectionOf(parties.workspace.contoso);
      await assignKeyRoleToSelf(connection, dataset().key.vault, roleId(MANAGED_HSM_ROLES.cryptoAuditor.id));
    });
    const roleId = (id: string): string =>
      `Microsoft.KeyVault/providers/Microsoft.Authorization/roleDefinitions/${id}`;
    const deploy = (...argv: readonly string[]) =>
      runCleanroomJson(
        ...['deploy', '-f', ofContoso('contract.yaml'), '--policy', ofContoso('policy.rego')],
        ...['--profile', 'contoso', ...argv],
      );

    it('let it plan where every branch of the policy admits this room and no other', async () => {
      const { code, json } = await deploy('--what-if');
      assert.equal(code, 0, JSON.stringify(json));
      const { bindings } = json['result'] as { bindings: unknown };
      assert.deepEqual(bindings, [{ dataset: 'notes', kind: 'bound' }]);
    });

    for (const [what, hash, said] of [
      ['another room', 'ab'.repeat(32), /admits HOST_DATA abab/],
      ['no room in particular', null, /has no release policy/],
    ] as const) {
      it(`I2: stop the deployment where the key is for ${what}: KEY_NOT_BOUND, and nothing is made`, async () => {
        await keys.createRsaKey(dataset().key.name, {
          hsm: true,
          keySize: 2048,
          keyOps: ['wrapKey'],
          ...(hash === null ? {} : { exportable: true, releasePolicy: releasePolicy(hash) }),
        });
        for (const flags of [[], ['--what-if'], ['--out', ofContoso('room.json')], ['--yes']]) {
          const { code, json } = await deploy(...flags);
          const error = json['error'] as { code: string; message: string };
          assert.deepEqual([code, error.code], [4, 'KEY_NOT_BOUND'], flags.join());
          assert.match(error.message, said);
        }
        assert.equal(await (await parties.workspace.contoso.services.rooms()).get('quarterly-notes'), null);
      });
    }
  });
});
