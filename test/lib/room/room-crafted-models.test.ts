// Models that were made to carry a text out, in a room: what each of them gets.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { drawingLots } from '../../../src/lib/attack-kit/crafted/crafted-graphs.js';
import {
  type Crafted,
  readWritten,
  writeCraftedModel,
} from '../../../src/lib/attack-kit/crafted/crafted-model.js';
import type { ContractLimits } from '../../../src/lib/contract/schema.js';
import { modelDigest } from '../../../src/lib/summarizer/model-digest.js';
import { runProcess } from '../../support/cleanroom-process.js';
import { causeFor } from '../../support/room/causes.js';
import { lenient, withModel } from '../../support/room/contracts.js';
import { createWorld, type World } from '../../support/room/world.js';
import { useTemporaryDirectory } from '../../support/temporary-directory.js';

const TEXT = 'Ada Berg pays with the card 4111 in March. Ben Carl pays with the card 9034 in April.';
const WIDE: Partial<ContractLimits> = {
  maxCharacters: 4000,
  maxShareOfSource: 1,
  maxCopiedWords: 4000,
  maxCopiedShare: 1,
};
const braille = (place: number): string => String.fromCodePoint(0x2801 + place);
/* Letters of the contract's own alphabet, none of them in the text. */
/* No words at all. */
const sign = (place: number): string => (place % 2 === 0 ? '+' : '=');
const latin = (place: number): string => String.fromCodePoint(0x100 + place);

describe('a room with a model that was made to carry the text out', function () {
  this.timeout(60_000);
  const work = useTemporaryDirectory();
  let world: World | undefined;
  afterEach(() => world?.close());

  async function runWith(crafted: Crafted, text = TEXT, limits = WIDE): Promise<World> {
    const directory = join(work(), 'models', 'crafted');
    writeCraftedModel(directory, crafted);
    const digest = await modelDigest(directory);
    world = await createWorld((contract) => withModel(lenient(contract, limits), { family: 't5', digest }));
    await world.encrypt('notes', text);
    await world.run({ modelsDirectory: join(work(), 'models') });
    return world;
  }

  const codeOf = async (room: World): Promise<string | null> =>
    (await room.storage.text('/results/quarterly-notes.causes.json')) === null
      ? null
      : (await causeFor(room)).code;
  const resultOf = ({ storage }: World): Promise<string | null> =>
    storage.text('/results/quarterly-notes.result.json');

  it('is real: outside a room it writes the whole text in braille', async () => {
    const directory = join(work(), 'braille');
    writeCraftedModel(directory, { writes: braille });
    const { generateOne } = await import('../../../src/lib/summarizer/beam-search.js');
    const { loadSequenceModel } = await import('../../../src/lib/summarizer/sequence-model.js');
    const { describeSafeModel } = await import('../../../src/lib/summarizer/model-facts.js');
    const { models } = await describeSafeModel(directory);
    const loaded = await loadSequenceModel(models[0]!);
    const search = { beams: 1, maxTokens: 4000, minTokens: 0, signal: undefined };
    const { tokens } = await generateOne(loaded, loaded.tokenizer.encode(TEXT, ''), search);
    assert.equal(readWritten(loaded.tokenizer.decode(tokens), braille), TEXT);
    await loaded.release();
  });

  it('I23: gives nothing out in braille, however wide the limits are', async () => {
    const room = await runWith({ writes: braille });
    assert.equal(await resultOf(room), null);
    assert.match((await causeFor(room)).code, /^(?:LIMIT_REFUSED|MODEL_OUTPUT_REJECTED)$/);
  });

  it('I23: gives nothing out that is longer than maxCharacters in the letters of the contract', async () => {
    const room = await runWith({ writes: latin }, TEXT.repeat(4), { ...WIDE, maxCharacters: 100 });
    assert.equal(await resultOf(room), null);
    assert.match((await causeFor(room)).code, /^(?:LIMIT_REFUSED|MODEL_OUTPUT_REJECTED)$/);
  });

  it('I24: is not loaded where it draws lots, and its owner reads why', async () => {
    const room = await runWith({ writes: latin, further: [drawingLots()] });
    assert.equal(await resultOf(room), null);
    assert.equal((await causeFor(room)).code, 'MODEL_REFUSED');
  });

  it('I26: looks the same outside whether it failed, wrote what may not leave, or was not loaded', async () => {
    const seen: unknown[] = [];
    const codes: string[] = [];
    for (const crafted of [
      { writes: latin, failsAt: '4' },
      { writes: braille },
      { writes: latin, further: [drawingLots()] },
    ]) {
      const room = await runWith(crafted);
      codes.push((await causeFor(room)).code);
      const lengths: (number | null)[] = [];
      for (const name of ['result.json', 'causes.json', 'refusal.jws'])
        lengths.push((await room.storage.text(`/results/quarterly-notes.${name}`))?.length ?? null);
      seen.push(lengths);
      await room.close();
      world = undefined;
    }
    assert.equal(codes[0], 'MODEL_FAILED');
    assert.equal(new Set(codes).size, 3, codes.join());
    assert.deepEqual(seen[1], seen[0]);
    assert.deepEqual(seen[2], seen[0]);
  });

  it('goes on where its model says nothing of one part of a text, and gives nothing where it says nothing of any', async () => {
    const silentAt = (letter: string): Crafted => ({
      writes: sign,
      begins: 'A',
      stopsAt: letter,
      inputTokens: 48,
    });
    const parts =
      'Ada Berg pays with the card 4111 in March.\n\nBen Carl pays with the card 9034 in April.\n';
    const room = await runWith(silentAt('B'), parts);
    assert.notEqual(await resultOf(room), null, (await codeOf(room)) ?? '');
    await room.close();
    const silent = await runWith(silentAt('Q'), 'Quiet days were few.\n\nQuarrels were many.\n');
    assert.equal(await resultOf(silent), null);
    assert.equal((await causeFor(silent)).code, 'MODEL_OUTPUT_REJECTED');
  });

  it('I28: writes nothing of its own to a stream, whatever fails in native code', async () => {
    const directory = join(work(), 'fails');
    writeCraftedModel(directory, { writes: latin, failsAt: '4' });
    const file = join(work(), 'notes.txt');
    writeFileSync(file, TEXT);
    const { code, stdout, stderr } = await runProcess(['summarize', file, '--model', directory, '--json'], {
      cwd: work(),
    });
    assert.equal(
      (JSON.parse(stdout) as { error: { code: string } }).error.code,
      'MODEL_FAILED',
      String(code),
    );
    assert.doesNotMatch(stderr, /onnx|indices|Gather|\[E:|99/i);
  });
});
