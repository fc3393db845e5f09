import assert from 'node:assert/strict';

import fc from 'fast-check';

import { consistencyProof, verifyConsistency } from '../../../src/lib/evidence/merkle-tree.js';
import { ENTRY_KINDS } from '../../../src/lib/evidence/entry-kinds.js';
import {
  type LogEntry,
  logState,
  parseLog,
  parseTreeHead,
  renderEntry,
} from '../../../src/lib/evidence/transparency-log.js';
import { freshKeyPairSync } from '../../../src/lib/keys/fresh-key.js';
import { signTreeHead } from '../../../src/lib/parties/sign-tree-head.js';
import { sha256Hex } from '../../../src/lib/base/bytes/digest.js';

const entryOf = (index: number): LogEntry => ({
  kind: ENTRY_KINDS[index % ENTRY_KINDS.length]!,
  sha256: sha256Hex(`entry ${index}`),
  subject: `subject ${index}`,
  at: index,
});

const linesOf = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => renderEntry(entryOf(index)));

describe('a transparency log', () => {
  const { privateKey } = freshKeyPairSync({ type: 'ec', curve: 'P-256' });

  it('reads what was appended', () => {
    const log = parseLog(linesOf(5).join(''));
    assert.deepEqual(log.entries, [0, 1, 2, 3, 4].map(entryOf));
    assert.equal(parseLog('').entries.length, 0);
  });

  it('finds any line removed, changed or moved since a head was kept', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 2, max: 24 }),
        fc.nat(),
        fc.constantFrom('remove', 'change', 'swap'),
        async (size, seed, kind) => {
          const lines = linesOf(size);
          const { head: kept } = parseTreeHead(
            await signTreeHead(logState(parseLog(lines.join(''))), privateKey, new Date(0)),
          );
          const at = seed % size;
          if (kind === 'remove') lines.splice(at, 1);
          if (kind === 'change') lines[at] = renderEntry({ ...entryOf(at), subject: 'another' });
          if (kind === 'swap') [lines[at], lines[(at + 1) % size]] = [lines[(at + 1) % size]!, lines[at]!];
          const later = parseLog([...lines, renderEntry(entryOf(100)), renderEntry(entryOf(101))].join(''));
          assert.ok(!verifyConsistency(kept, logState(later), consistencyProof(later.leaves, kept.size)));
        },
      ),
    );
  });

  it('refuses a line that is cut, reordered or not canonical, naming it', () => {
    const [first, second] = linesOf(2);
    assert.throws(() => parseLog(`${first!}${second!.slice(0, -1)}`), /line 2: the last entry is cut off/);
    assert.throws(() => parseLog(`${first!}${second!.replace('{', '{ ')}`), /line 2: not in canonical form/);
    assert.throws(() => parseLog(`${first!}{"a":1}\n`), /line 2: not an entry/);
  });

  it('finds every single flipped bit of a line', () => {
    const kept = logState(parseLog(linesOf(1).join('')));
    const bytes = Buffer.from(linesOf(1)[0]!);
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const flipped = Buffer.from(bytes);
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      let state;
      try {
        state = logState(parseLog(flipped.toString('latin1')));
      } catch {
        continue;
      }
      assert.notDeepEqual(Buffer.from(state.root), Buffer.from(kept.root), `bit ${bit}`);
    }
  });
});
