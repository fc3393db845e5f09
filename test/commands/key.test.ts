// `key` and `doctor --as` as Fabrikam runs them, on a Managed HSM and on a Key Vault Premium of a local Azure in which
// Contoso, the host, is Crypto Officer of both: what an owner should never let happen.

import assert from 'node:assert/strict';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { KeyClient } from '@azure/keyvault-keys';

import { freshKeyPairSync } from '../../src/lib/keys/fresh-key.js';
import { createSasIssuer } from '../../src/lib/azure/blob-store.js';
import { assignKeyRoleToSelf } from '../../src/lib/azure/key-roles.js';
import type { KeyHolder } from '../../src/lib/evidence/unattested-paths.js';
import { MANAGED_HSM_ROLES } from '../../src/lib/emulator/identity/role-definitions.js';
import type { EncryptResult } from '../../src/lib/parties/encrypt-dataset.js';
import type { Revocation } from '../../src/lib/parties/revoke-key.js';
import { type AgreedParties, startAgreedParties } from '../support/agreed-parties.js';
import { partyKeyClient } from '../support/local-azure.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';
import { connectionOf } from '../../src/lib/attack-kit/stage/connection-of.js';

const DATASET = ['-f', 'contract.yaml', '--dataset', 'notes'];
const ALLOW_ALL = 'b3452a0ed30f1010bd32740dd1610bc63296ceb0f882f2cac3a3152d651fe7e4';
const CONTOSO_OWNED = 'https://contoso.weu.attest.azure.net';

interface Linted {
  readonly findings: readonly {
    readonly id: string;
    readonly severity: string;
    readonly where: string;
    readonly fix: string;
  }[];
}

