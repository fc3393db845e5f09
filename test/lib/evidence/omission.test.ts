// Leaving something out never makes a verdict better: the question decides what has to be proven, never the evidence.

import assert from 'node:assert/strict';

import fc from 'fast-check';

import { nodeSignatureCrypto } from '../../../src/lib/attestation/crypto/node-crypto.js';
import { rememberRsaSignatures } from '../../../src/lib/attestation/crypto/remembered-crypto.js';
import { sha256Hex } from '../../../src/lib/base/bytes/digest.js';
import type { EvidenceBundle } from '../../../src/lib/evidence/evidence-bundle.js';
import { piecesOfBundle } from '../../../src/lib/evidence/evidence-pieces.js';
import { STATEMENTS } from '../../../src/lib/evidence/statements.js';
import { verifierPlan } from '../../../src/lib/evidence/verifier-plan.js';
import { type VerifiedFile, verifyPieces } from '../../../src/lib/evidence/verify-evidence-file.js';
import {
  type BundleCase,
  bundleCases,
  LISTS,
  OPTIONAL,
  type OptionalMember,
  without,
} from '../../support/verdict-corpus.js';
import { type WholeRun, wholeRun } from '../../support/whole-bundle.js';

/* Checks that look for contradictions in a piece: without it there is none to find. docs/security/what-verify-checks.md says why. */
const ABOUT: Readonly<Record<OptionalMember, RegExp>> = {
  uvm: /^(?:UVM_|MEASUREMENT$)/,
  contract: /^(?:CONTRACT_FORM|CONTRACT_EXPECTED|GUEST_SVN|UVM_SVN|PRODUCT_ALLOWED|TCB_MIN|LAUNCH_TCB)$/,
  consents: /^CONSENT_/,
  receipts: /^(?:RECEIPT_|KEY_)/,
  seals: /^KEY_/,
  releasePolicies: /^KEY_/,
  budget: /^RECEIPT_ENTRIES$/,
};
/* A contract of the evidence is what a room is compared with where the verifier has none: then it is no contradiction but a claim. */
const CLAIMS = /^(?:CONTRACT_|ANCHORS_|RECEIPT_|KEY_)/;

interface Omission {
  readonly members: readonly OptionalMember[];
  /** Places in lists. */
  readonly items: readonly (readonly [(typeof LISTS)[number], number])[];
}

interface Asked {
  readonly withContract: boolean;
  readonly required: readonly string[];
}

describe('leaving something out of evidence', function () {
  this.timeout(240_000);
  let run: WholeRun;
  let cases: readonly BundleCase[];
  const crypto = rememberRsaSignatures(nodeSignatureCrypto);

  before(async () => {
    run = await wholeRun('one line');
    cases = bundleCases(run.bundle, (await wholeRun('another line', 'other-notes')).bundle);
  });

  function judge(bundle: EvidenceBundle, { withContract, required }: Asked): Promise<VerifiedFile> {
    const { anchors, contract, policy } = run.room;
    const hostData = sha256Hex(policy);
    const { plan } = verifierPlan(
      {
        crypto,
        anchors,
        emulatedAllowed: true,
        required,
        ...(withContract ? { contract, stated: { hostData }, namedPolicy: hostData } : {}),
      },
      new Date(),
    );
    return verifyPieces(piecesOfBundle(bundle), plan);
  }

  it('I20: makes no check pass that was not made, no statement true that was not, and no verdict accepted that was unproven', async () => {
    const omission: fc.Arbitrary<Omission> = fc.record({
      members: fc.uniqueArray(fc.constantFrom(...OPTIONAL), { maxLength: 3 }),
      items: fc.array(fc.tuple(fc.constantFrom(...LISTS), fc.nat(3)), { maxLength: 3 }),
    });
    const question: fc.Arbitrary<Asked> = fc.record({
      withContract: fc.boolean(),
      required: fc.constantFrom([], ['RESULT'], ['KEYS'], ['RESULT', 'KEYS', 'CONSENT']),
    });
    await fc.assert(
      fc.asyncProperty(fc.nat(), omission, question, async (at, left, asked) => {
        const { bundle } = cases[at % cases.length]!;
        const smaller = leaveOut(bundle, left);
        if (smaller === null) return;
        const [before, after] = [await judge(bundle, asked), await judge(smaller, asked)];
        requireNoBetter(before, after, left, asked);
      }),
      { numRuns: 250, examples: EXAMPLES },
    );
  });

  it('I20: makes the one statement unproven that needs it, and those that stand on it; nothing else changes', async () => {
    const asked: Asked = { withContract: true, required: [] };
    const statuses = async (bundle: EvidenceBundle): Promise<ReadonlyMap<string, string>> =>
      new Map((await judge(bundle, asked)).statements.map(({ id, status }) => [id, status]));
    const whole = await statuses(run.bundle);
    const open = ['FRESH', 'SERVICE', 'LOGGED'];
    assert.deepEqual(
      [...whole].filter(([, status]) => status !== 'proven').map(([id]) => id),
      open,
    );
    const lost: Readonly<Record<OptionalMember, readonly string[]>> = {
      uvm: ['GUEST', 'POLICY', 'PROGRAM', 'CONTRACT', 'KEYS', 'RESULT'],
      contract: [],
      consents: ['CONSENT', 'RESULT'],
      receipts: ['KEYS', 'RESULT'],
      seals: ['KEYS', 'RESULT'],
      releasePolicies: ['KEYS'],
      budget: [],
    };
    for (const member of OPTIONAL) {
      const left = await statuses(without(run.bundle, [member]));
      const changed = [...left].filter(([id, status]) => status !== whole.get(id));
      assert.deepEqual(
        changed.map(([id]) => id),
        lost[member],
        member,
      );
      // An endorsement is demanded by the contract: without it GUEST is refuted, and all above it unproven.
      assert.ok(
        changed.every(([id, status]) => status === (id === 'GUEST' ? 'refuted' : 'unproven')),
        member,
      );
    }
  });

  it('turns a wrong piece into a missing one, and its statement from refuted into unproven, never into proven', async () => {
    const asked: Asked = { withContract: true, required: ['RESULT', 'KEYS'] };
    for (const member of ['receipts', 'releasePolicies', 'seals', 'consents'] as const) {
      const swapped = cases.find(({ name }) => name === `${member} of another run`)!;
      const [wrong, missing] = [
        await judge(swapped.bundle, asked),
        await judge(without(swapped.bundle, [member]), asked),
      ];
      assert.notEqual(wrong.verdict, 'accepted');
      assert.equal(missing.verdict, 'unproven', member);
    }
  });
});

