// Fragments, their parameters and receipts, trust lists and platform rules, as the guest takes them (framework 0.5.0).

import assert from 'node:assert/strict';

import { createEnforcer } from '../../../../src/lib/emulator/guest/enforcer.js';
import type { PolicyEnforcer } from '../../../../src/lib/emulator/guest/policy-enforcer.js';
import type { FragmentRequest } from '../../../../src/lib/emulator/guest/requests.js';
import { parsePolicy } from '../../../../src/lib/cce-policy/read/policy-model.js';
import type { ContainerRule } from '../../../../src/lib/cce-policy/policy-document.js';
import { pauseContainer } from '../../../../src/lib/cce-policy/text/defaults.js';
import { CONTAINER_ID, honestRequest, mountLayers } from '../../../support/policy-host.js';

const ISSUER = 'did:x509:0:sha256:AAAA::subject:CN:Contoso';
const FEED = 'contoso.azurecr.io/fragments/web';
const LAYER = '1'.repeat(64);

const PAUSE = pauseContainer({ stdio: true, signals: [] });
const BASE: ContainerRule = { ...PAUSE, name: 'web', layers: [LAYER], command: ['/web'], env_rules: [] };

const POINTS = [
  ...[
    'mount_device',
    'mount_overlay',
    'create_container',
    'exec_in_container',
    'exec_external',
    'load_fragment',
  ],
  ...['rw_mount_device', 'scratch_mount', 'host_network', 'load_transparency_trust_list'],
];

/* A policy of the newest form, or of another framework. */
function policy(
  parts: Readonly<Record<string, unknown>>,
  framework = '0.5.0',
  api = '0.12.0',
): PolicyEnforcer {
  const text = [
    'package policy',
    '',
    `api_version := "${api}"`,
    `framework_version := "${framework}"`,
    ...Object.entries(parts).map(([name, value]) => `${name} := ${JSON.stringify(value)}`),
    ...POINTS.map((point) => `${point} := data.framework.${point}`),
    'reason := data.framework.reason',
  ].join('\n');
  const model = parsePolicy(text);
  assert.equal(model.form, 'known', model.form === 'unknown' ? model.problem : '');
  return createEnforcer(model);
}

function imported(extra: Readonly<Record<string, unknown>> = {}): Readonly<Record<string, unknown>> {
  return { issuer: ISSUER, feed: FEED, minimum_svn: '1', includes: ['containers'], ...extra };
}

/* The text of a fragment: JSON values, with parameter("…") where a string says so. */
function fragment(
  parts: Readonly<Record<string, unknown>>,
  svn: string | null = '1',
  framework = '0.5.0',
): string {
  const value = (part: unknown): string =>
    JSON.stringify(part).replace(/"parameter\((\w+)\)((?:\.\w+)*)"/g, 'parameter("$1")$2');
  return [
    'package web',
    ...(svn === null ? [] : [`svn := "${svn}"`]),
    `framework_version := "${framework}"`,
    ...Object.entries(parts).map(([name, part]) => `${name} := ${value(part)}`),
  ].join('\n');
}

function load(guest: PolicyEnforcer, text: string, more: Partial<FragmentRequest> = {}) {
  return guest.loadFragment({ issuer: ISSUER, feed: FEED, text, ...more });
}

function starts(guest: PolicyEnforcer, environment: readonly string[], rule: ContainerRule = BASE): boolean {
  const mounted = mountLayers(guest, rule.layers);
  if (!mounted.allowed) return false;
  const answer = guest.createContainer(honestRequest(rule, { containerId: CONTAINER_ID, environment }));
  return answer.allowed && environment.every((variable) => answer.environment.includes(variable));
}

const parts = (name: string, value: string, strategy = 'string', required = true): unknown => ({
  name,
  name_strategy: strategy,
  value,
  value_strategy: strategy,
  required,
});

