// What counts as refused: only what the defence itself says.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';

import {
  ATTACK_IDS,
  ATTACKS,
  findAttacks,
  playAttacks,
} from '../../../../src/lib/attack-kit/attacks/attack-list.js';
import { type Attack, playAttack } from '../../../../src/lib/attack-kit/attacks/attack.js';
import type { AttackSetting } from '../../../../src/lib/attack-kit/attacks/attack-setting.js';
import { holdsSecret } from '../../../../src/lib/attack-kit/attacks/plaintext-search.js';
import { watchProcesses } from '../../../../src/lib/attack-kit/attacks/process-watch.js';
import { CleanroomError, type ErrorCode } from '../../../../src/lib/base/errors.js';

const setting = { stage: { signal: new AbortController().signal } } as AttackSetting;
const attack = (play: Attack['play'], changes: Partial<Attack> = {}): Attack => ({
  id: 'I1',
  name: 'test',
  what: 'tries',
  wouldHaveLeaked: 'everything',
  guards: { KEY_ACCESS_DENIED: 'Managed HSM (roles)', NOTHING_FOUND: 'nobody could tell' },
  play,
  ...changes,
});
const failing = (code: ErrorCode): Attack =>
  attack(() => Promise.reject(new CleanroomError(code, 'refused')));

describe('an attack', () => {
  it('is refused where its defence says so, and names it', async () => {
    const outcome = await playAttack(failing('KEY_ACCESS_DENIED'), setting);
    assert.deepEqual([outcome.refused, outcome.refusedBy], [true, 'Managed HSM (roles)']);
  });

  it('is not refused where it succeeds', async () => {
    const outcome = await playAttack(
      attack(() => Promise.resolve(null)),
      setting,
    );
    assert.deepEqual([outcome.refused, outcome.refusedBy, outcome.code], [false, 'nobody', 'SUCCEEDED']);
  });

  it('is not refused where it fails of something else than its defence', async () => {
    const outcome = await playAttack(failing('SERVICE_UNREACHABLE'), setting);
    assert.deepEqual(
      [outcome.refused, outcome.refusedBy, outcome.code],
      [false, 'nobody', 'SERVICE_UNREACHABLE'],
    );
  });

  it('ends the play where a person interrupts it, or where we fail ourselves', async () => {
    await assert.rejects(playAttack(failing('INTERRUPTED'), setting), { code: 'INTERRUPTED' });
    await assert.rejects(
      playAttack(
        attack(() => Promise.reject(new TypeError('bug'))),
        setting,
      ),
      TypeError,
    );
  });

  it('that must be alone is played when nothing else is', async () => {
    let playing = 0;
    let most = 0;
    const seen = (alone: boolean): Attack =>
      attack(
        async () => {
          playing += 1;
          if (alone) assert.equal(playing, 1);
          most = Math.max(most, playing);
          await new Promise((resolve) => setTimeout(resolve, 10));
          playing -= 1;
          return 'NOTHING_FOUND';
        },
        alone ? { alone: true } : {},
      );
    const outcomes = await playAttacks(
      [seen(true), ...Array.from({ length: 5 }, () => seen(false)), seen(true)],
      setting,
    );
    assert.ok(outcomes.every(({ refused }) => refused));
    assert.equal(most, 3);
  });
});

describe('the list of attacks', () => {
  it('has every attack of kind E of the threat model', () => {
    const KIND_E =
      'I1 I2 I3 I4 I5 I6 I7 I8 I9 I10 I11 I14 I15 I16 I18 II1 II2 II4 II5 O4 O7 X1 X3 X7 N1 N2'.split(' ');
    assert.deepEqual(
      KIND_E.filter((id) => !ATTACK_IDS.includes(id)),
      [],
    );
  });

  it('names each of them once, and what is at stake', () => {
    const names = ATTACKS.map(({ id, name }) => `${id}/${name}`);
    assert.equal(new Set(names).size, names.length);
    for (const { what, wouldHaveLeaked, guards } of ATTACKS)
      assert.ok(what.length > 10 && wouldHaveLeaked.length > 10 && Object.keys(guards).length > 0);
  });

  it('finds those of an id, and one by its name, and says what there is', () => {
    assert.ok(findAttacks('i4').length > 1);
    assert.deepEqual(
      findAttacks('I4/allow-all').map(({ name }) => name),
      ['allow-all'],
    );
    assert.throws(() => findAttacks('I99'), { code: 'USAGE' });
    assert.throws(() => findAttacks('I4/none'), { code: 'USAGE' });
  });
});

describe('the search for secrets', () => {
  const SECRET = 'The launch codeword is tangerine-9417-walrus.';

  it('finds one in every spelling, and none where there is none', () => {
    const spelled = [
      Buffer.from(SECRET),
      Buffer.from(SECRET, 'utf16le'),
      Buffer.from(Buffer.from(SECRET).toString('hex')),
      ...['', 'a', 'ab'].map((prefix) => Buffer.from(Buffer.from(`${prefix}${SECRET}yy`).toString('base64'))),
    ];
    for (const bytes of spelled)
      assert.ok(holdsSecret(Buffer.concat([Buffer.from('xx'), bytes, Buffer.from('yy')]), [SECRET]));
    assert.ok(!holdsSecret(Buffer.from('nothing of the kind'), [SECRET]));
  });

  it('X7: sees a secret in the arguments of a process', async function () {
    try {
      readFileSync('/proc/self/cmdline');
    } catch {
      this.skip();
    }
    const secret = `argument-${process.pid}-walrus`;
    const seen = await watchProcesses([secret], async () => {
      const child = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 1500)', secret]);
      await once(child, 'exit');
    });
    assert.ok((seen ?? []).some((place) => place.endsWith('cmdline')));
  });
});