for (const [vault, service] of [
  ['vault', 'Managed HSM'],
  ['keyVault', 'Key Vault Premium'],
] as const) {
  describe(`keys by command, on ${service}`, function () {
    this.timeout(120_000);
    const root = useTemporaryDirectory();
    const at = (name: string): string => join(root(), 'fabrikam', name);
    let parties: AgreedParties;
    let client: KeyClient;
    let name: string;
    let policy: string;

    before(async () => {
      const cryptoOfficers = [{ party: 'contoso', of: 'fabrikam' }];
      parties = await startAgreedParties(root(), { vault, emulator: { cryptoOfficers } });
      const { key } = parties.agreement.parsed.contract.datasets[0]!;
      name = key.name;
      client = await partyKeyClient(await connectionOf(parties.workspace.fabrikam), key.vault);
      writeFileSync(at('notes.txt'), 'text of Fabrikam\n');
    });
    after(() => parties.stop());

    const codeOf = async (...argv: string[]): Promise<readonly [string | undefined, number | null]> => {
      const { stdout, code } = await parties.fabrikam.run(...argv, '--json');
      return [(JSON.parse(stdout) as { error?: { code: string } }).error?.code, code];
    };
    const lint = async (...argv: string[]): Promise<Linted['findings']> => {
      const { stdout, stderr } = await parties.fabrikam.run('key', 'lint', ...DATASET, ...argv, '--json');
      const { ok, result } = JSON.parse(stdout) as { ok: boolean; result: Linted };
      assert.ok(ok, stdout + stderr);
      for (const { fix } of result.findings) assert.ok(fix.length > 20);
      return result.findings;
    };
    const idsOf = (findings: Linted['findings']): readonly string[] => findings.map(({ id }) => id);
    /** A version as somebody makes it who does not use cleanroom. */
    const makeVersion = (text: string, immutable: boolean, keyOps: string[]) =>
      client.createKey(name, 'RSA-HSM', {
        keySize: 2048,
        exportable: true,
        keyOps,
        releasePolicy: { encodedPolicy: Buffer.from(text), immutable },
        tags: { dataset: 'notes', contract: parties.agreement.parsed.digest },
      });

    it('refuses what is not there, and a login without a role, each with its own code', async () => {
      assert.deepEqual(await codeOf('key', 'show', ...DATASET), ['KEY_NOT_FOUND', 6]);
      for (const verb of ['show', 'lint'])
        assert.deepEqual(await codeOf('key', verb), ['KEY_NOT_FOUND', 6], 'of the party’s only dataset');
      assert.deepEqual(await codeOf('key', 'revoke', ...DATASET, '--yes'), ['KEY_NOT_FOUND', 6]);
      const { stdout } = await parties.contoso.run('key', 'show', ...DATASET, '--json');
      const { error } = JSON.parse(stdout) as { error?: { code: string } };
      // A Crypto Officer of a key vault reads keys; one of a Managed HSM does not.
      assert.equal(error?.code, service === 'Managed HSM' ? 'KEY_ACCESS_DENIED' : 'KEY_NOT_FOUND');
    });

    it('I3: finds in the live roles that the host is Crypto Officer, and names the least role instead', async () => {
      const made = await parties.fabrikam.result<{ id: string; holders?: readonly KeyHolder[] }>(
        ...['key', 'create', ...DATASET],
      );
      policy = Buffer.from((await client.getKey(name)).properties.releasePolicy!.encodedPolicy!).toString();
      const findings = await lint();
      const ids = idsOf(findings);
      assert.ok(ids.includes(service === 'Managed HSM' ? 'PATH_GRANT' : 'PATH_OPERATIONS'), ids.join());
      assert.ok(!ids.includes('PATH_ROLES_UNREAD') && !ids.includes('PATH_UNKNOWN_ROLE'));
      const found = findings.find(({ severity }) => severity === 'error')!;
      assert.match(found.where, /Crypto Officer of [0-9a-f-]{36}/);
      assert.ok(
        found.fix.includes(
          `'${service.replace(' Premium', '')} Crypto Service Release User' at /keys/${name}`,
        ),
      );
      const { stdout, code } = await parties.fabrikam.run(
        ...['doctor', '-f', 'contract.yaml', '--as', 'party-2', '--json'],
      );
      const { paths, checks } = (
        JSON.parse(stdout) as { result: { paths: Linted['findings']; checks: Linted['findings'] } }
      ).result;
      assert.deepEqual(idsOf(paths), ids);
      assert.equal(code, 4);
      assert.equal(
        (checks as unknown as { id: string; status: string }[]).find(({ id }) => id === 'KEY_ROLE')?.status,
        'ok',
      );
      const { holders } = await parties.fabrikam.result<{ holders: readonly KeyHolder[] }>(
        'key',
        'show',
        ...DATASET,
      );
      assert.ok(
        holders.some(
          ({ role, may }) => role.endsWith('Release User') && /have it released/.test(String(may)),
        ),
      );
      assert.ok(made.id.includes(`/keys/${name}/`));
    });

    if (service === 'Managed HSM')
      it('I1: finds the sample’s advice, Crypto User and Crypto Officer, once the host has made itself both', async () => {
        const { key } = parties.agreement.parsed.contract.datasets[0]!;
        await assignKeyRoleToSelf(
          await connectionOf(parties.workspace.contoso),
          key.vault,
          `Microsoft.KeyVault/providers/Microsoft.Authorization/roleDefinitions/${MANAGED_HSM_ROLES.cryptoUser.id}`,
        );
        const findings = (await lint()).filter(({ severity }) => severity === 'error');
        assert.deepEqual([...idsOf(findings)].sort(), ['PATH_GRANT', 'PATH_OPERATIONS']);
        for (const { fix } of findings)
          assert.match(fix, /no more than 'Managed HSM Crypto Service Release User'/);
      });

    it('I4: compares the key with the policy that is given, and says so where none was', async () => {
      const ofPolicy = (findings: Linted['findings']): readonly string[] =>
        idsOf(findings).filter((id) => /POLICY_NOT_COMPARED|OTHER_HASH/.test(id));
      assert.deepEqual(ofPolicy(await lint()), []);
      renameSync(at('policy.rego'), at('reviewed.rego'));
      assert.deepEqual(ofPolicy(await lint()), ['PATH_POLICY_NOT_COMPARED']);
      assert.deepEqual(ofPolicy(await lint('--policy', 'reviewed.rego')), []);
      writeFileSync(at('policy.rego'), `${readFileSync(at('reviewed.rego'), 'utf8')}\n`);
      assert.deepEqual(ofPolicy(await lint()), ['RELEASE_POLICY_OTHER_HASH']);
      renameSync(at('reviewed.rego'), at('policy.rego'));
    });

    it('I1, I2, I4, I13: finds an opening operation, a mutable policy, allow-all host data and a host’s authority', async () => {
      const careless = policy
        .replace(
          /"x-ms-sevsnpvm-hostdata","equals":"[0-9a-f]{64}"/,
          `"x-ms-sevsnpvm-hostdata","equals":"${ALLOW_ALL}"`,
        )
        .replace(/"authority":"[^"]+"/, `"authority":"${CONTOSO_OWNED}"`);
      await makeVersion(careless, false, ['wrapKey', 'unwrapKey']);
      const ids = idsOf(await lint());
      for (const id of [
        'PATH_UNWRAP',
        'PATH_MUTABLE_POLICY',
        'PATH_EARLIER_VERSION',
        'RELEASE_POLICY_ALLOW_ALL',
        'RELEASE_POLICY_AUTHORITY',
      ])
        assert.ok(ids.includes(id), `${id} in ${ids.join()}`);
    });

    it('II6: finds an imported key', async () => {
      const { privateKey } = freshKeyPairSync({ type: 'rsa', bits: 2048 });
      writeFileSync(at('own.jwk'), JSON.stringify(privateKey.export({ format: 'jwk' })), { mode: 0o600 });
      await parties.fabrikam.result('key', 'create', ...DATASET, '--import', 'own.jwk', '--size', '2048');
      assert.ok(idsOf(await lint()).includes('PATH_IMPORTED_COPY'));
    });

    if (service === 'Key Vault Premium')
      it('finds a key that is not kept in an HSM', async () => {
        await client.createKey(name, 'RSA', { keySize: 2048 });
        assert.ok(idsOf(await lint()).includes('PATH_SOFTWARE_KEY'));
      });

    it('X1: finds a SAS that may write', async () => {
      const sas = await createSasIssuer(await connectionOf(parties.workspace.fabrikam)).issue({
        blob: parties.agreement.parsed.contract.datasets[0]!.blob,
        scope: 'blob',
        permissions: 'rw',
        expiresAt: new Date(Date.now() + 600_000),
      });
      writeFileSync(at('handed-out.sas'), sas, { mode: 0o600 });
      assert.ok(idsOf(await lint('--sas', 'handed-out.sas')).includes('PATH_SAS_WRITE'));
    });

    it('I1, I2: takes no version up, and none that is given, which opens without attestation or can be changed', async () => {
      const careless = [
        await makeVersion(policy, false, ['wrapKey']),
        await makeVersion(policy.replace('"x-ms-sevsnpvm-vmpl"', '"x-ms-sevsnpvm-smt"'), true, ['wrapKey']),
        await makeVersion(policy, true, ['wrapKey', 'unwrapKey']),
      ].map(({ id }) => id!);
      for (const id of careless)
        assert.deepEqual(await codeOf('encrypt', 'notes.txt', ...DATASET, '--key', id), ['KEY_NOT_BOUND', 4]);
      const result = await parties.fabrikam.result<EncryptResult>('encrypt', 'notes.txt', ...DATASET);
      assert.ok(!careless.includes(result.key), 'the latest version has unwrapKey');
      assert.ok(careless.every((id) => result.disabledKeys.includes(id)));
    });

    it('II5: revokes, and says that the vault’s refusals prove it', async () => {
      const { releaseRefused, refusals } = await parties.fabrikam.result<Revocation>(
        ...['key', 'revoke', ...DATASET, '--yes', '--out', 'notes.revoked.jws'],
      );
      assert.equal(releaseRefused, 'proven');
      const software = service === 'Key Vault Premium' ? 1 : 0;
      assert.equal(refusals.filter(({ code }) => code !== 'KEY_DISABLED').length <= software, true);
      assert.ok((await lint()).every(({ id }) => id !== 'PATH_EARLIER_VERSION'));
    });

    it('II5: seals to a revoked key again only where its owner agrees', async () => {
      assert.deepEqual(await codeOf('encrypt', 'notes.txt', ...DATASET), ['CONFIRMATION_NEEDED', 2]);
      const { key: planned } = await parties.fabrikam.result<{ key: { revoked: boolean } }>(
        ...['encrypt', 'notes.txt', ...DATASET, '--dry-run'],
      );
      assert.equal(planned.revoked, true);
      const { outcome } = await parties.fabrikam.result<EncryptResult>(
        ...['encrypt', 'notes.txt', ...DATASET, '--yes'],
      );
      assert.equal(outcome, 'new-version');
      assert.equal(
        (await parties.fabrikam.result<EncryptResult>('encrypt', 'notes.txt', ...DATASET)).outcome,
        'unchanged',
      );
      await parties.fabrikam.result('key', 'revoke', ...DATASET, '--yes');
    });

    it('refuses a disabled version, and a name that is deleted but not gone', async () => {
      const { id } = await client.getKey(name);
      writeFileSync(at('more.txt'), 'more\n');
      assert.deepEqual(await codeOf('encrypt', 'more.txt', ...DATASET, '--key', id!), ['KEY_DISABLED', 6]);
      const rewrap = ['blob', 'rewrap', ...DATASET, '--identity', 'own.jwk'];
      assert.deepEqual(await codeOf(...rewrap), ['KEY_DISABLED', 6]);
      await (await client.beginDeleteKey(name, { intervalInMs: 50 })).pollUntilDone();
      assert.deepEqual(await codeOf('key', 'create', ...DATASET), ['KEY_NAME_DELETED', 6]);
    });
  });
}
