// The attack kit against a program whose defences have been taken out: every attack must then get through, or it proves nothing.
// A copy of the built program is changed; the program itself has no way to be weakened.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import type { AttackReport } from '../../src/lib/attack-kit/demo/attack-session.js';
import { lendKeys } from '../support/local-azure.js';

interface Removal {
  readonly defence: string;
  readonly file: string;
  /** Stands in the built file exactly once. */
  readonly text: string;
  readonly instead: string;
}

const REMOVALS: readonly Removal[] = [
  {
    defence: 'roles of the HSM, for keys and for granting roles',
    file: 'emulator/managed-hsm/handler.js',
    text: 'if (!allowed)',
    instead: 'if (false)',
  },
  {
    defence: 'key_ops',
    file: 'emulator/managed-hsm/authority.js',
    text: '!key.keyOps.includes(operation)',
    instead: 'false',
  },
  {
    defence: 'immutable release policy',
    file: 'emulator/managed-hsm/key-requests.js',
    text: 'key.releasePolicy?.immutable === true',
    instead: 'false',
  },
  {
    defence: 'release policy',
    file: 'emulator/managed-hsm/release.js',
    text: '!evaluateReleasePolicy(policy, attestation.claims, attestation.authority).satisfied',
    instead: 'false',
  },
  {
    defence: 'signature of the attestation token',
    file: 'emulator/managed-hsm/attestation-token.js',
    text: 'const issuer = decodeJwt(token).iss',
    instead:
      'return { authority: decodeJwt(token).iss, claims: decodeJwt(token) }; const issuer = decodeJwt(token).iss',
  },
  {
    defence: 'exec is denied',
    file: 'emulator/resource-manager/group-routes.js',
    text: "ContainerExec.json (refused here)'),\n        answer: async (call, parameters) => {",
    instead:
      "ContainerExec.json'),\n        answer: async () => { return jsonResponse(200, { webSocketUri: 'wss://x', password: 'x' });",
  },
  {
    defence: 'variables without a rule are dropped',
    file: 'emulator/room-host/policy-admission.js',
    text: 'environment: decision.environment',
    instead: 'environment',
  },
  {
    defence: 'required variables',
    file: 'emulator/guest/rule-matching.js',
    text: 'const requiredAreMet = rules.every(',
    instead: 'const requiredAreMet = true || rules.every(',
  },
  {
    defence: 'stdio is closed',
    file: 'emulator/room-host/policy-admission.js',
    text: 'stdioAllowed: decision.stdioAllowed',
    instead: 'stdioAllowed: true',
  },
  {
    defence: 'the room logs no text',
    file: 'room/work.js',
    text: 'const documents = (await readTexts(context, unlocked, readDocuments)).flat();',
    instead:
      'const documents = (await readTexts(context, unlocked, readDocuments)).flat(); console.log(JSON.stringify(documents));',
  },
  {
    defence: 'the room looks at its variables',
    file: 'room/config.js',
    text: 'of REFUSED_VARIABLES)',
    instead: 'of [])',
  },
  {
    defence: 'the policy must pin the contract',
    file: 'room/own-policy.js',
    text: 'if (problem === null)',
    instead: 'if (true)',
  },
  {
    defence: 'digest of the contract',
    file: 'room/contract-source.js',
    text: 'parsed.digest !== config.contractDigest',
    instead: 'false',
  },
  {
    defence: 'the seal statement is for this contract',
    file: 'room/dataset.js',
    text: 'checks.length === 0 || failed.length > 0',
    instead: 'false',
  },
  {
    defence: 'signature of the seal statement',
    file: 'sealed-blob/statement/seal-statement.js',
    text: '!verifyEs256(jws, createPublicKey(',
    instead: '!Boolean(createPublicKey(',
  },
  {
    defence: 'the alphabet of the contract',
    file: 'summarizer/disclosure.js',
    text: "checks.record('SUMMARY_ALPHABET', problem === null,",
    instead: "checks.record('SUMMARY_ALPHABET', true,",
  },
  {
    defence: 'characters are counted by the room',
    file: 'summarizer/disclosure.js',
    text: 'const characters = sum(texts.map(countCharacters))',
    instead: 'const characters = 0',
  },
  {
    defence: 'the walk over the model',
    file: 'summarizer/graph-walk/refuse-unsafe-model.js',
    text: 'withFileSource(path, walkModel)',
    instead: 'void 0',
  },
  {
    defence: 'the parts of a tokenizer',
    file: 'summarizer/tokenizer.js',
    text: 'requireKnownParts(path, vocabulary)',
    instead: 'void 0',
  },
  {
    defence: 'one outcome outside',
    file: 'room/made.js',
    text: 'return { cause: { code: codeOf(error), checksFor: () => [] } }',
    instead: 'throw error;',
  },
  {
    defence: 'standard error is closed off',
    file: 'room/silent-stderr.js',
    text: '\ncloseOff();',
    instead: '',
  },
  {
    defence: 'the runtime says nothing of its sessions',
    file: 'summarizer/model-graphs.js',
    text: 'logSeverityLevel: 4',
    instead: 'logSeverityLevel: 3',
  },
  {
    defence: 'the runtime says nothing of itself',
    file: 'summarizer/runtime.js',
    text: "runtime.env.logLevel = 'fatal'",
    instead: "runtime.env.logLevel = 'error'",
  },
  {
    defence: 'an error of lint stops an owner',
    file: 'parties/before/policy-checks.js',
    text: 'if (errors.length === 0)',
    instead: 'if (true)',
  },
];

