// Whole bundles: what holds, what each change breaks, and what a contract inside may and may not do.

import assert from 'node:assert/strict';
import { createPublicKey } from 'node:crypto';

import { freshKeyPairSync } from '../../../src/lib/keys/fresh-key.js';
import { nodeSignatureCrypto } from '../../../src/lib/attestation/crypto/node-crypto.js';
import { PINNED_ANCHORS } from '../../../src/lib/attestation/anchors.js';
import { defaultExpectations, type Expectations } from '../../../src/lib/attestation/expectations.js';
import type { EvidenceBundle } from '../../../src/lib/evidence/evidence-bundle.js';
import type { VerificationPlan } from '../../../src/lib/evidence/verification-plan.js';
import type { VerifiedFile } from '../../../src/lib/evidence/verify-evidence-file.js';
import { judgeBundle } from '../../support/judge.js';
import { signEs256 } from '../../../src/lib/keys/es256.js';
import { canonicalJson } from '../../../src/lib/base/bytes/canonical-json.js';
import { utf8 } from '../../../src/lib/base/bytes/arrays.js';
import { sha256Hex } from '../../../src/lib/base/bytes/digest.js';
import { EXAMPLE_LIMITS } from '../../support/contract.js';
import { emulatedRoom, type EmulatedRoom } from '../../support/emulated-evidence.js';

function expectations(changes: Partial<Expectations> = {}): Expectations {
  return { ...defaultExpectations(new Date()), ...changes };
}

async function failures(
  room: EmulatedRoom,
  bundle: EvidenceBundle,
  context: Partial<VerificationPlan> = {},
): Promise<readonly string[]> {
  const { verdict } = await judgeBundle(bundle, {
    anchors: room.anchors,
    expectations: expectations(),
    crypto: nodeSignatureCrypto,
    ...context,
  });
  const failed = verdict.checks.filter((check) => check.status === 'fail').map((check) => check.id);
  assert.equal(verdict.verdict === 'refused', failed.length > 0);
  return failed;
}

async function judgeAlone(
  room: EmulatedRoom,
  bundle: EvidenceBundle,
  context: Partial<VerificationPlan> = {},
): Promise<VerifiedFile> {
  const { verdict } = await judgeBundle(bundle, {
    anchors: room.anchors,
    expectations: expectations(),
    crypto: nodeSignatureCrypto,
    ...context,
  });
  return verdict;
}

function receipt(room: EmulatedRoom, changes: Record<string, unknown> = {}, key = room.receiptKey): string {
  const { x, y } = createPublicKey(key).export({ format: 'jwk' });
  const kid = sha256Hex(`${x ?? ''}${y ?? ''}`);
  const value = {
    v: 2,
    use: 'cleanroom-receipt',
    outcome: 'refused',
    contract: room.contract.digest,
    policy: sha256Hex(room.policy),
    report: sha256Hex(room.bundle().report),
    inputs: [],
    inputsDigest: null,
    model: null,
    extractiveLimits: null,
    limits: { ...EXAMPLE_LIMITS, maxResults: 1 },
    output: null,
    budget: null,
    causes: null,
    refusal: 'DATASET_TOO_SMALL',
    time: new Date().toISOString(),
    ...changes,
  };
  return signEs256({ typ: 'cleanroom-receipt+jws', kid }, utf8(canonicalJson(value)), key);
}

