// Whose code a policy admits: this installation's own, what the contract names, and layers that a verifier knows herself.

import assert from 'node:assert/strict';

import { sha256Hex } from '../../../src/lib/base/bytes/digest.js';
import { generateContractPolicy } from '../../../src/lib/cce-policy/generate/contract-policy.js';
import type { MeasuredImage } from '../../../src/lib/cce-policy/measured-image.js';
import type { ParsedContract } from '../../../src/lib/contract/check.js';
import { measureOwnProgram, type OwnProgram } from '../../../src/lib/images/pack/own-program.js';
import type { ProgramName } from '../../../src/lib/images/pack/pack-program.js';
import { namedProgram, requireNamedProgram } from '../../../src/lib/parties/agree/named-program.js';
import { type OwnKnowledge, programJudge } from '../../../src/lib/parties/known-programs.js';
import {
  contractValue,
  measuredImage,
  parsedContract,
  SIDECAR_REFERENCE,
  SUMMARIZER_REFERENCE,
} from '../../support/room-fixture.js';
import { useTemporaryDirectory } from '../../support/temporary-directory.js';

const ROOTS = 'roots of this test';
const OTHER = measuredImage(SUMMARIZER_REFERENCE, ['system', 'another program']);

describe('the program of an agreement', function () {
  this.timeout(60_000);
  const directory = useTemporaryDirectory();
  const cacheBefore = process.env['XDG_CACHE_HOME'];
  let own: Record<ProgramName, OwnProgram>;

  after(() => {
    if (cacheBefore === undefined) delete process.env['XDG_CACHE_HOME'];
    else process.env['XDG_CACHE_HOME'] = cacheBefore;
  });
  before(async () => {
    // No base is in that cache: what is compared is the program without one.
    process.env['XDG_CACHE_HOME'] = directory();
    const measure = (program: ProgramName): Promise<OwnProgram> =>
      measureOwnProgram({
        packageRoot: process.cwd(),
        program,
        base: { kind: 'none' },
        releases: { v: 1, date: '2026-11-30', releases: [], sidecars: [] },
      });
    own = { summarizer: await measure('summarizer'), sidecar: await measure('sidecar') };
  });

  /* For a local Azure, whose sidecar is this toolkit's own. */
  function contractWith(program: object): ParsedContract {
    const value = contractValue();
    return parsedContract({
      ...value,
      room: { ...value.room, program },
      trust: { emulated: { anchors: `sha256:${'4'.repeat(64)}`, tlsRoots: `sha256:${sha256Hex(ROOTS)}` } },
    });
  }

  function imageOf(program: ProgramName, layers: readonly MeasuredImage['layers'][number][]): MeasuredImage {
    const reference = program === 'summarizer' ? SUMMARIZER_REFERENCE : SIDECAR_REFERENCE;
    const { config } = measuredImage(reference, [], own[program].config);
    return { reference, layers, config };
  }

  async function opinionOf(
    program: object,
    knowledge: OwnKnowledge = {},
    layers: readonly MeasuredImage['layers'][number][] = measuredLayers('summarizer'),
    changed: Partial<MeasuredImage['config']> = {},
  ): Promise<string> {
    const parsed = contractWith(program);
    const summarizer = imageOf('summarizer', layers);
    const images = new Map([
      ['summarizer', { ...summarizer, config: { ...summarizer.config, ...changed } }],
      ['skr', imageOf('sidecar', measuredLayers('sidecar'))],
    ]);
    const { text } = generateContractPolicy({ parsed, tlsRoots: ROOTS, images });
    const opinion = (await programJudge(parsed, { images, ...knowledge }))(text);
    return `${opinion.kind}: ${opinion.text}`;
  }

  function measuredLayers(program: ProgramName): MeasuredImage['layers'] {
    return own[program].layers.map(({ diffId, rootHash, bytes }) => ({
      diffId: diffId as MeasuredImage['layers'][number]['diffId'],
      rootHash: rootHash as MeasuredImage['layers'][number]['rootHash'],
      bytes,
    }));
  }

  it('is this installation’s own, built again, where the contract names its release', async () => {
    const [version = ''] = own.summarizer.release.split('+');
    assert.match(await opinionOf({ release: version }), /^known: .*summarizer .*\(rebuilt here\)/);
  });

  it('I32: is refused by `propose` where the layers that were named are not those of the image', async () => {
    const layers = OTHER.layers.map(({ rootHash }) => `sha256:${rootHash}`);
    const images = new Map([
      ['summarizer', imageOf('summarizer', OTHER.layers)],
      ['skr', imageOf('sidecar', measuredLayers('sidecar'))],
    ]);
    const propose = (named: readonly string[]): Promise<void> => {
      const parsed = contractWith(namedProgram(named, [SUMMARIZER_REFERENCE]));
      const { text } = generateContractPolicy({ parsed, tlsRoots: ROOTS, images });
      return requireNamedProgram(parsed, text, { trusted: named, images });
    };
    await propose(layers);
    for (const others of [layers.toReversed(), layers.slice(1)])
      await assert.rejects(propose(others), { code: 'STATEMENT_REFUTED', statements: ['PROGRAM'] });
  });

  it('is named by layers where these are stated, by an image’s digest not', () => {
    const [layer, image] = [`sha256:${'1'.repeat(64)}`, `sha256:${'2'.repeat(64)}`];
    assert.deepEqual(namedProgram([layer, image], [`registry.example/a@${image}`]), { layers: [layer] });
    assert.ok('release' in namedProgram([image], [`registry.example/a@${image}`]));
  });

  it('I19: is no release that the contract does not name, and no other layers', async () => {
    assert.match(await opinionOf({ release: '9.9.9' }), /^different: the contract names the release 9\.9\.9/);
    const [version = ''] = own.summarizer.release.split('+');
    assert.match(await opinionOf({ release: version }, {}, OTHER.layers), /^different: /);
  });

  it('I32: is not known by what a contract says of its layers, but by what the verifier states', async () => {
    const layers = OTHER.layers.map(({ rootHash }) => `sha256:${rootHash}`);
    const program = { layers };
    assert.match(await opinionOf(program, {}, OTHER.layers), /^unknown: .*--trust-program sha256:/);
    assert.match(await opinionOf(program, { trusted: layers.slice(1) }, OTHER.layers), /^unknown: /);
    assert.match(
      await opinionOf(program, { trusted: layers }, OTHER.layers),
      /^known: .*the code that you named/,
    );
    assert.match(await opinionOf(program, { trusted: layers }), /^different: /, 'another program than named');
  });

  it('I32: starts as this toolkit’s does, unless the image itself is named', async () => {
    const layers = OTHER.layers.map(({ rootHash }) => `sha256:${rootHash}`);
    const changed = { entrypoint: ['node', '-e', 'process.stdout.write(1)'] };
    assert.match(await opinionOf({ layers }, { trusted: layers }, OTHER.layers, changed), /^different: /);
    const digest = SUMMARIZER_REFERENCE.slice(SUMMARIZER_REFERENCE.indexOf('@') + 1);
    assert.match(
      await opinionOf({ layers }, { trusted: [...layers, digest] }, OTHER.layers, changed),
      /^known: /,
    );
  });
});
