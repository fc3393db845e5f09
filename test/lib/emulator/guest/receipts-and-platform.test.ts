// Receipts of fragments, trust lists and platform rules, as the guest takes them (framework 0.5.0).

import assert from 'node:assert/strict';
import type { PolicyEnforcer } from '../../../../src/lib/emulator/guest/policy-enforcer.js';
import { BASE, policy, imported, fragment, load, starts, parts } from '../../../support/guest-fragments.js';

describe('receipts and trust lists', () => {
  const LEDGER = 'esrp-cts-cp.confidential-ledger.azure.com';
  const LIST = {
    issuer: 'did:x509:0:sha256:BBBB::eku:1.2.3',
    subject: 'ledgers',
    minimum_svn: '2',
    allowed_ledgers: [LEDGER],
  };
  const TEXT = fragment({ containers: [BASE] });
  const receipts = [{ ledger: LEDGER, keyId: 'k1' }];
  const list = { issuer: LIST.issuer, subject: LIST.subject, svn: 2, ledgers: { [LEDGER]: ['k1'] } };

  function guestThatDemands(...required_receipts: readonly string[]): PolicyEnforcer {
    return policy({ fragments: [imported({ required_receipts })], transparency_trust_lists: [LIST] });
  }

  for (const demand of [LEDGER, 'TTL:ledgers', '*']) {
    it(`takes a fragment with the receipt that ${demand} demands`, () => {
      const guest = guestThatDemands(demand);
      assert.equal(load(guest, TEXT, { receipts }).allowed, false);
      assert.equal(guest.loadTrustList(list).allowed, true);
      assert.equal(load(guest, TEXT).allowed, false);
      assert.equal(load(guest, TEXT, { receipts: [{ ledger: LEDGER, keyId: 'other' }] }).allowed, false);
      assert.equal(load(guest, TEXT, { receipts }).allowed, true);
    });
  }

  it('demands every receipt of the list', () => {
    const guest = guestThatDemands(LEDGER, 'TTL:others');
    guest.loadTrustList(list);
    assert.equal(load(guest, TEXT, { receipts }).allowed, false);
  });

  for (const [what, change] of [
    ['another issuer', { issuer: 'did:x509:0:sha256:CCCC::eku:1.2.3' }],
    ['another subject', { subject: 'others' }],
    ['a lower SVN', { svn: 1 }],
    ['a ledger that is not allowed', { ledgers: { 'other.example': ['k1'] } }],
  ] as const) {
    it(`O3: denies a trust list of ${what}`, () => {
      assert.equal(guestThatDemands('*').loadTrustList({ ...list, ...change }).allowed, false);
    });
  }

  it('keeps the keys of allowed ledgers only', () => {
    const guest = guestThatDemands('*');
    assert.equal(
      guest.loadTrustList({ ...list, ledgers: { [LEDGER]: ['k1'], 'other.example': ['k2'] } }).allowed,
      true,
    );
    assert.equal(load(guest, TEXT, { receipts: [{ ledger: 'other.example', keyId: 'k2' }] }).allowed, false);
  });

  it('takes trust lists of a fragment', () => {
    const fragments = [
      imported({ includes: ['transparency_trust_lists'] }),
      imported({ feed: 'other', required_receipts: ['*'] }),
    ];
    const guest = policy({ fragments });
    assert.equal(guest.loadTrustList(list).allowed, false);
    assert.equal(load(guest, fragment({ transparency_trust_lists: [LIST] })).allowed, true);
    assert.equal(guest.loadTrustList(list).allowed, true);
    assert.equal(load(guest, TEXT, { feed: 'other', receipts }).allowed, true);
  });

  it('O3: is not asked of policies of an older API, which take no list', () => {
    const guest = policy({ transparency_trust_lists: [LIST] }, '0.2.3', '0.11.0');
    assert.equal(guest.loadTrustList(list).allowed, true, 'the point is answered by the framework');
  });
});

describe('platform rules', () => {
  const rule = { env_rules: [parts('PLATFORM_[A-Z]+', '[0-9]+', 're2', false)], mounts: [] };

  it('O4: adds variables to every container', () => {
    const guest = policy({ containers: [BASE], platform_rules: [rule] });
    assert.equal(starts(guest, ['PLATFORM_X=1']), true);
  });

  it('O4: adds those of a fragment only where the import includes them', () => {
    for (const [includes, expected] of [
      [['platform_rules'], true],
      [['containers'], false],
    ] as const) {
      const guest = policy({
        containers: [BASE],
        fragments: [imported({ includes })],
        allow_environment_variable_dropping: false,
      });
      assert.equal(load(guest, fragment({ platform_rules: [rule] })).allowed, true);
      assert.equal(starts(guest, ['PLATFORM_X=1']), expected);
    }
  });

  it('O4: passes over those of a policy of an older framework', () => {
    const guest = policy({ containers: [BASE], platform_rules: [rule] }, '0.2.3', '0.11.0');
    assert.equal(starts(guest, ['PLATFORM_X=1']), false);
  });

  it('O4: makes one container of each for each rule', () => {
    const other = { env_rules: [parts('OTHER', 'x', 'string', false)] };
    const both = ['PLATFORM_X=1', 'OTHER=x'];
    const guest = policy({ containers: [BASE], platform_rules: [rule, other] });
    assert.equal(starts(guest, both), false);
  });
});

describe('rules of a name and a value', () => {
  function takes(environmentRule: unknown, variable: string): boolean {
    return starts(policy({ containers: [{ ...BASE, env_rules: [environmentRule] }] }), [variable]);
  }

  for (const [what, rule, variable, expected] of [
    ['both exact', parts('A', 'x', 'string', false), 'A=x', true],
    ['another value', parts('A', 'x', 'string', false), 'A=y', false],
    ['a value with an equals sign', parts('A', 'x=y', 'string', false), 'A=x=y', true],
    ['a name with an equals sign', parts('A=x', 'y', 'string', false), 'A=x=y', false],
    ['patterns over the whole of each', parts('A[0-9]', 'x|y', 're2', false), 'A1=x', true],
    ['a pattern that does not reach over the sign', parts('.+', 'x', 're2', false), 'A=B=x', false],
  ] as const) {
    it(`I6: ${expected ? 'takes' : 'denies'} ${what}`, () => {
      assert.equal(takes(rule, variable), expected);
    });
  }
});

describe('the host’s network', () => {
  it('I4: is denied unless the policy allows it', () => {
    assert.equal(policy({}).hostNetwork().allowed, false);
    assert.equal(policy({ allow_host_network: false }).hostNetwork().allowed, false);
    assert.equal(policy({ allow_host_network: true }).hostNetwork().allowed, true);
  });
});
