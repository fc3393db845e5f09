// A policy that lets the host choose the contract, in every way that was found, through each who asks: the room itself,
// `verify` of a bundle, `verify-policy`, `contract show`.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { nodeSignatureCrypto } from '../../../../src/lib/attestation/crypto/node-crypto.js';
import { defaultExpectations } from '../../../../src/lib/attestation/expectations.js';
import { sha256Hex } from '../../../../src/lib/base/bytes/digest.js';
import { contractPinProblem } from '../../../../src/lib/cce-policy/read/contract-pin.js';
import { parsePolicy } from '../../../../src/lib/cce-policy/read/policy-model.js';
import { judgeBundle } from '../../../support/judge.js';
import { judgeAgreement } from '../../../../src/lib/parties/before/judge-agreement.js';
import { agreementEvidence, NOBODY_ASKS } from '../../../support/agreement-evidence.js';
import { requirePinnedContract } from '../../../../src/lib/room/own-policy.js';
import { emulatedRoom, type EmulatedRoom } from '../../../support/emulated-evidence.js';
import { runCleanroomJson } from '../../../support/run-command.js';
import { useTemporaryDirectory } from '../../../support/temporary-directory.js';

const NAME = 'CLEANROOM_CONTRACT_DIGEST';
const OTHER = '0'.repeat(64);

interface Rule {
  readonly pattern: string;
  readonly required: boolean;
  readonly strategy: 'string' | 're2';
}

const rule = (pattern: string, strategy: Rule['strategy'] = 're2', required = false): Rule => ({
  pattern,
  required,
  strategy,
});

/* Each changes a good policy's text; `pin` is the rule that pins, as it stands in the text. */
type Change = (text: string, pin: string) => string;

/** More rules behind the right one. */
const beside =
  (...rules: readonly Rule[]): Change =>
  (text, pin) =>
    text.replace(pin, [pin, ...rules.map((more) => JSON.stringify(more))].join(','));

/** Another rule in its place. */
const instead =
  (given: Partial<Rule>): Change =>
  (text, pin) =>
    text.replace(pin, JSON.stringify({ ...(JSON.parse(pin) as Rule), ...given }));

/** A rule of the sidecar, not of the room's container. */
const elsewhere =
  (given: Rule): Change =>
  (text) =>
    text.replace(/(.*"env_rules":\[)/s, `$1${JSON.stringify(given)},`);

const BAD: Readonly<Record<string, Change>> = {
  'by a pattern': instead({ strategy: 're2' }),
  'and may be left out': instead({ required: false }),
  'of another contract': instead({ pattern: `${NAME}=${OTHER}` }),
  'not at all': instead({ pattern: 'CLEANROOM_OTHER=x' }),
  'and of another contract too': beside(rule(`${NAME}=${OTHER}`, 'string', true)),
  'twice, the second time not required': beside(rule(`${NAME}=${OTHER}`, 'string')),
  'and by a pattern that names it': beside(rule(`${NAME}=.*`)),
  'and by a pattern of any name': beside(rule('.+=.+')),
  'and by a pattern whose name is a class': beside(rule('^CLEANROOM_[A-Z_]+=[0-9a-f]+$')),
  'and by a pattern without regard to case': beside(rule('(?i)^cleanroom_contract_digest=.*$')),
  'and by a pattern of escapes': beside(rule('^\\x43LEANROOM\\x5fCONTRACT_DIGEST=[a-f0-9]{64}$')),
  'and by one half of an alternation': beside(rule(`^A=1$|^${NAME}=[0-9a-f]{64}$`)),
  'and by a pattern that guests before framework 0.4 find anywhere': beside(rule('HOSTNAME=.+')),
  'and by a pattern that nobody can decide': beside(rule(`(?:[a-z]{1000}){0,1}${'(?:.?){999}'.repeat(250)}`)),
  'and by a pattern of another container': elsewhere(rule(`${NAME}=.*`)),
  'and another in another container': elsewhere(rule(`${NAME}=${OTHER}`, 'string', true)),
  'in rules that do not count': (text) =>
    text.replace(
      'create_container := data.framework.create_container',
      'create_container := {"allowed": true}',
    ),
  'in a text that nobody can read': (text) => `${text}\ndefault create_container := {"allowed": true}\n`,
};

const GOOD: Readonly<Record<string, Change>> = {
  alone: (text) => text,
  'beside patterns of other names': beside(rule('^CLEANROOM_CONTRACT_DIGESTS=.*$'), rule('^A=CLEANROOM_.*$')),
  'beside a pattern that RE2 refuses, which takes nothing': beside(rule(`^${NAME}=(?=x).*$`)),
  'beside the same name in a value': beside(rule(`A=${NAME}=x`, 'string')),
};

describe('a policy pins the contract', function () {
  this.timeout(60_000);
  const root = useTemporaryDirectory();
  let room: EmulatedRoom;
  let pin: string;

  before(async () => {
    room = await emulatedRoom();
    pin = room.policy.match(new RegExp(`\\{"pattern":"${NAME}=[^}]*\\}`))![0];
  });

  const changed = (change: Change): string => change(room.policy, pin);

  const roomAccepts = (text: string): boolean => {
    try {
      requirePinnedContract({ text, hash: sha256Hex(text) }, room.contract.digest);
      return true;
    } catch (cause) {
      assert.equal((cause as { code?: string }).code, 'ROOM_POLICY_MISMATCH');
      return false;
    }
  };

  const bundleAccepts = async (text: string): Promise<boolean> => {
    const bundle = room.bundle({ policy: text, report: room.report(room.runtimeData(), text) });
    const { verdict } = await judgeBundle(bundle, {
      anchors: room.anchors,
      expectations: defaultExpectations(new Date()),
      crypto: nodeSignatureCrypto,
      contract: room.contract,
    });
    return verdict.checks.find(({ id }) => id === 'CONTRACT_POLICY')?.status === 'pass';
  };

  const verifyPolicyAccepts = (text: string): boolean => {
    const evidence = agreementEvidence({ parsed: room.contract, file: { kind: 'read', text } });
    const { checks } = judgeAgreement(evidence, NOBODY_ASKS);
    return checks.find(({ id }) => id === 'CONTRACT_PINNED')?.status === 'pass';
  };

  const verdicts = async (text: string) => ({
    alone: contractPinProblem(parsePolicy(text), room.contract.digest) === null,
    room: roomAccepts(text),
    verify: await bundleAccepts(text),
    verifyPolicy: verifyPolicyAccepts(text),
  });

  for (const [way, change] of Object.entries(GOOD))
    it(`${way}: the room, verify and verify-policy accept it`, async () => {
      const all = { alone: true, room: true, verify: true, verifyPolicy: true };
      assert.deepEqual(await verdicts(changed(change)), all);
    });

  for (const [way, change] of Object.entries(BAD))
    it(`I5: ${way}: the room, verify and verify-policy refuse it`, async () => {
      const text = changed(change);
      assert.notEqual(text, room.policy);
      const none = { alone: false, room: false, verify: false, verifyPolicy: false };
      assert.deepEqual(await verdicts(text), none);
    });

  it('I5: contract show refuses a policy in which a pattern takes the digest', async () => {
    const contract = join(root(), 'contract.yaml');
    const policy = join(root(), 'policy.rego');
    writeFileSync(contract, JSON.stringify(room.contract.contract));
    writeFileSync(policy, changed(BAD['and by a pattern of any name']!));
    const { json } = await runCleanroomJson('contract', 'show', '-f', contract, '--policy', policy);
    assert.equal((json['error'] as { code: string } | undefined)?.code, 'POLICY_DRIFT');
  });
});
