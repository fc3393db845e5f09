// Fragments, their imports, parameters and versions, as the guest takes them (framework 0.5.0).

import assert from 'node:assert/strict';
import { mountLayers } from '../../../support/policy-host.js';
import {
  LAYER,
  BASE,
  policy,
  imported,
  fragment,
  load,
  starts,
  parts,
} from '../../../support/guest-fragments.js';

describe('fragments with parameters', () => {
  const TEXT = fragment({
    parameters_api: { mode: { default: 'strict' }, size: {} },
    containers: [{ ...BASE, env_rules: [parts('MODE', 'parameter(mode)')] }],
  });

  it('takes the default where the import gives no value', () => {
    const guest = policy({ fragments: [imported()] });
    assert.equal(load(guest, TEXT).allowed, true);
    assert.equal(starts(guest, ['MODE=strict']), true);
  });

  it('takes the value of the import', () => {
    const guest = policy({ fragments: [imported({ parameters: { mode: 'lax' } })] });
    assert.equal(load(guest, TEXT).allowed, true);
    assert.equal(starts(guest, ['MODE=strict']), false);
  });

  it('takes members of a value', () => {
    const text = fragment({
      containers: [
        {
          ...BASE,
          env_rules: [
            {
              name: 'MODE',
              name_strategy: 'string',
              value: 'parameter(m).value',
              value_strategy: 'parameter(m).how',
              required: false,
            },
          ],
        },
      ],
    });
    const guest = policy({ fragments: [imported({ parameters: { m: { value: '[a-z]+', how: 're2' } } })] });
    assert.equal(load(guest, text).allowed, true);
    assert.equal(starts(guest, ['MODE=abc']), true);
  });

  it('brings no container where a parameter has neither value nor default', () => {
    const text = fragment({
      parameters_api: { size: {} },
      containers: [{ ...BASE, env_rules: [parts('SIZE', 'parameter(size)')] }],
    });
    const guest = policy({ fragments: [imported()] });
    assert.equal(load(guest, text).allowed, true);
    assert.equal(mountLayers(guest, [LAYER]).allowed, false);
  });

  it('is loaded once with each set of parameters', () => {
    const fragments = [imported({ parameters: { mode: 'a' } }), imported({ parameters: { mode: 'b' } })];
    for (const mode of ['a', 'b']) {
      const guest = policy({ fragments });
      assert.equal(load(guest, TEXT).allowed, true);
      assert.equal(starts(guest, [`MODE=${mode}`]), true);
    }
    const guest = policy({ fragments });
    load(guest, TEXT);
    assert.equal(starts(guest, ['MODE=strict']), false);
  });

  it('O3: denies a namespace with several sets of parameters', () => {
    const includes = ['containers', 'namespace'];
    const guest = policy({
      fragments: [
        imported({ includes, parameters: { mode: 'a' } }),
        imported({ includes, parameters: { mode: 'b' } }),
      ],
    });
    assert.equal(load(guest, TEXT).allowed, false);
    const single = policy({ fragments: [imported({ includes, parameters: { mode: 'a' } })] });
    assert.equal(load(single, TEXT).allowed, true);
  });

  it('hands parameters on to imports of a fragment', () => {
    const outer = fragment({
      parameters_api: { mode: { default: 'outer' } },
      fragments: [imported({ feed: 'inner', parameters: { mode: 'parameter(mode)' } })],
    });
    const guest = policy({ fragments: [imported({ includes: ['fragments'] })] });
    assert.equal(load(guest, outer).allowed, true);
    assert.equal(load(guest, TEXT, { feed: 'inner' }).allowed, true);
    assert.equal(starts(guest, ['MODE=outer']), true);
  });

  it('O3: takes no package clause that is not alone on the first line', () => {
    const guest = policy({ fragments: [imported()] });
    assert.equal(load(guest, `# note\n${TEXT}`).allowed, false);
    assert.equal(load(guest, TEXT.replace('package web', 'package framework')).allowed, false);
  });
});

describe('imports of fragments', () => {
  const TEXT = fragment({ containers: [BASE] });

  it('O3: are denied where two of one feed include different parts', () => {
    const fragments = [imported(), imported({ includes: ['containers', 'fragments'] })];
    assert.equal(load(policy({ fragments }), TEXT).allowed, false);
    assert.equal(load(policy({ fragments: [imported(), imported()] }), TEXT).allowed, true);
  });

  it('O3: compares only those whose least SVN the fragment has', () => {
    const fragments = [imported(), imported({ includes: ['fragments'], minimum_svn: '2' })];
    assert.equal(load(policy({ fragments }), TEXT).allowed, true);
    assert.equal(load(policy({ fragments }), fragment({ containers: [BASE] }, '2')).allowed, false);
  });

  it('O3: brings processes outside containers only where the policy has a list of its own, under older frameworks', () => {
    const process = { command: ['/x'], env_rules: [], working_dir: '/', allow_stdio_access: true };
    const text = fragment({ external_processes: [process] });
    const fragments = [imported({ includes: ['external_processes'] })];
    const request = { command: ['/x'], environment: [], workingDir: '/' };
    const older = policy({ fragments }, '0.2.3', '0.11.0');
    assert.equal(load(older, text).allowed, true);
    assert.equal(older.execExternal(request).allowed, false);
    const listed = policy({ fragments, external_processes: [] }, '0.2.3', '0.11.0');
    assert.equal(load(listed, text).allowed, true);
    assert.equal(listed.execExternal(request).allowed, true);
    const newest = policy({ fragments });
    assert.equal(load(newest, text).allowed, true);
    assert.equal(newest.execExternal(request).allowed, true);
  });
});

describe('SVNs of envelopes', () => {
  const minimum = { fragments: [imported({ minimum_svn: '3' })] };

  for (const [what, svn, headerSvn, allowed] of [
    ['the text alone', '3', undefined, true],
    ['a text below the least', '2', undefined, false],
    ['neither', null, undefined, false],
    ['the envelope alone', null, 3, true],
    ['an envelope below the least', null, 2, false],
    ['both, equal', '4', 4, true],
    ['both, different', '4', 5, false],
    ['an envelope below the least, and a text above', '4', 2, false],
  ] as const) {
    it(`O1: ${allowed ? 'takes' : 'denies'} a fragment with the SVN of ${what}`, () => {
      const text = fragment({ containers: [BASE] }, svn);
      const answer = load(policy(minimum), text, headerSvn === undefined ? {} : { headerSvn });
      assert.equal(answer.allowed, allowed);
    });
  }
});