const EXAMPLES: [number, Omission, Asked][] = OPTIONAL.flatMap((member, index) =>
  [true, false].map((withContract): [number, Omission, Asked] => [
    index * 7,
    { members: [member], items: [] },
    { withContract, required: [] },
  ]),
);

/* Null where nothing of it was there. */
function leaveOut(bundle: EvidenceBundle, { members, items }: Omission): EvidenceBundle | null {
  const before = JSON.stringify(bundle);
  const rest: { -readonly [name in keyof EvidenceBundle]: EvidenceBundle[name] } = { ...bundle };
  for (const list of LISTS) {
    const places = items.filter(([name]) => name === list).map(([, place]) => place);
    const kept = bundle[list]?.filter((_item, place) => !places.includes(place));
    if (kept !== undefined) Object.assign(rest, { [list]: kept });
  }
  const smaller = without(rest, members);
  return JSON.stringify(smaller) === before ? null : smaller;
}

function requireNoBetter(before: VerifiedFile, after: VerifiedFile, left: Omission, asked: Asked): void {
  const about = (id: string): boolean =>
    [...left.members, ...left.items.map(([list]) => list)].some((member) => ABOUT[member].test(id)) ||
    (!asked.withContract && left.members.includes('contract') && CLAIMS.test(id));
  const fewerReceipts = left.items.some(([list]) => list === 'receipts');
  const [was, is] = [statusesOf(before), statusesOf(after)];
  for (const [id, status] of is) {
    const earlier = was.get(id) ?? 'skip';
    if (status !== 'pass' || earlier === 'pass') continue;
    // A receipt less is a result less: what is asked of every receipt is asked of the others.
    const subject = fewerReceipts && /^(?:RECEIPT|KEY)_/.test(id);
    assert.ok(subject || (earlier === 'fail' && about(id)), `${id} was ${earlier}, and passes`);
  }
  for (const { id, status } of after.statements) {
    if (status !== 'proven') continue;
    const earlier = before.statements.find((one) => one.id === id)?.status;
    const failed = STATEMENTS[id].needs
      .concat(STATEMENTS[id].also ?? [])
      .filter((check) => was.get(check) === 'fail');
    const onOthers = STATEMENTS[id].ground.some(
      (ground) => before.statements.find((one) => one.id === ground)?.status === 'refuted',
    );
    const subject = fewerReceipts && (id === 'RESULT' || id === 'KEYS');
    if (earlier === 'refuted') assert.ok(subject || failed.every(about), `${id} was refuted, and is proven`);
    if (earlier === 'unproven') assert.ok(subject || onOthers, `${id} was unproven, and is proven`);
  }
  if (after.verdict !== 'accepted' || before.verdict === 'accepted') return;
  const failures = before.checks.filter(({ status }) => status === 'fail').map(({ id }) => id);
  assert.ok(
    (before.verdict === 'refused' && failures.every(about)) || fewerReceipts,
    `was ${before.verdict} for ${failures.join()}, and is accepted`,
  );
}

/* The worst of each id. */
function statusesOf({ checks }: VerifiedFile): ReadonlyMap<string, 'pass' | 'fail' | 'skip'> {
  const found = new Map<string, 'pass' | 'fail' | 'skip'>();
  const rank = { pass: 0, skip: 1, fail: 2 } as const;
  for (const { id, status } of checks)
    if (rank[status] >= rank[found.get(id) ?? 'pass']) found.set(id, status);
  return found;
}
