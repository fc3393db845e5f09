// Why a run gave no result: its room seals it to the owners of datasets, and nobody believes another's word for it.

import assert from 'node:assert/strict';
import { type KeyObject } from 'node:crypto';

import { freshKeyPairSync } from '../../../src/lib/keys/fresh-key.js';
import { renderBundle } from '../../../src/lib/evidence/evidence-bundle.js';
import type { Receipt } from '../../../src/lib/evidence/receipt.js';
import { utf8 } from '../../../src/lib/base/bytes/arrays.js';
import { sha256Hex } from '../../../src/lib/base/bytes/digest.js';
import type { PublicKeyJwk } from '../../../src/lib/contract/schema.js';
import { openCause, type ExplainedRefusal } from '../../../src/lib/parties/open-cause.js';
import { sealCauses } from '../../../src/lib/room/cause.js';
import {
  emulatedRoom,
  type EmulatedRoom,
  refusalReceipt,
  verifyUnderOwnAnchors,
} from '../../support/emulated-evidence.js';

interface Stored {
  readonly causes?: string;
  readonly signer?: KeyObject;
  readonly signed?: Partial<Receipt>;
  /** A report over other runtime data than the bundle's. */
  readonly otherReport?: boolean;
  /** Name of a blob that is not there. */
  readonly missing?: string;
}

describe('the cause of a run without a result', function () {
  this.timeout(60_000);
  const fabrikam = freshKeyPairSync({ type: 'ec', curve: 'P-256' });
  let room: EmulatedRoom;
  let causes: string;
  let names: string;

  before(async () => {
    room = await emulatedRoom();
    const { contract, digest } = room.contract;
    names = contract.room.resultBlob.name;
    const resultKey = fabrikam.publicKey.export({ format: 'jwk' }) as PublicKeyJwk;
    const parties = contract.parties.map((party) =>
      party.id === 'fabrikam' ? { ...party, resultKey } : party,
    );
    causes = await sealCauses({ ...room.contract, contract: { ...contract, parties }, digest }, 1, {
      code: 'LIMIT_REFUSED',
      checksFor: () => [{ id: 'LIMIT_COPIED_WORDS', status: 'fail', expected: '4', actual: '9' }],
    });
  });

  it('opens for the owner, with each limit beside what was measured', async () => {
    const { cause } = (await ask('fabrikam'))!;
    assert.equal(cause?.code, 'LIMIT_REFUSED');
    assert.deepEqual(cause.checks, [
      { id: 'LIMIT_COPIED_WORDS', status: 'fail', expected: '4', actual: '9' },
    ]);
  });

  it('I35: tells a party that owns no dataset that there was no result, and no more', async () => {
    const { receipt, cause } = (await ask('contoso'))!;
    assert.equal(cause, null);
    assert.equal(receipt.refusal, 'NO_RESULT');
  });

  it('is refused where the room signed for other causes', async () => {
    await assert.rejects(ask('fabrikam', { causes: `${causes} ` }), { code: 'RECEIPT_REJECTED' });
  });

  it('is refused where the refusal is signed by another than the room', async () => {
    const { privateKey } = freshKeyPairSync({ type: 'ec', curve: 'P-256' });
    await assert.rejects(ask('fabrikam', { signer: privateKey }), { code: 'RECEIPT_REJECTED' });
  });

  it('is refused where the evidence of the room does not hold', async () => {
    await assert.rejects(ask('fabrikam', { otherReport: true }), { code: 'RECEIPT_REJECTED' });
  });

  it('is the code of the receipt where no text was opened', async () => {
    const refused = (await ask('fabrikam', {
      signed: { refusal: 'BUDGET_SPENT', causes: null, budget: null },
    }))!;
    assert.equal(refused.cause, null);
    assert.equal(refused.receipt.refusal, 'BUDGET_SPENT');
  });

  it('is none where no run was refused, and is not believed without the evidence of the room', async () => {
    const [refusal, report] = [`${names}.refusal.jws`, `${names}.refusal.report.json`];
    assert.equal(await ask('fabrikam', { missing: refusal }), null);
    await assert.rejects(ask('fabrikam', { missing: report }), { code: 'RECEIPT_REJECTED' });
  });

  function ask(party: string, { signer, signed, ...stored }: Stored = {}): Promise<ExplainedRefusal | null> {
    const good = room.bundle();
    const bundle =
      stored.otherReport === true
        ? { ...good, report: room.report(room.runtimeData({ nonce: 'b3RoZXI' })) }
        : good;
    const receipt = refusalReceipt(
      room,
      [],
      {
        report: sha256Hex(bundle.report),
        budget: { used: 1, of: 1 },
        causes: sha256Hex(causes),
        refusal: 'NO_RESULT',
        ...signed,
      },
      signer,
    );
    const blobs = new Map([
      [`${names}.refusal.jws`, receipt],
      [`${names}.refusal.report.json`, renderBundle(bundle)],
      [`${names}.causes.json`, stored.causes ?? causes],
    ]);
    if (stored.missing !== undefined) blobs.delete(stored.missing);
    return openCause(
      { parsed: room.contract, party, resultKey: () => Promise.resolve(fabrikam.privateKey) },
      {
        blobs: {
          read: ({ name }) => {
            const text = blobs.get(name);
            return Promise.resolve(text === undefined ? null : { bytes: utf8(text), etag: '"1"' });
          },
        },
        verify: (evidence) => verifyUnderOwnAnchors(room, evidence),
      },
    );
  }
});
