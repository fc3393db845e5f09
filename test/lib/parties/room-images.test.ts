// I31: the layer that a contract names as its model's holds that model, and lies below all others.

import assert from 'node:assert/strict';
import { join } from 'node:path';

import { SILENT } from '../../../src/lib/base/progress.js';
import type { Contract } from '../../../src/lib/contract/schema.js';
import { openImageArchive } from '../../../src/lib/images/archive/image-archive.js';
import { buildImage } from '../../../src/lib/images/build/build-image.js';
import type { LayerEntry } from '../../../src/lib/images/build/layer-tar.js';
import { imageMeter } from '../../../src/lib/parties/image-source.js';
import { measureRoomImages } from '../../../src/lib/parties/room-images.js';
import { sha256Hex } from '../../../src/lib/base/bytes/digest.js';
import { exampleContract } from '../../support/contract.js';
import { useTemporaryDirectory } from '../../support/temporary-directory.js';

const file = (path: string, text: string): LayerEntry => ({ path, source: Buffer.from(text) });
const MODEL = [file('/app/models/t5/config.json', '{}')];
const DIGEST = `sha256:${sha256Hex(`${sha256Hex('{}')}  config.json\n`)}`;
const PROGRAM = [file('/app/lib/room/main.js', 'program')];

describe("the images of a contract's room", () => {
  const directory = useTemporaryDirectory();
  let count = 0;

  async function measure(...layers: (readonly LayerEntry[])[]): Promise<readonly string[]> {
    const out = join(directory(), `${(count += 1)}.tar`);
    const { manifestDigest } = await buildImage({ layers, entrypoint: ['node'] }, out);
    const example = exampleContract();
    const [summarizer] = example.room.containers;
    const contract: Contract = {
      ...example,
      model: { family: 't5', digest: DIGEST, layer: `sha256:${'0'.repeat(64)}` },
      room: {
        ...example.room,
        containers: [{ ...summarizer!, image: `contoso.azurecr.io/summarizer@${manifestDigest}` }],
      },
    };
    const images = await measureRoomImages(
      contract,
      { source: () => openImageArchive(out), meter: imageMeter(join(directory(), 'cache')) },
      { progress: SILENT, signal: new AbortController().signal },
    );
    return images.get('summarizer')!.layers.map(({ rootHash }) => rootHash);
  }

  it('are measured where the lowest layer is the model that the contract names', async () => {
    assert.equal((await measure(MODEL, PROGRAM)).length, 2);
  });

  it('I31: are refused where the lowest layer brings something else, and no model at all', async () => {
    const preload = [file('/etc/ld.so.preload', '/lib/evil.so'), file('/lib/evil.so', 'evil')];
    await assert.rejects(measure(preload, PROGRAM), { code: 'IMAGE_MODEL_LAYER' });
    await assert.rejects(measure(preload, MODEL, PROGRAM), { code: 'IMAGE_MODEL_LAYER' });
  });

  it('I31: are refused where the lowest layer is another model, or that model and a file more', async () => {
    const other = [file('/app/models/t5/config.json', '{"other":1}')];
    await assert.rejects(measure(other, PROGRAM), { code: 'MODEL_DIGEST_MISMATCH' });
    const more = [...MODEL, file('/app/models/t5/more.json', '{}')];
    await assert.rejects(measure(more, PROGRAM), { code: 'MODEL_DIGEST_MISMATCH' });
  });
});
