// The suite of peers itself: counts, versions, and what is said where a toolchain is missing. The peers are asked by `npm run peers`.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';

import { KUBECTL_RELEASES } from '../support/kubectl.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';
import { readPeersData } from './data.js';
import { lockedVersion } from './locked-version.js';
import { countAnswers, renderOutcomes } from './outcome.js';
import { PEERS } from './peers.js';

describe('peers', () => {
  const directory = useTemporaryDirectory();

  it('count a difference that is meant apart, and only where there is one', () => {
    const counted = countAnswers([
      { question: 'same', ours: 'a', theirs: 'a', byDesign: 'stricter' },
      { question: 'meant', ours: 'refused', theirs: 'a', byDesign: 'stricter' },
      { question: 'not meant', ours: 'a', theirs: 'refused', byDesign: null },
    ]);
    assert.deepEqual([counted.questions, counted.agreed, counted.byDesign], [3, 1, { stricter: 1 }]);
    assert.deepEqual(
      counted.disagreed.map(({ question }) => question),
      ['not meant'],
    );
    const table = renderOutcomes([
      { peer: 'p', version: '1', about: 'x', seconds: 1, notRun: null, ...counted },
    ]);
    assert.match(table, /DISAGREED: not meant: ours a, theirs refused/);
  });

  it('are locked to one version each, the one that the documents name', async () => {
    const { suite } = await readPeersData();
    assert.deepEqual(
      suite.map(({ peer, version }) => [peer, version]),
      PEERS.map((peer) => [peer.name, lockedVersion(peer)]).toSorted(),
    );
    assert.deepEqual(
      suite.filter(({ disagreed }) => disagreed > 0),
      [],
    );
  });

  it('name the kubectl that tests demand, and where', async () => {
    const kubectl = (await readPeersData()).tests.find(({ peer }) => peer === 'kubectl');
    assert.equal(kubectl?.version, KUBECTL_RELEASES.join(', '));
    for (const file of kubectl.test.split(', ')) assert.match(readFileSync(file, 'utf8'), /openKubectl\(/);
  });

  it('are demanded by the pipeline, but those that are asked by hand', () => {
    const lines = readFileSync('.ci/run', 'utf8').matchAll(/^peers\+?=,?(.*)$/gm);
    const demanded = [...lines].flatMap(([, names = '']) => names.split(','));
    const asked = PEERS.filter(({ byHand = false }) => !byHand).map(({ name }) => name);
    assert.deepEqual(demanded.toSorted(), asked.toSorted());
  });

  it('without their toolchain are named as not run, which is an error only where they are demanded', () => {
    const bin = join(directory(), 'bin');
    mkdirSync(bin);
    symlinkSync(process.execPath, join(bin, 'node'));
    const run = (demanded: string) =>
      spawnSync(process.execPath, ['--import', 'tsx', 'test/peers/run.ts', 'rfc8785', 'tink-go'], {
        encoding: 'utf8',
        env: {
          PATH: bin,
          HOME: directory(),
          CLEANROOM_PEERS_CACHE: join(directory(), 'cache'),
          CLEANROOM_REQUIRE_TOOLS: demanded,
        },
      });
    const free = run('1');
    assert.equal(free.status, 0, free.stderr);
    assert.match(free.stdout, /rfc8785\s+\S+\s+not run: python3 is not installed/);
    assert.match(free.stdout, /tink-go\s+\S+\s+not run: go is not installed/);
    const demanded = run('1,tink-go');
    assert.equal(demanded.status, 1);
    assert.match(demanded.stderr, /demanded and not run: tink-go/);
  });
});
