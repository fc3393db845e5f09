// The host hears what its model needs of memory when it writes the contract, and cannot deploy with less.

import assert from 'node:assert/strict';

import type { Contract } from '../../../src/lib/contract/schema.js';
import {
  memoryOfModelDirectory,
  memoryToGive,
  requireRoomMemory,
} from '../../../src/lib/parties/room-memory.js';
import { exampleContract } from '../../support/contract.js';
import { measuredImage, roomImages, SUMMARIZER_REFERENCE } from '../../support/room-fixture.js';

const GIB = 2 ** 30;

/* A contract whose model is a layer of `bytes`, with so much memory for the summarizer. */
function roomWith(bytes: number, memoryGiB: number): Parameters<typeof requireRoomMemory> {
  const contract = exampleContract();
  const image = measuredImage(SUMMARIZER_REFERENCE, ['model', 'summarizer']);
  const [model, ...others] = image.layers;
  const layers = [{ ...model!, bytes }, ...others];
  const digest = `sha256:${'1'.repeat(64)}`;
  const agreed: Contract = {
    ...contract,
    model: { family: 't5', digest, layer: `sha256:${model!.rootHash}` },
    room: {
      ...contract.room,
      containers: contract.room.containers.map((container) =>
        container.name === 'summarizer' ? { ...container, memoryGiB } : container,
      ),
    },
  };
  return [agreed, new Map([...roomImages(), ['summarizer', { ...image, layers }]])];
}

describe('the memory of a room', () => {
  it('is refused at deployment where the model in the image could not be loaded in it', () => {
    assert.throws(() => requireRoomMemory(...roomWith(2 * GIB, 2)), { code: 'MODEL_TOO_LARGE' });
    assert.deepEqual(requireRoomMemory(...roomWith(2 * GIB, 4)), { neededMiB: 3367, givenGiB: 4 });
  });

  it('is not judged by a model that is not in the image', () => {
    const [contract, images] = roomWith(2 * GIB, 2);
    assert.equal(requireRoomMemory({ ...contract, model: { method: 'extractive' } }, images), null);
    assert.equal(requireRoomMemory(contract, roomImages()), null);
  });

  it('is written into the contract as large as the model needs it, and no smaller than usual', async () => {
    assert.equal(memoryToGive(null), 8);
    assert.equal(memoryToGive(await memoryOfModelDirectory('models/t5-demo')), 8);
    assert.equal(memoryToGive(9.2 * GIB), 10);
  });
});