describe('fragments with parameters', () => {
  const TEXT = fragment({
    parameters_api: { mode: { default: 'strict' }, size: {} },
    containers: [{ ...BASE, env_rules: [parts('MODE', 'parameter(mode)')] }],
  });

  it('takes the default where the import gives no value', () => {
    const guest = policy({ fragments: [imported()] });
    assert.equal(load(guest, TEXT).allowed, true);
    assert.equal(starts(guest, ['MODE=strict']), true);
  });

  it('takes the value of the import', () => {
    const guest = policy({ fragments: [imported({ parameters: { mode: 'lax' } })] });
    assert.equal(load(guest, TEXT).allowed, true);
    assert.equal(starts(guest, ['MODE=strict']), false);
  });

  it('takes members of a value', () => {
    const text = fragment({
      containers: [
        {
          ...BASE,
          env_rules: [
            {
              name: 'MODE',
              name_strategy: 'string',
              value: 'parameter(m).value',
              value_strategy: 'parameter(m).how',
              required: false,
            },
          ],
        },
      ],
    });
    const guest = policy({ fragments: [imported({ parameters: { m: { value: '[a-z]+', how: 're2' } } })] });
    assert.equal(load(guest, text).allowed, true);
    assert.equal(starts(guest, ['MODE=abc']), true);
  });

  it('brings no container where a parameter has neither value nor default', () => {
    const text = fragment({
      parameters_api: { size: {} },
      containers: [{ ...BASE, env_rules: [parts('SIZE', 'parameter(size)')] }],
    });
    const guest = policy({ fragments: [imported()] });
    assert.equal(load(guest, text).allowed, true);
    assert.equal(mountLayers(guest, [LAYER]).allowed, false);
  });

  it('is loaded once with each set of parameters', () => {
    const fragments = [imported({ parameters: { mode: 'a' } }), imported({ parameters: { mode: 'b' } })];
    for (const mode of ['a', 'b']) {
      const guest = policy({ fragments });
      assert.equal(load(guest, TEXT).allowed, true);
      assert.equal(starts(guest, [`MODE=${mode}`]), true);
    }
    const guest = policy({ fragments });
    load(guest, TEXT);
    assert.equal(starts(guest, ['MODE=strict']), false);
  });

  it('O3: denies a namespace with several sets of parameters', () => {
    const includes = ['containers', 'namespace'];
    const guest = policy({
      fragments: [
        imported({ includes, parameters: { mode: 'a' } }),
        imported({ includes, parameters: { mode: 'b' } }),
      ],
    });
    assert.equal(load(guest, TEXT).allowed, false);
    const single = policy({ fragments: [imported({ includes, parameters: { mode: 'a' } })] });
    assert.equal(load(single, TEXT).allowed, true);
  });

  it('hands parameters on to imports of a fragment', () => {
    const outer = fragment({
      parameters_api: { mode: { default: 'outer' } },
      fragments: [imported({ feed: 'inner', parameters: { mode: 'parameter(mode)' } })],
    });
    const guest = policy({ fragments: [imported({ includes: ['fragments'] })] });
    assert.equal(load(guest, outer).allowed, true);
    assert.equal(load(guest, TEXT, { feed: 'inner' }).allowed, true);
    assert.equal(starts(guest, ['MODE=outer']), true);
  });

  it('O3: takes no package clause that is not alone on the first line', () => {
    const guest = policy({ fragments: [imported()] });
    assert.equal(load(guest, `# note\n${TEXT}`).allowed, false);
    assert.equal(load(guest, TEXT.replace('package web', 'package framework')).allowed, false);
  });
});

describe('imports of fragments', () => {
  const TEXT = fragment({ containers: [BASE] });

  it('O3: are denied where two of one feed include different parts', () => {
    const fragments = [imported(), imported({ includes: ['containers', 'fragments'] })];
    assert.equal(load(policy({ fragments }), TEXT).allowed, false);
    assert.equal(load(policy({ fragments: [imported(), imported()] }), TEXT).allowed, true);
  });

  it('O3: compares only those whose least SVN the fragment has', () => {
    const fragments = [imported(), imported({ includes: ['fragments'], minimum_svn: '2' })];
    assert.equal(load(policy({ fragments }), TEXT).allowed, true);
    assert.equal(load(policy({ fragments }), fragment({ containers: [BASE] }, '2')).allowed, false);
  });

  it('O3: brings processes outside containers only where the policy has a list of its own, under older frameworks', () => {
    const process = { command: ['/x'], env_rules: [], working_dir: '/', allow_stdio_access: true };
    const text = fragment({ external_processes: [process] });
    const fragments = [imported({ includes: ['external_processes'] })];
    const request = { command: ['/x'], environment: [], workingDir: '/' };
    const older = policy({ fragments }, '0.2.3', '0.11.0');
    assert.equal(load(older, text).allowed, true);
    assert.equal(older.execExternal(request).allowed, false);
    const listed = policy({ fragments, external_processes: [] }, '0.2.3', '0.11.0');
    assert.equal(load(listed, text).allowed, true);
    assert.equal(listed.execExternal(request).allowed, true);
    const newest = policy({ fragments });
    assert.equal(load(newest, text).allowed, true);
    assert.equal(newest.execExternal(request).allowed, true);
  });
});

describe('SVNs of envelopes', () => {
  const minimum = { fragments: [imported({ minimum_svn: '3' })] };

  for (const [what, svn, headerSvn, allowed] of [
    ['the text alone', '3', undefined, true],
    ['a text below the least', '2', undefined, false],
    ['neither', null, undefined, false],
    ['the envelope alone', null, 3, true],
    ['an envelope below the least', null, 2, false],
    ['both, equal', '4', 4, true],
    ['both, different', '4', 5, false],
    ['an envelope below the least, and a text above', '4', 2, false],
  ] as const) {
    it(`O1: ${allowed ? 'takes' : 'denies'} a fragment with the SVN of ${what}`, () => {
      const text = fragment({ containers: [BASE] }, svn);
      const answer = load(policy(minimum), text, headerSvn === undefined ? {} : { headerSvn });
      assert.equal(answer.allowed, allowed);
    });
  }
});

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
