// A contract key that stays in a vault, by commands against the emulated HSM: consent, seal statements, tree heads and
// tombstones are signed there, and whatever is not the party's own key is refused before anything is signed.

import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { KeyClient } from '@azure/keyvault-keys';

import type { RunningEmulator } from '../../src/lib/emulator/emulator.js';
import { personAt, type Person } from '../support/person.js';
import { credentialOf, startTestEmulator } from '../support/local-azure.js';
import { runCleanroomJson } from '../support/run-command.js';
import { openParty } from '../../src/lib/attack-kit/stage/stage.js';
import { packedSummarizer } from '../support/agreed-parties.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';

interface Envelope {
  readonly result?: Readonly<Record<string, unknown>>;
  readonly error?: { readonly code: string; readonly message: string; readonly hint: string };
}

describe('a contract key in a vault', function () {
  this.timeout(120_000);
  const root = useTemporaryDirectory();
  const at = (...names: string[]): string => join(root(), ...names);
  let emulator: RunningEmulator;
  let keys: KeyClient;
  let vault: string;
  let fabrikam: Person;
  let contoso: Person;

  const must = async (who: Person, ...argv: string[]): Promise<Envelope> => ({
    result: await who.result<Record<string, unknown>>(...argv),
  });
  const sign = async (...argv: string[]): Promise<readonly [number, Envelope]> => {
    const contract = ['-f', at('fabrikam/contract.yaml'), '--party', 'fabrikam', '--profile', 'fabrikam'];
    const { code, json } = await runCleanroomJson('contract', 'sign', ...contract, ...argv);
    return [code, json];
  };
  const consent = (): string => at('fabrikam/contract.fabrikam.consent.jws');
  const url = (name: string): string => `https://${vault}/keys/${name}`;

  before(async () => {
    emulator = await startTestEmulator(at('emulator'));
    process.env['CLEANROOM_EMULATOR_DIR'] = emulator.directory;
    const env = { HOME: at('home'), CLEANROOM_EMULATOR_DIR: emulator.directory };
    for (const name of ['home', 'fabrikam', 'contoso']) mkdirSync(at(name));
    fabrikam = personAt(at('fabrikam'), { ...env, CLEANROOM_PROFILE: 'fabrikam' });
    contoso = personAt(at('contoso'), { ...env, CLEANROOM_PROFILE: 'contoso' });
    ({ vault } = emulator.parties.find(({ name }) => name === 'fabrikam')!);
    keys = new KeyClient(`https://${vault}`, await credentialOf(emulator, 'fabrikam'), {
      disableChallengeResourceVerification: true,
      tlsOptions: { ca: readFileSync(emulator.tlsRootsPath, 'utf8') },
    });
    const party = await openParty({ emulatorDirectory: emulator.directory }, 'contoso', at('contoso'));
    const image = await packedSummarizer(party, at('home'), null);
    const owner = ['--party', 'fabrikam', '--role', 'data-owner', '--dataset', 'notes'];
    const made = await must(fabrikam, 'init', ...owner, '--contract-key', url('contract'));
    assert.match(String(made.result?.['contractKey']), /\/keys\/contract\/[0-9a-f]{32}$/);
    cpSync(at('fabrikam/fabrikam.party.json'), at('contoso/fabrikam.party.json'));
    const host = ['--party', 'contoso', '--role', 'host', '--role', 'recipient'];
    const terms = ['--with', 'fabrikam.party.json', '--summarizer', image];
    await must(contoso, 'init', ...host, ...terms);
    await must(contoso, 'policy', 'generate', '-f', 'contract.yaml', '--out', 'policy.rego');
    await must(contoso, 'contract', 'sign');
    for (const name of ['contract.yaml', 'contract.contoso.consent.jws', 'policy.rego'])
      cpSync(at('contoso', name), at('fabrikam', name));
  });

  after(async () => {
    delete process.env['CLEANROOM_EMULATOR_DIR'];
    await emulator.stop();
  });

  it('is made in the vault, not exportable, and no private half is on the disk', async () => {
    const key = await keys.getKey('contract');
    assert.deepEqual(
      [key.keyType, key.key?.crv, key.properties.exportable, key.keyOperations],
      ['EC-HSM', 'P-256', false, ['sign', 'verify']],
    );
    const kept = JSON.parse(readFileSync(at('fabrikam/keys/fabrikam.contract.jwk'), 'utf8')) as object;
    assert.deepEqual(Object.keys(kept), ['kty', 'crv', 'x', 'y', 'kid']);
  });

  it('signs consent by its URL, with a version and without, and where init left its reference', async () => {
    const { version } = (await keys.getKey('contract')).properties;
    for (const named of [['--key', url('contract')], ['--key', `${url('contract')}/${version!}`], []]) {
      rmSync(consent(), { force: true });
      await must(fabrikam, 'contract', 'sign', ...named);
      const verdict = await must(fabrikam, 'contract', 'verify', '-f', 'contract.yaml');
      assert.deepEqual(verdict.result?.['signers'], ['contoso', 'fabrikam']);
    }
  });

  it('seals, logs and revokes as its party: statement, tree head and tombstone are the vault key’s', async () => {
    writeFileSync(at('fabrikam/notes.txt'), 'Fabrikam Orchard plans deliveries.\n');
    const bound = ['-f', 'contract.yaml', '--dataset', 'notes'];
    const log = ['--log', 'audit.log'];
    const first = await must(fabrikam, 'encrypt', 'notes.txt', ...bound, '--policy', 'policy.rego', ...log);
    assert.equal(first.result?.['outcome'], 'created');
    const again = await must(fabrikam, 'encrypt', 'notes.txt', ...bound, '--policy', 'policy.rego');
    assert.equal(again.result?.['outcome'], 'unchanged');
    await must(fabrikam, 'log', 'append', 'audit.log', 'contract.yaml', '--key', url('contract'));
    await must(fabrikam, 'key', 'revoke', ...bound, '--yes', ...log);
    const verdict = await must(fabrikam, 'log', 'verify', 'audit.log', '-f', 'contract.yaml');
    assert.deepEqual([verdict.result?.['verdict'], verdict.result?.['size']], ['accepted', 3]);
  });

  it('is refused before it signs where it is not the key that the contract names', async () => {
    await keys.createEcKey('another', { hsm: true });
    rmSync(consent(), { force: true });
    const [code, { error }] = await sign('--key', url('another'));
    assert.deepEqual([code, error?.code], [4, 'PARTY_KEY_MISMATCH']);
    await keys.createEcKey('contract', { hsm: true });
    assert.equal((await sign('--key', url('contract')))[1].error?.code, 'PARTY_KEY_MISMATCH');
    assert.ok(!existsSync(consent()));
    // The version that the reference names still signs.
    await must(fabrikam, 'contract', 'sign');
  });

  it('is refused with its own reason where it is missing, disabled, out of time, not to sign, or no P-256 key', async () => {
    await keys.createEcKey('disabled', { hsm: true, enabled: false });
    await keys.createEcKey('expired', { hsm: true, expiresOn: new Date(Date.now() - 60_000) });
    await keys.createEcKey('verifies', { hsm: true, keyOps: ['verify'] });
    await keys.createEcKey('larger', { hsm: true, curve: 'P-384' });
    await keys.createRsaKey('rsa', { hsm: true, keySize: 2048 });
    const contractKey = JSON.parse(readFileSync(at('fabrikam/keys/fabrikam.contract.jwk'), 'utf8')) as {
      readonly kid: string;
    };
    rmSync(consent(), { force: true });
    for (const [key, exit, expected, said] of [
      [url('nowhere'), 6, 'KEY_NOT_FOUND', /no key nowhere/],
      [`${url('contract')}/${'0'.repeat(32)}`, 6, 'KEY_NOT_FOUND', /no key contract\/0/],
      [url('disabled'), 6, 'KEY_DISABLED', /disabled/],
      [url('verifies'), 6, 'KEY_OPERATION_FORBIDDEN', /its key_ops are verify/],
      [url('larger'), 3, 'PARTY_KEY_INVALID', /on curve P-384/],
      [url('rsa'), 3, 'PARTY_KEY_INVALID', /RSA/],
      [url('expired'), 4, 'PARTY_KEY_MISMATCH', /fabrikam/],
    ] as const) {
      const [code, { error }] = await sign('--key', key);
      assert.deepEqual([code, error?.code], [exit, expected], key);
      assert.match(error?.message ?? '', said);
    }
    const version = contractKey.kid.split('/').at(-1)!;
    await keys.updateKeyProperties('contract', version, { expiresOn: new Date(Date.now() - 60_000) });
    const [code, { error }] = await sign('--key', contractKey.kid);
    assert.deepEqual([code, error?.code], [6, 'KEY_OUT_OF_TIME'], JSON.stringify(error));
    await keys.updateKeyProperties('contract', version, { expiresOn: new Date(Date.now() + 3_600_000) });
    assert.deepEqual(
      readdirSync(at('fabrikam')).filter((name) => name.includes('fabrikam.consent')),
      [],
    );
  });

  it('X3: is asked of no host but a vault of Azure or the local one: no login is even tried', async () => {
    for (const [key, expected, exit = 2] of [
      ['https://fabrikam.managedhsm.azure.net.example.com/keys/contract', 'VAULT_HOST_UNKNOWN', 5],
      ['https://fabrikam-managedhsm.azure.net/keys/contract', 'VAULT_HOST_UNKNOWN', 5],
      ['https://fabrikam.vault.azure.net@example.com/keys/contract', 'USAGE'],
      ['http://fabrikam.managedhsm.azure.net/keys/contract', 'USAGE'],
      ['https://fabrikam.managedhsm.azure.net/secrets/contract', 'USAGE'],
      ['https://fabrikam.managedhsm.azure.net/keys/a/b/c', 'USAGE'],
      ['https://fabrikam.managedhsm.azure.net/keys/contract?x=1', 'USAGE'],
    ] as const) {
      // Without a profile: whatever came after the look at the host would be NO_ENVIRONMENT.
      process.env['CLEANROOM_EMULATOR_DIR'] = at('none');
      const contract = ['-f', at('fabrikam/contract.yaml'), '--party', 'fabrikam'];
      const { code, json } = await runCleanroomJson('contract', 'sign', ...contract, '--key', key);
      process.env['CLEANROOM_EMULATOR_DIR'] = emulator.directory;
      assert.deepEqual([code, (json as Envelope).error?.code], [exit, expected], key);
    }
  });

  it('is not replaced by another key that init is given', async () => {
    const owner = ['--party', 'fabrikam', '--role', 'data-owner', '--json'];
    const other = await fabrikam.run('init', ...owner, '--contract-key', url('another'));
    assert.deepEqual([other.code, (JSON.parse(other.stdout) as Envelope).error?.code], [3, 'FILE_EXISTS']);
    const kept = await must(fabrikam, 'init', '--party', 'fabrikam', '--role', 'data-owner');
    assert.match(String(kept.result?.['contractKey']), /\/keys\/contract\/[0-9a-f]{32}$/);
  });
});
