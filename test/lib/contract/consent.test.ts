import assert from 'node:assert/strict';

import { checkContract, type ParsedContract } from '../../../src/lib/contract/check.js';
import type { FoundConsent } from '../../../src/lib/contract/consent.js';
import { appraiseConsent, signConsent } from '../../../src/lib/keys/sign-consent.js';
import { generatePartyKey, type PartyKeyPair } from '../../../src/lib/keys/party-keys.js';
import { explainContract } from '../../../src/lib/evidence/contract-explained.js';
import { exampleContract } from '../../support/contract.js';

interface Signed {
  readonly parsed: ParsedContract;
  readonly keys: ReadonlyMap<string, PartyKeyPair>;
  sign(party: string, parsed?: ParsedContract, key?: string): Promise<FoundConsent>;
}

/** The example contract, whose parties' private keys the test holds. */
async function signable(threshold: 'all' | number = 'all'): Promise<Signed> {
  const contract = exampleContract();
  const keys = new Map<string, PartyKeyPair>();
  for (const party of contract.parties) {
    const pair = await generatePartyKey();
    keys.set(party.id, pair);
    party.contractKey = pair.publicKey;
  }
  contract.consent.threshold = threshold;
  const parsed = checkContract(contract);
  const sign = async (party: string, over = parsed, key = party): Promise<FoundConsent> => ({
    source: `${party}.jws`,
    jws: await signConsent(over, party, keys.get(key)!.privateKey, new Date(0)),
  });
  return { parsed, keys, sign };
}

const findings = (parsed: ParsedContract, found: readonly FoundConsent[]): readonly string[] =>
  appraiseConsent(parsed, found)
    .checks.filter(({ status, id }) => status !== 'pass' && id !== 'CONSENT_PARTY')
    .map(({ id }) => id);

describe('consent to a contract', () => {
  it('suffices when every party has signed this version', async () => {
    const { parsed, sign } = await signable();
    const { sufficient, signers } = appraiseConsent(parsed, [await sign('fabrikam'), await sign('contoso')]);
    assert.ok(sufficient);
    assert.deepEqual(signers, ['contoso', 'fabrikam']);
  });

  it('does not suffice without signatures: nothing is vacuously agreed', async () => {
    const { parsed } = await signable(1);
    assert.ok(!appraiseConsent(parsed, []).sufficient);
  });

  it('I32: records the code that a party named itself, and takes no digest that is none', async () => {
    const { parsed, keys, sign } = await signable();
    const digest = `sha256:${'ab'.repeat(32)}`;
    const naming = async (program: readonly string[]): Promise<FoundConsent> => ({
      source: 'fabrikam.jws',
      jws: await signConsent(parsed, 'fabrikam', keys.get('fabrikam')!.privateKey, new Date(0), program),
    });
    const { sufficient, named, checks } = appraiseConsent(parsed, [
      await naming([digest]),
      await sign('contoso'),
    ]);
    assert.ok(sufficient);
    assert.deepEqual([...named], [['fabrikam', [digest]]]);
    assert.ok(checks.some(({ actual }) => actual?.includes(`named the code itself: ${digest}`) === true));
    assert.ok(
      explainContract(parsed, null, named)
        .flatMap(({ statements }) => statements)
        .includes(`fabrikam signed, and named the code that it verified itself: ${digest}.`),
    );
    assert.deepEqual(findings(parsed, [await naming(['latest'])]), ['CONSENT_FORMAT', 'CONSENT_THRESHOLD']);
  });

  it('N4: counts a party that signed twice once', async () => {
    const { parsed, sign } = await signable(2);
    const found = [await sign('contoso'), await sign('contoso')];
    const { sufficient, signers } = appraiseConsent(parsed, found);
    assert.ok(!sufficient);
    assert.deepEqual(signers, ['contoso']);
    assert.deepEqual(findings(parsed, found), ['CONSENT_REPEATED', 'CONSENT_THRESHOLD']);
  });

  it('N4: takes the threshold from the contract only', async () => {
    const { parsed, sign } = await signable(1);
    assert.ok(appraiseConsent(parsed, [await sign('fabrikam')]).sufficient);
    const all = await signable('all');
    assert.ok(!appraiseConsent(all.parsed, [await all.sign('fabrikam')]).sufficient);
  });

  it('N4: does not count a signature over another version, and names it', async () => {
    const { parsed, sign } = await signable();
    const older = structuredClone(parsed.contract);
    older.summary.limits.maxCharacters = 9;
    const found = [await sign('contoso'), await sign('fabrikam', checkContract(older))];
    assert.deepEqual(findings(parsed, found), ['CONSENT_OTHER_VERSION', 'CONSENT_THRESHOLD']);
  });

  it('N4: does not count a signature replayed from another contract', async () => {
    const { parsed, sign } = await signable();
    const other = checkContract({ ...structuredClone(parsed.contract), name: 'other-notes' });
    assert.deepEqual(findings(parsed, [await sign('contoso'), await sign('fabrikam', other)]), [
      'CONSENT_REPLAYED',
      'CONSENT_THRESHOLD',
    ]);
  });

  it('N4: does not count a signer that is no party, nor one party signing as another', async () => {
    const { parsed, sign } = await signable();
    const stranger = await signable();
    const unknown = {
      source: 'x.jws',
      jws: await signConsent(parsed, 'tailspin', stranger.keys.get('contoso')!.privateKey, new Date(0)),
    };
    assert.deepEqual(findings(parsed, [await sign('contoso'), unknown]), [
      'CONSENT_UNKNOWN_SIGNER',
      'CONSENT_THRESHOLD',
    ]);
    const impostor = await sign('fabrikam', parsed, 'contoso');
    assert.deepEqual(findings(parsed, [await sign('contoso'), impostor]), [
      'CONSENT_SIGNATURE',
      'CONSENT_THRESHOLD',
    ]);
  });

  it('II4: names a party that signed two versions, and does not suffice', async () => {
    const { parsed, sign } = await signable();
    const other = structuredClone(parsed.contract);
    other.summary.limits.maxCharacters = 9;
    const found = [
      await sign('contoso'),
      await sign('fabrikam'),
      await sign('fabrikam', checkContract(other)),
    ];
    const { sufficient, checks } = appraiseConsent(parsed, found);
    assert.ok(!sufficient);
    const equivocation = checks.find(({ id }) => id === 'CONSENT_EQUIVOCATION');
    assert.match(equivocation?.reason ?? '', /fabrikam has signed two versions/);
  });

  it('X4: refuses a signature with one bit changed, or of another form', async () => {
    const { parsed, sign } = await signable(1);
    const { jws } = await sign('contoso');
    const [header, payload, signature] = jws.split('.');
    const none = `${Buffer.from('{"alg":"none","typ":"cleanroom-consent+jws"}').toString('base64url')}.${payload!}.`;
    for (const bad of [
      `${header!}.${payload!}.A${signature!.slice(1)}`,
      none,
      jws.slice(0, -1),
      `${jws}.x`,
      'photo',
    ]) {
      if (bad === jws) continue;
      assert.ok(!appraiseConsent(parsed, [{ source: 'bad.jws', jws: bad }]).sufficient, bad);
    }
  });
});