const ATTACKS = [
  'I1/own-login',
  'I1/room-identity',
  'I1/owner-login',
  'I2/swap-policy',
  'I3/crypto-officer',
  'I3/grant-itself',
  'I4/debug-mode',
  'I4/allow-all',
  'I4/exec-into-room',
  'I6/contract-digest',
  'I8/logs',
  'I15/own-contract',
  'I15/stored-contract',
  'I16/own-certificates',
  'I16/own-services',
  'I18/own-text',
  'I23/braille',
  'I23/signs-that-count-as-one',
  'I24/lots',
  'I26/failing-by-the-text',
  'I28/message-of-the-runtime',
  'I28/open-streams',
  'O4/platform-variables',
  'X4/own-token',
  'X4/own-token-as-room',
];

const OF_MODELS = /^I2[3468]\//;

const PLAY = `
import { findAttacks } from './dist/lib/attack-kit/attacks/attack-list.js';
import { playAttackSession } from './dist/lib/attack-kit/demo/attack-session.js';
import { renderSummary } from './dist/lib/cli/render-received-summary.js';
const report = await playAttackSession({
  showSummary: renderSummary,
  attacks: ${JSON.stringify(ATTACKS)}.flatMap((attack) => findAttacks(attack)),
  packageRoot: import.meta.dirname,
  cacheDirectory: process.env.HOME + '/.cache/cleanroom',
  sampleText: import.meta.dirname + '/templates/demo/brief.txt',
  keep: null,
  progress: { phase: () => undefined, advance: () => undefined, done: () => undefined },
  signal: new AbortController().signal,
});
console.log(JSON.stringify({ result: report }));
process.exit(0);
`;

describe('without its defences', function () {
  this.timeout(600_000);
  const root = mkdtempSync(join(tmpdir(), 'cleanroom-weak-'));
  let report: AttackReport;

  before(async () => {
    await lendKeys(root);
    for (const name of [
      'dist',
      'bin',
      'package.json',
      'oclif.manifest.json',
      'room.lock.json',
      'releases.json',
    ])
      cpSync(resolve(name), join(root, name), { recursive: true });
    for (const name of ['node_modules', 'models', 'templates']) symlinkSync(resolve(name), join(root, name));
    for (const removal of REMOVALS) takeOut(root, removal);
    writeFileSync(join(root, 'play.mjs'), PLAY);
    const { stdout, stderr } = await run(root, ['play.mjs']);
    assert.notEqual(stdout, '', stderr);
    report = (JSON.parse(stdout) as { result: AttackReport }).result;
  });

  after(() => rmSync(root, { recursive: true, force: true }));

  for (const attack of ATTACKS) {
    it(`${attack.replace('/', ': ')} is no longer refused`, () => {
      const [id, name] = attack.split('/');
      const outcome = report.attacks.find((candidate) => candidate.id === id && candidate.name === name);
      assert.deepEqual([outcome?.refused, outcome?.refusedBy], [false, 'nobody'], outcome?.code);
      /* Where nothing else stands behind the defence, the attack brings what it wanted. */
      if (OF_MODELS.test(attack)) assert.equal(outcome?.code, 'SUCCEEDED');
    });
  }

  it('the command says so, and exits 5', async () => {
    const { code, stdout } = await run(root, ['bin/run.js', 'emulator', 'attack', 'I2', '--json']);
    const { result } = JSON.parse(stdout) as { result: AttackReport };
    assert.deepEqual([code, result.succeeded, result.attacks[0]?.code], [5, 1, 'SUCCEEDED']);
  });
});

function takeOut(root: string, { defence, file, text, instead }: Removal): void {
  const path = join(root, 'dist/lib', file);
  const pieces = readFileSync(path, 'utf8').split(text);
  assert.equal(pieces.length, 2, `${defence}: ${file} has changed; find its defence anew`);
  writeFileSync(path, pieces.join(instead));
}

async function run(
  root: string,
  argv: readonly string[],
): Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }> {
  const child = spawn(process.execPath, argv, {
    cwd: root,
    env: { PATH: process.env['PATH'] ?? '', NO_COLOR: '1', HOME: root, TMPDIR: root },
    timeout: 540_000,
  });
  const said = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => (said.stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (said.stderr += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, ...said };
}
