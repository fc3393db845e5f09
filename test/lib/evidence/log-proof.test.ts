// Proofs of a transparency log: what holds, and that no change of one does; and what a bundle's proofs count for.

import assert from 'node:assert/strict';

import fc from 'fast-check';

import { CheckLog } from '../../../src/lib/attestation/check-log.js';
import { nodeSignatureCrypto } from '../../../src/lib/attestation/crypto/node-crypto.js';
import { defaultExpectations } from '../../../src/lib/attestation/expectations.js';
import { parseProof, proofProblem, proveEntry, renderProof } from '../../../src/lib/evidence/log-proof.js';
import { ENTRY_KINDS } from '../../../src/lib/evidence/entry-kinds.js';
import {
  type LogEntry,
  logState,
  parseLog,
  parseTreeHead,
  renderEntry,
} from '../../../src/lib/evidence/transparency-log.js';
import { signTreeHead } from '../../../src/lib/parties/sign-tree-head.js';
import { recordLogProofs } from '../../../src/lib/evidence/verify-log-proofs.js';
import { utf8 } from '../../../src/lib/base/bytes/arrays.js';
import { sha256Hex } from '../../../src/lib/base/bytes/digest.js';
import { checkContract, type ParsedContract } from '../../../src/lib/contract/check.js';
import { generatePartyKey, type PartyKeyPair } from '../../../src/lib/keys/party-keys.js';
import { exampleContract } from '../../support/contract.js';

const POLICY = 'package policy\n';
const AT = new Date(0);

