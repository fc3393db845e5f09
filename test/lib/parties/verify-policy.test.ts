// What verify-policy concludes from what it was given, without any service.

import assert from 'node:assert/strict';

import { generateContractPolicy } from '../../../src/lib/cce-policy/generate/contract-policy.js';
import { verifyPolicy, type Unread, type VerifyPolicyInput } from '../../../src/lib/parties/verify-policy.js';
import { parsedContract, roomImages } from '../../support/room-fixture.js';

describe('verifyPolicy', () => {
  const parsed = parsedContract();
  const policy = generateContractPolicy({ parsed, tlsRoots: null, images: roomImages() });
  const unread: Unread = { kind: 'unread', reason: 'not given in this test' };
  const nothing: VerifyPolicyInput = {
    parsed,
    recomputed: unread,
    file: unread,
    keys: new Map(),
    room: unread,
    hostData: unread,
  };
  const statusOf = (input: VerifyPolicyInput, id: string): string | undefined =>
    verifyPolicy(input).checks.find((check) => check.id === id)?.status;

  it('has nothing to judge without images, file or room', () => {
    assert.throws(() => verifyPolicy(nothing), { code: 'USAGE' });
  });

  it('does not pass a room for agreeing with itself', () => {
    const input: VerifyPolicyInput = {
      ...nothing,
      room: { kind: 'read', name: 'quarterly-notes', ccePolicy: policy.base64 },
    };
    assert.equal(statusOf(input, 'ROOM_POLICY'), 'skip');
    assert.equal(statusOf(input, 'CONTRACT_PINNED'), 'pass');
  });

  it('compares a room with the policy file where there are no images', () => {
    const room = { kind: 'read', name: 'quarterly-notes', ccePolicy: policy.base64 } as const;
    const input = { ...nothing, file: { kind: 'read', text: policy.text } as const, room };
    assert.equal(statusOf(input, 'ROOM_POLICY'), 'pass');
    assert.equal(statusOf({ ...input, room: { ...room, ccePolicy: null } }, 'ROOM_POLICY'), 'fail');
    assert.equal(statusOf({ ...input, room: { ...room, ccePolicy: 'bm90IHJlZ28=' } }, 'ROOM_POLICY'), 'fail');
  });

  it('fails for evidence that was had and does not hold, and only skips what was not had', () => {
    const recomputed = { kind: 'read', text: policy.text } as const;
    const refused = { kind: 'refused', reason: 'REPORT_SIGNATURE' } as const;
    assert.equal(statusOf({ ...nothing, recomputed }, 'HOST_DATA'), 'skip');
    assert.equal(statusOf({ ...nothing, recomputed, hostData: refused }, 'HOST_DATA'), 'fail');
    assert.equal(verifyPolicy({ ...nothing, recomputed, hostData: refused }).exitCode, 5);
  });
});
