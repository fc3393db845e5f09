// KEYS and the budget's entries from a bundle alone: the owners' word for their keys, and bytes that may not contradict a receipt.

import assert from 'node:assert/strict';
import type { KeyObject } from 'node:crypto';

import { freshKeyPairSync } from '../../../src/lib/keys/fresh-key.js';
import { CheckLog } from '../../../src/lib/attestation/check-log.js';
import { nodeSignatureCrypto } from '../../../src/lib/attestation/crypto/node-crypto.js';
import { sha256Hex } from '../../../src/lib/base/bytes/digest.js';
import { releasePolicyOf } from '../../../src/lib/contract/release-policy/build.js';
import { releasePolicyDigest } from '../../../src/lib/contract/release-policy/policy-digest.js';
import { releasePolicyJson, renderReleasePolicy } from '../../../src/lib/contract/release-policy/grammar.js';
import type { SealStatement } from '../../../src/lib/contract/seal-statement-form.js';
import { recordBudgetEntries } from '../../../src/lib/evidence/budget-entries.js';
import type { BroughtReleasePolicy } from '../../../src/lib/evidence/evidence-bundle.js';
import { recordKeys } from '../../../src/lib/evidence/key-statements.js';
import { readOwnerSeals } from '../../../src/lib/evidence/owner-seals.js';
import type { Receipt } from '../../../src/lib/evidence/receipt.js';
import { statedReleasePolicies } from '../../../src/lib/room/stated-release-policies.js';
import { encodeClosing, encodeEntry } from '../../../src/lib/room/budget/entry.js';
import { signSealStatement } from '../../../src/lib/sealed-blob/statement/sign-seal-statement.js';
import { contractOfKeys } from '../../support/contract.js';

const KEY = 'https://fabrikam-hsm.managedhsm.azure.net/keys/quarterly-notes/0123abc';
const POLICY = 'package policy';
const HASH = sha256Hex(POLICY);

