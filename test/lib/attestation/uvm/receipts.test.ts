// Receipts of transparency ledgers: Microsoft's own, in the one public endorsement that has one, and ours for what that
// cannot show.

import assert from 'node:assert/strict';
import { createHash, sign } from 'node:crypto';

import { encode, Tagged } from 'cborg';

import { freshKeyPairSync } from '../../../../src/lib/keys/fresh-key.js';
import { PINNED_ANCHORS } from '../../../../src/lib/attestation/anchors.js';
import { defaultExpectations } from '../../../../src/lib/attestation/expectations.js';
import { checkSnpEvidence } from '../../../../src/lib/attestation/verify-snp-evidence.js';
import { nodeSignatureCrypto } from '../../../../src/lib/attestation/crypto/node-crypto.js';
import { ecPublicKeyInfo } from '../../../../src/lib/attestation/der/public-key-info.js';
import {
  signedStatement,
  verifyReceipts,
  type ReceiptOutcome,
} from '../../../../src/lib/attestation/transparency/receipt.js';
import { parseCoseSign1 } from '../../../../src/lib/attestation/uvm/cose-sign1.js';
import type { LedgerRow } from '../../../../src/lib/contract/published/reference-table.js';
import { REFERENCE_VALUES } from '../../../../src/lib/contract/published/reference-values.js';
import { vectorFile } from '../../../support/attestation-vectors.js';
import { inclusionProof, leafHash, treeRoot } from '../../../../src/lib/evidence/merkle-tree.js';

const ENDORSEMENT = 'sets/uvm-transparent-0.2.10/reference-info.cose';
const sha256 = (...parts: Uint8Array[]): Uint8Array => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return Uint8Array.from(hash.digest());
};

const judge = (bytes: Uint8Array, ledgers: readonly LedgerRow[]): Promise<readonly ReceiptOutcome[]> =>
  verifyReceipts(parseCoseSign1(bytes), ledgers, nodeSignatureCrypto);

describe('the receipt in Microsoft’s endorsement of its utility VM', () => {
  const bytes = vectorFile(ENDORSEMENT);

  it('holds under the pinned key of the ledger that it names', async () => {
    const [outcome, ...more] = await judge(bytes, REFERENCE_VALUES.ledgers);
    assert.ok(outcome?.kind === 'holds');
    assert.equal(more.length, 0);
    assert.equal(outcome.ledger.issuer, 'esrp-cts-db.confidential-ledger.azure.com');
    assert.equal(outcome.registered, '458.12440');
    assert.equal(outcome.signedAt?.toISOString(), '2025-12-22T21:11:28.000Z');
  });

  it('says nothing where that ledger is not known, and is refused where its key is withdrawn', async () => {
    assert.equal((await judge(bytes, []))[0]?.kind, 'unknown');
    const withdrawn = REFERENCE_VALUES.ledgers.map((row) => ({ ...row, status: 'withdrawn' as const }));
    assert.equal((await judge(bytes, withdrawn))[0]?.kind, 'refused');
  });

  it('never holds with a bit of it flipped', async () => {
    const whole = parseCoseSign1(bytes);
    const [receipt] = whole.unprotectedHeader.get(394) as Uint8Array[];
    for (let index = 0; index < receipt!.length; index += 7) {
      const changed = Uint8Array.from(receipt!);
      changed[index]! ^= 1 << (index % 8);
      const message = { ...whole, unprotectedHeader: new Map<unknown, unknown>([[394, [changed]]]) };
      const [outcome] = await verifyReceipts(message, REFERENCE_VALUES.ledgers, nodeSignatureCrypto);
      assert.notEqual(outcome?.kind, 'holds', `bit in byte ${index}`);
    }
  });

  it('is about this endorsement alone', async () => {
    const whole = parseCoseSign1(bytes);
    const payload = Uint8Array.from(whole.payload);
    payload[0]! ^= 1;
    const [outcome] = await verifyReceipts(
      { ...whole, payload },
      REFERENCE_VALUES.ledgers,
      nodeSignatureCrypto,
    );
    assert.deepEqual(outcome, { kind: 'refused', problem: 'it is about another statement' });
  });
});

describe('the check of receipts', () => {
  async function status(ledgers: readonly LedgerRow[], uvm: Uint8Array): Promise<string | undefined> {
    const { checks } = await checkSnpEvidence({
      uvm,
      reference: { ...REFERENCE_VALUES, ledgers: [...ledgers] },
      anchors: PINNED_ANCHORS,
      expectations: defaultExpectations(new Date('2026-02-01T00:00:00Z')),
      crypto: nodeSignatureCrypto,
    });
    return checks.find(({ id }) => id === 'UVM_RECEIPT')?.status;
  }

  it('passes by a receipt that holds alone: without one, or by an unknown ledger, it stays open', async () => {
    const bytes = vectorFile(ENDORSEMENT);
    assert.equal(await status(REFERENCE_VALUES.ledgers, bytes), 'pass');
    assert.equal(await status([], bytes), 'skip');
    const { protectedBytes, payload, signature } = parseCoseSign1(bytes);
    const bare = encode(new Tagged(18, [protectedBytes, new Map(), payload, signature]));
    assert.equal(await status(REFERENCE_VALUES.ledgers, bare), 'skip');
    const broken = encode(new Tagged(18, [protectedBytes, new Map([[394, [bare]]]), payload, signature]));
    assert.equal(await status(REFERENCE_VALUES.ledgers, broken), 'skip');
  });
});

