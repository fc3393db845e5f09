// A contract under emulated trust names the local Azure that it was made for.

import assert from 'node:assert/strict';

import { parseAnchors } from '../../../src/lib/attestation/anchors.js';
import { nodeSignatureCrypto } from '../../../src/lib/attestation/crypto/node-crypto.js';
import { defaultExpectations } from '../../../src/lib/attestation/expectations.js';
import { sha256Hex } from '../../../src/lib/base/bytes/digest.js';
import type { CheckStatus } from '../../../src/lib/base/verdict/check.js';
import { judgeBundle } from '../../support/judge.js';
import { emulatedRoom, type EmulatedRoom } from '../../support/emulated-evidence.js';

describe('evidence under a contract that names its anchors', () => {
  let room: EmulatedRoom;
  before(async () => {
    room = await emulatedRoom();
  });

  /** What is said of the anchors in `anchorsText` by a contract that names the file with that digest. */
  async function statusOf(anchorsText: string, named: string): Promise<CheckStatus | undefined> {
    const trust = { emulated: { anchors: `sha256:${named}`, tlsRoots: `sha256:${'0'.repeat(64)}` } };
    const { verdict } = await judgeBundle(room.bundle({ contract: { ...room.contract.contract, trust } }), {
      anchors: parseAnchors(anchorsText),
      expectations: defaultExpectations(new Date()),
      crypto: nodeSignatureCrypto,
    });
    return verdict.checks.find(({ id }) => id === 'ANCHORS_CONTRACT')?.status;
  }

  it('passes ANCHORS_CONTRACT under those anchors', async () => {
    assert.equal(await statusOf(room.anchorsText, sha256Hex(room.anchorsText)), 'pass');
  });

  it('I17: fails ANCHORS_CONTRACT under the anchors of another local Azure', async () => {
    assert.equal(await statusOf(room.anchorsText, sha256Hex('other anchors')), 'fail');
  });

  it('I17: fails ANCHORS_CONTRACT under the same anchors in other bytes', async () => {
    assert.equal(await statusOf(`${room.anchorsText}\n`, sha256Hex(room.anchorsText)), 'fail');
  });
});