describe('a proof of a transparency log', () => {
  let key: PartyKeyPair;
  let stranger: PartyKeyPair;
  let contract: ParsedContract;

  before(async () => {
    key = await generatePartyKey();
    stranger = await generatePartyKey();
    const value = exampleContract();
    value.parties[0]!.contractKey = key.publicKey;
    contract = checkContract(value);
  });

  const logOf = (entries: readonly LogEntry[]) => parseLog(entries.map(renderEntry).join(''));
  const headOf = async (entries: readonly LogEntry[], signer = key) =>
    parseTreeHead(await signTreeHead(logState(logOf(entries)), signer.privateKey, AT));
  const filler = (count: number): LogEntry[] =>
    Array.from({ length: count }, (_, index) => ({
      kind: ENTRY_KINDS[index % ENTRY_KINDS.length]!,
      sha256: sha256Hex(`entry ${index}`),
      subject: `subject ${index}`,
      at: index,
    }));

  it('holds for every entry of every log, from every earlier head, and reads what it writes', async () => {
    for (let size = 1; size <= 12; size++) {
      const entries = filler(size);
      for (let index = 0; index < size; index++)
        for (let earlier = 0; earlier <= size; earlier++) {
          const proof = proveEntry(
            logOf(entries),
            index,
            await headOf(entries),
            await headOf(entries.slice(0, earlier)),
          );
          const read = parseProof(utf8(renderProof(proof)));
          assert.equal(proofProblem(read), null, `${index} of ${size} from ${earlier}`);
        }
    }
  });

  it('is refused with any bit of its text flipped', async () => {
    const entries = filler(9);
    entries[4] = { kind: 'policy', sha256: sha256Hex(POLICY), subject: 'p', at: 4 };
    const text = Buffer.from(
      renderProof(proveEntry(logOf(entries), 4, await headOf(entries), await headOf(entries.slice(0, 5)))),
    );
    assert.equal(await statusOf([text]), 'pass');
    await fc.assert(
      fc.asyncProperty(fc.nat(text.length * 8 - 1), async (bit) => {
        const flipped = Buffer.from(text);
        flipped[bit >> 3]! ^= 1 << (bit & 7);
        return (await statusOf([flipped])) === 'fail';
      }),
      { numRuns: 400 },
    );
  });

  it('is not made for a log whose entry was removed, changed or moved since the head that was kept', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 2, max: 20 }),
        fc.nat(),
        fc.constantFrom('remove', 'change', 'move'),
        async (size, seed, how) => {
          const honest = filler(size);
          const forged = [...honest];
          const at = seed % size;
          if (how === 'remove') forged.splice(at, 1);
          if (how === 'change') forged[at] = { ...forged[at]!, subject: 'another' };
          if (how === 'move') [forged[at], forged[(at + 1) % size]] = [forged[(at + 1) % size]!, forged[at]!];
          const later = [...forged, ...filler(3).map((entry) => ({ ...entry, at: 99 }))];
          const [head, kept] = [await headOf(later), await headOf(honest)];
          assert.throws(() => proveEntry(logOf(later), 0, head, kept), /does not continue/);
        },
      ),
    );
  });

  it('makes a bundle’s check pass for its contract, policy and receipts under a party’s head', async () => {
    const entries: LogEntry[] = [
      ...filler(3),
      { kind: 'contract', sha256: contract.digest, subject: 'quarterly-notes', at: 4 },
      { kind: 'policy', sha256: sha256Hex(POLICY), subject: 'policy.rego', at: 5 },
    ];
    const head = await headOf(entries);
    const proofs = [3, 4].map((index) => utf8(renderProof(proveEntry(logOf(entries), index, head, null))));
    assert.deepEqual(await statusOf(proofs), 'pass');
  });

  it('makes it fail for another policy, a stranger’s head, and what is no proof', async () => {
    const other: LogEntry[] = [{ kind: 'policy', sha256: sha256Hex('package other\n'), subject: 'p', at: 0 }];
    const own: LogEntry[] = [{ kind: 'policy', sha256: sha256Hex(POLICY), subject: 'p', at: 0 }];
    const prove = async (entries: readonly LogEntry[], signer = key): Promise<Uint8Array> =>
      utf8(renderProof(proveEntry(logOf(entries), 0, await headOf(entries, signer), null)));
    assert.equal(await statusOf([await prove(own)]), 'pass');
    assert.equal(await statusOf([await prove(other)]), 'fail');
    assert.equal(await statusOf([await prove(own, stranger)]), 'fail');
    assert.equal(await statusOf([await prove(own), utf8('{}')]), 'fail');
  });

  it('says apart whether the contract and whether the policy stand in the log', async () => {
    const of = async (entry: LogEntry): Promise<readonly (string | undefined)[]> => {
      const head = await headOf([entry]);
      const found = await statusesOf(
        [utf8(renderProof(proveEntry(logOf([entry]), 0, head, null)))],
        contract,
      );
      return [found.get('LOG_CONTRACT'), found.get('LOG_POLICY')];
    };
    const own = { kind: 'contract', sha256: contract.digest, subject: 'quarterly-notes', at: 4 } as const;
    const policy = { kind: 'policy', sha256: sha256Hex(POLICY), subject: 'p', at: 5 } as const;
    assert.deepEqual(await of(own), ['pass', 'skip']);
    assert.deepEqual(await of(policy), ['skip', 'pass']);
  });

  it('leaves it out where there is no proof, or no contract that says whose heads count', async () => {
    assert.equal(await statusOf([]), 'skip');
    assert.equal(await statusOf([utf8('{}')], null), 'skip');
  });

  it('counts as fresh up to seven days after its head was signed, or up to the age that was stated', async () => {
    const own: LogEntry[] = [{ kind: 'policy', sha256: sha256Hex(POLICY), subject: 'p', at: 0 }];
    const proof = utf8(renderProof(proveEntry(logOf(own), 0, await headOf(own), null)));
    const freshAt = async (seconds: number, stated?: number): Promise<string | undefined> =>
      (await statusesOf([proof], contract, { at: new Date(seconds * 1000), stated })).get('LOG_FRESH');
    const week = 7 * 24 * 60 * 60;
    assert.equal(await freshAt(week), 'pass');
    assert.equal(await freshAt(week + 1), 'skip');
    assert.equal(await freshAt(week + 1, (week + 1) * 1000), 'pass');
    assert.equal(await freshAt(61, 60_000), 'fail');
    assert.equal(await freshAt(-59), 'pass');
    assert.equal(await freshAt(-60), 'skip');
    assert.equal(await freshAt(-60, 60_000), 'fail');
  });

  it('is as old as the oldest head of all proofs, and never fresh where one does not hold', async () => {
    const own: LogEntry[] = [{ kind: 'policy', sha256: sha256Hex(POLICY), subject: 'p', at: 0 }];
    const prove = async (at: Date): Promise<Uint8Array> =>
      utf8(
        renderProof(
          proveEntry(
            logOf(own),
            0,
            parseTreeHead(await signTreeHead(logState(logOf(own)), key.privateKey, at)),
            null,
          ),
        ),
      );
    const later = new Date(8 * 24 * 60 * 60 * 1000);
    const fresh = async (proofs: readonly Uint8Array[]): Promise<string | undefined> =>
      (await statusesOf(proofs, contract, { at: later })).get('LOG_FRESH');
    assert.equal(await fresh([await prove(later)]), 'pass');
    assert.equal(await fresh([await prove(later), await prove(AT)]), 'skip');
    assert.equal(await fresh([await prove(later), utf8('{}')]), 'skip');
  });

  const statusOf = async (
    logProofs: readonly Uint8Array[],
    by: ParsedContract | null = contract,
  ): Promise<string | undefined> => (await statusesOf(logProofs, by)).get('LOG_PROOF');

  const statusesOf = async (
    logProofs: readonly Uint8Array[],
    by: ParsedContract | null,
    { at = AT, stated }: { readonly at?: Date; readonly stated?: number | undefined } = {},
  ): Promise<ReadonlyMap<string, string>> => {
    const log = new CheckLog();
    const expectations = {
      ...defaultExpectations(at),
      ...(stated === undefined ? {} : { logHeadMaxAgeMs: stated }),
    };
    await recordLogProofs({ logProofs }, by, POLICY, { crypto: nodeSignatureCrypto, expectations }, log);
    return new Map(log.checks().map(({ id, status }) => [id, status]));
  };
});