describe('the keys of ledgers in the built-in table', () => {
  it('have the key ids that their ledgers give them: the SHA-256 of the SubjectPublicKeyInfo', () => {
    for (const { kid, jwk } of REFERENCE_VALUES.ledgers) {
      const [x, y] = [Buffer.from(jwk.x, 'base64url'), Buffer.from(jwk.y, 'base64url')];
      assert.equal(
        createHash('sha256')
          .update(ecPublicKeyInfo(jwk.crv, x, y))
          .digest('hex'),
        kid,
      );
    }
  });
});

describe('receipts of ledgers of our own', () => {
  const { publicKey, privateKey } = freshKeyPairSync({ type: 'ec', curve: 'P-256' });
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
  const ISSUER = 'ledger.example';
  const LEDGER: LedgerRow = {
    issuer: ISSUER,
    kid: 'one',
    jwk: { kty: 'EC', crv: 'P-256', x, y },
    status: 'latest',
    date: '2026-01-01',
    source: 'this test',
  };
  const statement = encode(
    new Tagged(18, [encode(new Map([[1, -7]])), new Map(), Buffer.from('payload'), Buffer.alloc(64)]),
  );
  const signed = signedStatement(parseCoseSign1(statement));

  interface Made {
    readonly vds?: number;
    readonly proofs: readonly Uint8Array[];
    readonly root: Uint8Array;
    readonly alg?: number;
    readonly kid?: string;
    readonly payload?: Uint8Array | null;
    readonly header?: (header: Map<unknown, unknown>) => void;
  }

  function receipt({
    vds = 1,
    proofs,
    root,
    alg = -7,
    kid = 'one',
    payload = null,
    header,
  }: Made): Uint8Array {
    const map = new Map<unknown, unknown>([
      [1, alg],
      [4, Buffer.from(kid)],
      [395, vds],
      [15, new Map<unknown, unknown>([[1, ISSUER]])],
    ]);
    header?.(map);
    const protectedBytes = encode(map);
    const input = encode(['Signature1', protectedBytes, new Uint8Array(), root]);
    const signature = sign('sha256', input, { key: privateKey, dsaEncoding: 'ieee-p1363' });
    const unprotected = new Map([[396, new Map([[-1, proofs]])]]);
    return encode(new Tagged(18, [protectedBytes, unprotected, payload, Uint8Array.from(signature)]));
  }

  async function outcome(...receipts: readonly unknown[]): Promise<string> {
    const message = {
      ...parseCoseSign1(statement),
      unprotectedHeader: new Map<unknown, unknown>([[394, receipts]]),
    };
    const found = await verifyReceipts(message, [LEDGER], nodeSignatureCrypto);
    return found.map((one) => (one.kind === 'refused' ? one.problem : one.kind)).join(', ');
  }

  const tree = (size: number, index: number): { readonly proof: unknown[]; readonly root: Uint8Array } => {
    const leaves = Array.from({ length: size }, (_none, place) =>
      leafHash(place === index ? signed : Buffer.from(`other ${place}`)),
    );
    return { proof: [size, index, inclusionProof(leaves, index)], root: treeRoot(leaves) };
  };

  it('hold for every place of a RFC 9162 tree, as our own log’s tree has it', async () => {
    for (const size of [1, 2, 3, 7, 8, 20])
      for (let index = 0; index < size; index++) {
        const { proof, root } = tree(size, index);
        assert.equal(
          await outcome(receipt({ proofs: [encode(proof)], root })),
          'holds',
          `${index} of ${size}`,
        );
      }
  });

  const transaction = sha256(Buffer.from('transaction'));
  const ccf = (leaf: unknown[], path: unknown[] = [[true, sha256(Buffer.from('left'))]]): Uint8Array =>
    encode(
      new Map<number, unknown>([
        [1, leaf],
        [2, path],
      ]),
    );
  const goodLeaf = [transaction, 'ce:2.18:beef', sha256(signed)];
  const ccfRootOf = (leaf: unknown[]): Uint8Array => {
    const [hash, evidence, data] = leaf as [Uint8Array, string, Uint8Array];
    const node = sha256(hash, sha256(Buffer.from(evidence)), data);
    return sha256(sha256(Buffer.from('left')), node);
  };
  const goodRoot = ccfRootOf(goodLeaf);

  it('hold for a leaf of a CCF ledger, and all together where there are several', async () => {
    const good = receipt({ vds: 2, proofs: [ccf(goodLeaf)], root: goodRoot });
    assert.equal(await outcome(good), 'holds');
    assert.equal(
      await outcome(good, receipt({ proofs: [encode(tree(3, 1).proof)], root: tree(3, 1).root })),
      'holds, holds',
    );
  });

  const { proof, root } = tree(5, 2);
  const [size, index, path] = proof as [number, number, Uint8Array[]];
  const other = sha256(Buffer.from('another statement'));
  const bad: Record<string, [() => unknown, RegExp]> = {
    'a root that the ledger did not sign': [
      () => receipt({ proofs: [encode(proof)], root: other }),
      /did not sign/,
    ],
    'a place outside the tree': [
      () => receipt({ proofs: [encode([size, size, path])], root }),
      /not in the tree/,
    ],
    'a path cut off': [() => receipt({ proofs: [encode([size, index, path.slice(1)])], root }), /too short/],
    'a path that goes on': [
      () => receipt({ proofs: [encode([size, index, [...path, other]])], root }),
      /too long/,
    ],
    'another place': [() => receipt({ proofs: [encode([size, 3, path])], root }), /did not sign/],
    'a hash of 31 bytes': [
      () => receipt({ proofs: [encode([size, index, [other.subarray(1)]])], root }),
      /32 bytes/,
    ],
    'no proof': [() => receipt({ proofs: [], root }), /no inclusion proof/],
    'one good proof and one bad': [
      () => receipt({ proofs: [encode(proof), encode([size, 3, path])], root }),
      /did not sign/,
    ],
    'a payload that is not detached': [
      () => receipt({ proofs: [encode(proof)], root, payload: root }),
      /detached/,
    ],
    'another data structure': [() => receipt({ vds: 3, proofs: [encode(proof)], root }), /is not known/],
    'no data structure in the protected header': [
      () => receipt({ proofs: [encode(proof)], root, header: (map) => map.delete(395) }),
      /no data structure/,
    ],
    'a header that has to be understood': [
      () => receipt({ proofs: [encode(proof)], root, header: (map) => map.set(2, [395]) }),
      /crit/,
    ],
    'an algorithm that does not fit the key': [
      () => receipt({ proofs: [encode(proof)], root, alg: -35 }),
      /does not fit/,
    ],
    'no issuer': [
      () => receipt({ proofs: [encode(proof)], root, header: (map) => map.delete(15) }),
      /no issuer/,
    ],
    'a key id of nobody': [() => receipt({ proofs: [encode(proof)], root, kid: 'two' }), /^unknown$/],
    'a RFC 9162 proof under the CCF profile': [
      () => receipt({ vds: 2, proofs: [encode(proof)], root }),
      /no map/,
    ],
    'a CCF leaf of another statement': [
      () => {
        const leaf = [transaction, 'ce:2.18:beef', other];
        return receipt({ vds: 2, proofs: [ccf(leaf)], root: ccfRootOf(leaf) });
      },
      /another statement/,
    ],
    'a CCF leaf with an empty evidence': [
      () => receipt({ vds: 2, proofs: [ccf([transaction, '', sha256(signed)])], root: goodRoot }),
      /1 to 1024/,
    ],
    'a CCF leaf of four': [
      () => receipt({ vds: 2, proofs: [ccf([...goodLeaf, 1])], root: goodRoot }),
      /more than/,
    ],
    'a CCF proof without a path': [
      () => receipt({ vds: 2, proofs: [ccf(goodLeaf, [])], root: goodRoot }),
      /empty/,
    ],
    'a CCF path with the sides exchanged': [
      () =>
        receipt({ vds: 2, proofs: [ccf(goodLeaf, [[false, sha256(Buffer.from('left'))]])], root: goodRoot }),
      /did not sign/,
    ],
    'a number for a side': [
      () => receipt({ vds: 2, proofs: [ccf(goodLeaf, [[1, other]])], root: goodRoot }),
      /another form/,
    ],
    'bytes that are no COSE message': [() => Buffer.from('receipt'), /./],
    'what is no byte string': [() => 7, /no byte string/],
  };
  for (const [what, [make, reason]] of Object.entries(bad))
    it(`do not hold with ${what}`, async () => {
      assert.match(await outcome(make()), reason);
      assert.notEqual(await outcome(make()), 'holds');
    });

  it('are refused where there are none in the header, or too many', async () => {
    assert.match(await outcome(), /1 to 16/);
    const good = receipt({ proofs: [encode(proof)], root });
    assert.match(await outcome(...Array.from({ length: 17 }, () => good)), /1 to 16/);
  });
});
