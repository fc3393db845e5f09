import assert from 'node:assert/strict';

import { nodeSignatureCrypto } from '../../../src/lib/attestation/crypto/node-crypto.js';
import { readSignedReceipt } from '../../../src/lib/evidence/verify-receipts.js';
import { parseRoomRuntimeData } from '../../../src/lib/evidence/room-runtime-data.js';
import { utf8 } from '../../../src/lib/base/bytes/arrays.js';
import { sha256Hex } from '../../../src/lib/base/bytes/digest.js';
import { parseResult } from '../../../src/lib/summarizer/result-document.js';
import { openResult } from '../../../src/lib/summarizer/sealed-result.js';
import { createWorld, type World } from '../../support/room/world.js';

const RESULT = '/results/quarterly-notes';

const TEXT = [
  'The harbour authority met on Monday to discuss the new ferry line.',
  'The ferry line will connect the old town with the islands twice a day.',
  'Residents asked for a later boat in the evening, because the last bus arrives at ten.',
  'The authority answered that crews are scarce and that a later boat needs two more sailors.',
  'A vote on the timetable of the ferry line is planned for the spring.',
  'Until then the ferry line runs on the winter timetable with one boat a day.',
].join(' ');

describe('a room, from key to receipt', () => {
  let world: World;
  before(async () => {
    world = await createWorld((contract) => ({
      ...contract,
      summary: {
        ...contract.summary,
        extractiveLimits: {
          ...contract.summary.extractiveLimits!,
          maxShareOfSource: 0.6,
          maxCopiedWords: 40,
        },
      },
    }));
    await world.encrypt('notes', TEXT);
  });
  after(() => world.close());

  it('summarizes a sealed text and leaves a sealed result, a receipt and the evidence of its start', async () => {
    const { state, code, room } = await world.run();
    assert.deepEqual({ state, code }, { state: 'done', code: null });

    const sealed = (await world.storage.text(`${RESULT}.result.json`)) ?? '';
    const { resultKey } = world.parties.get('contoso')!;
    const plaintext = await openResult(utf8(sealed), resultKey.export({ format: 'jwk' }));
    const result = parseResult(plaintext);
    assert.equal(result.method, 'extractive');
    assert.ok(TEXT.includes(result.summary.text.split('. ')[0]!));

    const report = JSON.parse((await world.storage.text(`${RESULT}.report.json`)) ?? '') as {
      report: string;
      runtimeData: string;
    };
    const runtimeData = parseRoomRuntimeData(utf8(report.runtimeData));
    const jws = (await world.storage.text(`${RESULT}.receipt.jws`)) ?? '';
    const { receipt } = await readSignedReceipt(jws, runtimeData.receipt, nodeSignatureCrypto);
    assert.equal(receipt.output?.digest, sha256Hex(plaintext));
    assert.equal(receipt.output.sealed, sha256Hex(sealed));
    assert.equal(receipt.report, sha256Hex(Buffer.from(report.report, 'base64')));
    assert.equal(receipt.contract, world.parsed.digest);
    assert.deepEqual(receipt.budget, { used: 1, of: 1 });
    assert.equal((await world.get(room, '/result')).status, 200);
  });
});