describe('evidence bundle verification', function () {
  this.timeout(60_000);
  let room: EmulatedRoom;
  before(async () => {
    room = await emulatedRoom();
  });

  it('accepts a good bundle with a receipt, and says that its trust is emulated', async () => {
    const bundle = room.bundle({ receipts: [receipt(room)] });
    assert.deepEqual(await failures(room, bundle, { contract: room.contract }), []);
    const { verdict } = await judgeBundle(bundle, {
      anchors: room.anchors,
      expectations: expectations({ nonce: room.nonce }),
      crypto: nodeSignatureCrypto,
    });
    assert.equal(verdict.trust, 'emulated');
    const passed = verdict.checks.filter((check) => check.status === 'pass').map((check) => check.id);
    for (const id of ['NONCE', 'RECEIPT_SIGNATURE', 'CONTRACT_POLICY', 'CONTRACT_ROOM']) {
      assert.ok(passed.includes(id), id);
    }
  });

  it('refuses an emulated bundle under the pinned anchors', async () => {
    assert.deepEqual(await failures(room, room.bundle(), { anchors: PINNED_ANCHORS }), [
      'ROOT_PINNED',
      'UVM_DID',
      'UVM_FEED',
    ]);
  });

  it('I9: refuses an old report whose runtime data answers another nonce', async () => {
    const context = { expectations: expectations({ nonce: 'AAAAAAAAAAAAAAAAAAAAAA' }) };
    assert.deepEqual(await failures(room, room.bundle(), context), ['NONCE']);
  });

  it('I9: refuses fresh runtime data beside an old report', async () => {
    const nonce = 'AAAAAAAAAAAAAAAAAAAAAA';
    const bundle = room.bundle({ runtimeData: room.runtimeData({ nonce }) });
    const failed = await failures(room, bundle, { expectations: expectations({ nonce }) });
    assert.deepEqual(failed, ['REPORT_DATA', 'NONCE']);
  });

  it('I9: refuses to call evidence recent when nothing in it is a signed time', async () => {
    const context = { expectations: expectations({ maxAgeMs: 60_000 }) };
    assert.deepEqual(await failures(room, room.bundle(), { ...context, stated: ['maxAge'] }), ['MAX_AGE']);
  });

  it('I9: takes no time of the room’s own for the age of the evidence', async () => {
    const bundle = room.bundle({ receipts: [receipt(room)] });
    const context = { expectations: expectations({ maxAgeMs: 60_000 }) };
    assert.deepEqual(await failures(room, bundle, { ...context, stated: ['maxAge'] }), ['MAX_AGE']);
  });

  it('I17: a contract inside a bundle cannot lower the floors', async () => {
    const { attestation, ...rest } = room.contract.contract;
    const lowered = { ...rest, attestation: { ...attestation, uvmMinSvn: 0, guestSvn: 0 } };
    const context = { expectations: expectations({ uvmMinSvn: 105, guestSvn: 3 }) };
    const failed = await failures(room, room.bundle({ contract: lowered }), context);
    for (const id of ['UVM_SVN', 'GUEST_SVN', 'CONTRACT_ROOM', 'CONTRACT_POLICY'])
      assert.ok(failed.includes(id), id);
  });

  it('I17: a contract inside a bundle raises the floors', async () => {
    const { attestation, ...rest } = room.contract.contract;
    const raised = {
      ...rest,
      attestation: { ...attestation, uvmMinSvn: 105, minTcb: { Milan: { snp: 255 } } },
    };
    const failed = await failures(room, room.bundle({ contract: raised }));
    for (const id of ['UVM_SVN', 'TCB_MIN']) assert.ok(failed.includes(id), id);
  });

  it('I17: a contract inside a bundle cannot add a product that the verifier does not allow', async () => {
    const context = { expectations: expectations({ products: ['Turin'] }) };
    assert.deepEqual(await failures(room, room.bundle(), context), ['PRODUCT_ALLOWED']);
  });

  it('I17: a contract inside a bundle cannot stand in for the one that the verifier holds', async () => {
    const context = { contract: { ...room.contract, digest: sha256Hex('another contract') } };
    assert.deepEqual(await failures(room, room.bundle(), context), [
      'CONTRACT_EXPECTED',
      'CONTRACT_ROOM',
      'CONTRACT_POLICY',
    ]);
  });

  it('refuses a room that keeps another contract than the policy pins', async () => {
    const runtimeData = room.runtimeData({ contract: sha256Hex('another contract') });
    const bundle = room.bundle({ runtimeData, report: room.report(runtimeData) });
    assert.deepEqual(await failures(room, bundle), ['CONTRACT_ROOM']);
  });

  it('refuses a policy that does not require the digest of the contract', async () => {
    const policy = room.policy.replace(
      `CLEANROOM_CONTRACT_DIGEST=${room.contract.digest}`,
      'CLEANROOM_OTHER=x',
    );
    const bundle = room.bundle({ policy, report: room.report(room.runtimeData(), policy) });
    assert.deepEqual(await failures(room, bundle), ['CONTRACT_POLICY']);
  });

  it('refuses a receipt by another key, and one about another policy', async () => {
    const other = freshKeyPairSync({ type: 'ec', curve: 'P-256' }).privateKey;
    assert.deepEqual(await failures(room, room.bundle({ receipts: [receipt(room, {}, other)] })), [
      'RECEIPT_SIGNATURE',
    ]);
    const foreign = receipt(room, { policy: sha256Hex('another policy') });
    assert.deepEqual(await failures(room, room.bundle({ receipts: [foreign] })), ['RECEIPT_CONTRACT']);
  });

  it('O2: refuses debugging, a migration agent, and a report that the host asked for', async () => {
    for (const [options, id] of [
      [{ debug: true }, 'DEBUG'],
      [{ migrationAgent: true }, 'MIGRATE_MA'],
      [{ vmpl: 0xffff_ffff }, 'VMPL'],
    ] as const) {
      const report = room.report(room.runtimeData(), room.policy, options);
      assert.deepEqual(await failures(room, room.bundle({ report })), [id]);
    }
  });

  it('refuses a bundle without a UVM endorsement, since a skipped check is no pass', async () => {
    const { uvm: _left, ...bundle } = room.bundle();
    assert.ok(_left !== undefined);
    assert.equal((await judgeAlone(room, bundle)).verdict, 'unproven');
  });

  it('refuses a required check that was skipped', async () => {
    assert.equal((await judgeAlone(room, room.bundle(), { required: ['CRL'] })).verdict, 'unproven');
  });

  describe('with a receipt that names keys', () => {
    const KEY = 'https://fabrikam-hsm.managedhsm.azure.net/keys/quarterly-notes/0123abc';
    const JKT = 'k'.repeat(43);
    const input = {
      dataset: 'notes',
      owner: 'fabrikam',
      kind: 'text',
      version: '1',
      header: sha256Hex('header'),
      payload: sha256Hex('payload'),
      key: KEY,
      jkt: JKT,
    };
    const blob = { header: input.header, recipients: [{ kid: KEY, jkt: JKT }] };

    async function statuses(
      change: Record<string, unknown>,
      sealed?: VerificationPlan['sealed'],
    ): Promise<readonly (string | undefined)[]> {
      const receipts = [receipt(room, { inputs: [{ ...input, ...change }] })];
      const { verdict } = await judgeBundle(room.bundle({ receipts }), {
        anchors: room.anchors,
        expectations: expectations(),
        crypto: nodeSignatureCrypto,
        ...(sealed === undefined ? {} : { sealed }),
      });
      const failed = verdict.checks.some(({ status }) => status === 'fail');
      assert.equal(verdict.verdict, failed ? 'refused' : 'accepted');
      return ['RECEIPT_KEYS', 'RECEIPT_JKT'].map(
        (id) => verdict.checks.find((check) => check.id === id)?.status,
      );
    }

    it('accepts the contract’s key with the fingerprint of the blob’s header', async () => {
      assert.deepEqual(await statuses({}, [blob]), ['pass', 'pass']);
    });

    it('lists as not checked what it has nothing to compare with', async () => {
      assert.deepEqual(await statuses({}), ['pass', 'skip']);
      assert.deepEqual(await statuses({}, []), ['pass', 'skip']);
      assert.deepEqual(await statuses({}, [{ ...blob, header: sha256Hex('rewrapped since') }]), [
        'pass',
        'skip',
      ]);
      assert.deepEqual(await statuses({}, [{ ...blob, recipients: [{ kid: KEY, jkt: null }] }]), [
        'pass',
        'skip',
      ]);
      const earlier = JSON.parse(JSON.stringify({ ...input, jkt: undefined })) as object;
      const receipts = [receipt(room, { inputs: [earlier] })];
      assert.deepEqual(await failures(room, room.bundle({ receipts }), { sealed: [blob] }), []);
    });

    it('refuses a key with another fingerprint than the header of the blob that was read', async () => {
      assert.deepEqual(await statuses({ jkt: 'm'.repeat(43) }, [blob]), ['pass', 'fail']);
      const other = { ...blob, recipients: [{ kid: `${KEY}4`, jkt: JKT }] };
      assert.deepEqual(await statuses({}, [other]), ['pass', 'fail']);
    });

    for (const [what, change] of [
      ['of another vault', { key: KEY.replace('fabrikam-hsm', 'contoso-hsm') }],
      ['of another name', { key: KEY.replace('quarterly-notes', 'other') }],
      ['without a version', { key: KEY.replace('/0123abc', '') }],
      ['behind a longer path', { key: `${KEY}/x` }],
      ['for a dataset that the contract does not have', { dataset: 'others' }],
      ['of a dataset of another owner', { owner: 'contoso' }],
    ] as const) {
      it(`I16: refuses a key ${what}`, async () => {
        assert.equal((await statuses(change, [blob]))[0], 'fail');
      });
    }
  });
});