describe('the keys of a bundle', () => {
  const fabrikam = freshKeyPairSync({ type: 'ec', curve: 'P-256' }).privateKey;
  const contoso = freshKeyPairSync({ type: 'ec', curve: 'P-256' }).privateKey;
  const parsed = contractOfKeys({ contoso, fabrikam });
  const demanded = renderReleasePolicy(releasePolicyOf(parsed.contract, HASH));
  const brought: readonly BroughtReleasePolicy[] = [{ key: KEY, policy: demanded }];

  function seal(
    releasePolicy: SealStatement['releasePolicy'],
    { signer = fabrikam, key = KEY }: { readonly signer?: KeyObject; readonly key?: string } = {},
  ): Promise<string> {
    const digest = { sha256: sha256Hex('any'), bytes: 1 };
    return signSealStatement(
      {
        contract: parsed.digest,
        dataset: 'notes',
        version: '1',
        key,
        header: digest,
        payload: digest,
        iat: 1_790_000_000,
        ...(releasePolicy === undefined ? {} : { releasePolicy }),
      },
      signer,
    );
  }

  async function statuses(
    seals: readonly string[],
    policies: readonly BroughtReleasePolicy[] = brought,
    policy = POLICY,
  ): Promise<string> {
    const log = new CheckLog();
    const stated = await readOwnerSeals(seals, parsed, nodeSignatureCrypto);
    const receipts = [{ receipt: { inputs: [{ key: KEY }] } as unknown as Receipt, digest: HASH }];
    recordKeys({ contract: parsed.contract, policy, receipts, stated, brought: policies }, log);
    assert.deepEqual(
      log.checks().map(({ id }) => id),
      ['KEY_STATED', 'KEY_RELEASE_POLICIES', 'KEY_IMMUTABLE'],
    );
    return log
      .checks()
      .map(({ status }) => status)
      .join(' ');
  }

  const good = { sha256: releasePolicyDigest(demanded), immutable: true };

  it('are released to this room alone where each owner signed a policy that implies every clause, and immutable', async () => {
    assert.equal(await statuses([await seal(good)]), 'pass pass pass');
  });

  it('are nobody’s word where statement, policy or digest is missing, another’s, or of another key', async () => {
    const none = 'skip skip skip';
    assert.equal(await statuses([]), none);
    assert.equal(await statuses([await seal(undefined)]), none);
    assert.equal(await statuses([await seal(good)], []), 'skip skip pass');
    assert.equal(await statuses([await seal(good, { signer: contoso })]), none);
    assert.equal(await statuses([await seal(good, { key: `${KEY}d` })]), none);
    assert.equal(await statuses([await seal({ ...good, sha256: sha256Hex('another') })]), 'skip skip pass');
    assert.equal(await statuses([await seal(good)], [{ key: KEY, policy: 'no policy' }]), 'skip skip pass');
    assert.equal(await statuses([await seal(good), await seal(undefined)]), 'pass pass pass');
    const log = new CheckLog();
    recordKeys({ contract: parsed.contract, policy: POLICY, receipts: [], stated: [], brought }, log);
    recordKeys(null, log);
    assert.deepEqual(new Set(log.checks().map(({ status }) => status)), new Set(['skip']));
  });

  it('N1: are refuted by a signed policy that lets another room in, in one branch, by one value', async () => {
    const weaker = [
      demanded.replace(HASH, sha256Hex('another policy')),
      demanded.replace('"greaterOrEquals":2', '"greaterOrEquals":1'),
      demanded.replace('sharedweu.weu', 'contoso.weu'),
    ];
    for (const policy of weaker) {
      assert.notEqual(policy, demanded);
      const stated = await seal({ ...good, sha256: releasePolicyDigest(policy) });
      assert.equal(await statuses([stated], [{ key: KEY, policy }]), 'pass fail pass');
    }
    assert.equal(await statuses([await seal(good)], brought, 'another policy'), 'pass fail pass');
  });

  it('are unproven where an owner can change its policy, and the checks say whose', async () => {
    const mutable = await seal({ ...good, immutable: false });
    assert.equal(await statuses([mutable]), 'pass pass skip');
    assert.equal(await statuses([mutable, await seal(good)]), 'pass pass fail');
  });

  it('have one digest for one policy, however a vault spells it', () => {
    const { version, anyOf } = releasePolicyJson(releasePolicyOf(parsed.contract, HASH)) as {
      readonly version: string;
      readonly anyOf: readonly Readonly<Record<string, unknown>>[];
    };
    const respelled = anyOf.map(({ authority, ...rest }) => ({ ...rest, authority }));
    const text = JSON.stringify({ anyOf: respelled, version }, null, 2);
    assert.equal(releasePolicyDigest(text), releasePolicyDigest(demanded));
  });

  it('are put into its evidence by the room: the contract’s own policy, and no other', () => {
    const of = (releasePolicy: SealStatement['releasePolicy']) =>
      statedReleasePolicies(parsed.contract, HASH, [
        { key: KEY, ...(releasePolicy === undefined ? {} : { releasePolicy }) },
      ]);
    assert.deepEqual(of(good), brought);
    assert.deepEqual(of({ ...good, sha256: sha256Hex('stricter') }), []);
    assert.deepEqual(of(undefined), []);
  });
});

describe('budget entries of a bundle', () => {
  const key = new Uint8Array(32).fill(7);
  const contract = sha256Hex('contract');
  const inputs = sha256Hex('inputs');
  const output = sha256Hex('output');
  const place = { contract, place: 1, inputs };
  const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();
  const entry = text(encodeEntry(key, place));
  const closing = text(encodeClosing(key, place, output));
  const receipt = {
    contract,
    inputsDigest: inputs,
    output: { digest: output, sealed: output },
    budget: { used: 1, of: 1 },
  } as Receipt;

  function status(brought: readonly string[], of: Receipt = receipt): string {
    const log = new CheckLog();
    recordBudgetEntries([{ receipt: of, digest: output }], brought, log);
    return log.checks()[0]?.status ?? 'none';
  }

  it('agree with the receipt: place, inputs and output', () => {
    assert.equal(status([entry, closing]), 'pass');
    assert.equal(status([entry]), 'skip');
    assert.equal(status([closing]), 'skip');
    assert.equal(status([]), 'skip');
    assert.equal(status([entry, closing], { ...receipt, budget: null }), 'skip');
  });

  it('refuse a receipt that they contradict, and what is no entry', () => {
    const other = (changes: Partial<typeof place>): string =>
      text(encodeEntry(key, { ...place, ...changes }));
    assert.equal(status([other({ inputs: output }), closing]), 'fail');
    assert.equal(status([other({ contract: output }), closing]), 'fail');
    assert.equal(status([entry, text(encodeClosing(key, place, inputs))]), 'fail');
    assert.equal(status([entry, text(encodeClosing(key, place, null))]), 'fail');
    assert.equal(status([entry, closing, '{}']), 'fail');
    const empty = { ...receipt, output: null };
    assert.equal(status([entry, closing], empty), 'pass');
  });
});
