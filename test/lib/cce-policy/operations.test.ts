// The operations table: every row is asked of a fresh guest under a policy that went through its text.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

import { createEnforcer } from '../../../src/lib/emulator/guest/enforcer.js';
import type { PolicyEnforcer } from '../../../src/lib/emulator/guest/policy-enforcer.js';
import type {
  Decision,
  DeviceMount,
  ExternalRequest,
  OverlayMount,
  SignalRequest,
  WritableDeviceMount,
} from '../../../src/lib/emulator/guest/requests.js';
import type {
  ContainerRule,
  FragmentImport,
  PolicyFlags,
} from '../../../src/lib/cce-policy/policy-document.js';
import { parsePolicy } from '../../../src/lib/cce-policy/read/policy-model.js';
import {
  DEFAULT_FLAGS,
  infrastructureFragment,
  pauseContainer,
} from '../../../src/lib/cce-policy/text/defaults.js';
import { renderPolicy } from '../../../src/lib/cce-policy/text/render-policy.js';
import { type TextProfileName, textProfile } from '../../../src/lib/cce-policy/text/text-profile.js';
import { CONTAINER_ID, honestRequest, mountLayers } from '../../support/policy-host.js';

interface PolicyChange {
  readonly text?: string;
  readonly profile?: TextProfileName;
  readonly container?: Partial<ContainerRule>;
  /** A second container that differs by this. */
  readonly also?: Partial<ContainerRule>;
  readonly flags?: Partial<PolicyFlags>;
  readonly fragments?: readonly FragmentImport[];
  readonly replace?: readonly (readonly [string, string])[];
  readonly append?: string;
}

type Operation = { readonly do: string } & Readonly<Record<string, unknown>>;

interface Row {
  readonly policy: string;
  readonly anchoring?: 'anchored' | 'unanchored';
  readonly before?: readonly Operation[];
  readonly operation: Operation;
  readonly allow: boolean;
  readonly keeps?: readonly string[];
  readonly stdio?: boolean;
  /** The bounding set that is left. */
  readonly capabilities?: readonly string[];
  readonly fact: string;
}

interface Table {
  readonly container: ContainerRule;
  readonly policies: Readonly<Record<string, PolicyChange>>;
  readonly rows: readonly Row[];
}

const TABLE = JSON.parse(readFileSync('test/lib/cce-policy/operations.json', 'utf8')) as Table;

function ruleOf(change: PolicyChange): ContainerRule {
  const base = { ...TABLE.container, ...change.container };
  const pause = pauseContainer({ stdio: true, signals: [] });
  return base.capabilities === null ? { ...base, capabilities: pause.capabilities } : base;
}

function textOf(change: PolicyChange): string {
  if (change.text !== undefined) return change.text;
  const profile = change.profile ?? '2.0';
  const rule = ruleOf(change);
  const { text } = renderPolicy(
    {
      fragments: change.fragments ?? [infrastructureFragment(textProfile(profile))],
      containers: [
        rule,
        ...(change.also === undefined ? [] : [{ ...rule, ...change.also }]),
        pauseContainer({ stdio: true, signals: [] }),
      ],
      flags: { ...DEFAULT_FLAGS, ...change.flags },
    },
    { profile, layout: 'compact' },
  );
  const replaced = (change.replace ?? []).reduce((result, [from, to]) => {
    assert.ok(result.includes(from), `the text has no ${from}`);
    return result.replace(from, to);
  }, text);
  return change.append === undefined ? replaced : `${replaced}\n${change.append}`;
}

function perform(enforcer: PolicyEnforcer, operation: Operation, rule: ContainerRule): Decision {
  const { do: name, ...fields } = operation;
  const target = fields['target'] as string;
  const request = { containerId: CONTAINER_ID, ...fields };
  switch (name) {
    case 'mounted':
      return mountLayers(enforcer, rule.layers);
    case 'mount_device':
      return enforcer.mountDevice(fields as unknown as DeviceMount);
    case 'unmount_device':
      return enforcer.unmountDevice(target);
    case 'rw_mount_device':
      return enforcer.mountWritableDevice(fields as unknown as WritableDeviceMount);
    case 'rw_unmount_device':
      return enforcer.unmountWritableDevice(target);
    case 'mount_overlay':
      return enforcer.mountOverlay(fields as unknown as OverlayMount);
    case 'unmount_overlay':
      return enforcer.unmountOverlay(target);
    case 'create_container':
      return enforcer.createContainer(honestRequest(rule, fields));
    case 'exec_in_container':
      return enforcer.execInContainer(honestRequest(rule, fields));
    case 'exec_external':
      return enforcer.execExternal(fields as unknown as ExternalRequest);
    case 'shutdown_container':
      return enforcer.shutdownContainer(request.containerId);
    case 'signal':
      return enforcer.signal(request as unknown as SignalRequest);
    case 'plan9_mount':
      return enforcer.plan9Mount(target);
    case 'plan9_unmount':
      return enforcer.plan9Unmount(target);
    case 'get_properties':
      return enforcer.getProperties();
    case 'dump_stacks':
      return enforcer.dumpStacks();
    case 'runtime_logging':
      return enforcer.runtimeLogging();
    case 'scratch_mount':
      return enforcer.scratchMount(fields as unknown as { target: string; encrypted: boolean });
    case 'scratch_unmount':
      return enforcer.scratchUnmount(target);
    case 'load_fragment':
      return enforcer.loadFragment({
        issuer: fields['issuer'] as string,
        feed: fields['feed'] as string,
        text: fragmentText(fields as unknown as FragmentFields),
      });
    default:
      throw new Error(`no operation ${name}`);
  }
}

interface FragmentFields {
  readonly package: string;
  readonly svn: string;
  readonly frameworkVersion: string;
}

/* A fragment that brings one container with the layer 3333…. */
function fragmentText(fields: FragmentFields): string {
  const container = { ...ruleOf({}), layers: ['3'.repeat(64)] };
  return [
    `package ${fields.package}`,
    '',
    `svn := "${fields.svn}"`,
    `framework_version := "${fields.frameworkVersion}"`,
    'fragments := []',
    `containers := [${JSON.stringify(container)}]`,
  ].join('\n');
}

describe('operations table', () => {
  it('has at least 150 rows, and allows and denies', () => {
    assert.ok(TABLE.rows.length >= 150);
    assert.ok(TABLE.rows.some(({ allow }) => allow) && TABLE.rows.some(({ allow }) => !allow));
  });

  for (const [index, row] of TABLE.rows.entries()) {
    const { operation, allow, policy, fact } = row;
    it(`${index + 1}: ${policy} ${allow ? 'allows' : 'denies'} ${operation.do} (${fact})`, () => {
      const change = TABLE.policies[policy]!;
      const rule = ruleOf(change);
      const enforcer = createEnforcer(parsePolicy(textOf(change)), {
        anchoring: row.anchoring ?? 'anchored',
      });
      for (const step of row.before ?? []) {
        const outcome = perform(enforcer, step, rule);
        const isExpectedToFail = step.do === 'load_fragment' && step['svn'] === '3';
        assert.equal(
          outcome.allowed,
          !isExpectedToFail,
          `${step.do}: ${outcome.allowed ? '' : outcome.reason}`,
        );
      }
      const decision = perform(enforcer, operation, rule);
      assert.equal(decision.allowed, allow, decision.allowed ? 'allowed' : decision.reason);
      const actual = decision as {
        environment?: readonly string[];
        stdioAllowed?: boolean;
        capabilities?: { bounding: readonly string[] };
      };
      if (row.keeps !== undefined) assert.deepEqual(actual.environment, row.keeps);
      if (row.stdio !== undefined) assert.equal(actual.stdioAllowed, row.stdio);
      if (row.capabilities !== undefined) assert.deepEqual(actual.capabilities?.bounding, row.capabilities);
    });
  }
});
