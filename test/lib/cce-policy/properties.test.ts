// What holds for every policy: strings survive the text, every change changes the hash, and no text or pattern holds us up.

import assert from 'node:assert/strict';
import { Readable } from 'node:stream';

import fc from 'fast-check';

import { compilePattern } from '../../../src/lib/cce-policy/pattern/pattern.js';
import { PatternMatcher } from '../../../src/lib/cce-policy/pattern/pattern-matcher.js';
import { anchorPattern } from '../../../src/lib/cce-policy/generate/patterns.js';
import { escapePattern } from '../../../src/lib/cce-policy/pattern/escape.js';
import { lintPolicy } from '../../../src/lib/cce-policy/lint/lint-policy.js';
import type { ContainerRule, PolicyContent } from '../../../src/lib/cce-policy/policy-document.js';
import { parsePolicy } from '../../../src/lib/cce-policy/read/policy-model.js';
import { renderPolicy } from '../../../src/lib/cce-policy/text/render-policy.js';
import { computeLayerRootHash } from '../../../src/lib/images/layer/root-hash.js';
import { expectedContent, policyVector } from '../../support/policy-vectors.js';
import { tarOf } from '../../support/tar-of.js';
import { processorSeconds } from '../../support/processor-time.js';

const CONTENT = expectedContent(policyVector('azurefile-1x'));
const OPTIONS = { profile: '2.0', layout: 'compact' } as const;
const TEXT = renderPolicy(CONTENT, OPTIONS).text;
const anyString = fc.string({ unit: 'binary' }).filter((text) => !/\p{Surrogate}/u.test(text));

function withContainer(change: Partial<ContainerRule>): PolicyContent {
  const [first, ...others] = CONTENT.containers;
  return { ...CONTENT, containers: [{ ...first!, ...change }, ...others] };
}

type Path = readonly (string | number)[];
type Json = { [key: string]: Json } | Json[] | string | number | boolean | null;

/** Where a rule has a string, a number or a boolean. */
function leavesOf(value: unknown, path: Path = []): readonly Path[] {
  if (typeof value !== 'object' || value === null) return value === null ? [] : [path];
  return Object.entries(value).flatMap(([key, inner]) => leavesOf(inner, [...path, key]));
}

function valueAt(value: Json, path: Path): Json {
  return path.reduce<Json>((inner, key) => (inner as Record<string, Json>)[key]!, value);
}

function setAt(value: Json, path: Path, changed: Json): void {
  (valueAt(value, path.slice(0, -1)) as Record<string, Json>)[path.at(-1)!] = changed;
}

describe('policy text, for every input', () => {
  for (const layout of ['compact', 'pretty'] as const) {
    it(`any string survives the ${layout} text`, () => {
      fc.assert(
        fc.property(fc.array(anyString, { minLength: 1 }), anyString, (command, working_dir) => {
          const { text } = renderPolicy(withContainer({ command, working_dir }), { ...OPTIONS, layout });
          assert.match(text, /^[\x00-\x7f]*$/);
          const model = parsePolicy(text);
          assert.ok(model.form === 'known');
          assert.deepEqual(model.containers[0]!.command, command);
          assert.equal(model.containers[0]!.working_dir, working_dir);
        }),
      );
    });
  }

  const before = renderPolicy(CONTENT, OPTIONS).hash;
  const first = CONTENT.containers[0]!;
  const changes: Readonly<Record<string, Partial<ContainerRule>>> = {
    'a layer': { layers: ['0'.repeat(64)] },
    'the command': { command: ['/x'] },
    'the value of a variable': {
      env_rules: first.env_rules.map((rule, i) => (i === 0 ? { ...rule, pattern: 'PATH=/x' } : rule)),
    },
    'a string rule turned into a pattern': {
      env_rules: first.env_rules.map((rule, i) => (i === 0 ? { ...rule, strategy: 're2' as const } : rule)),
    },
    'a required rule made optional': {
      env_rules: first.env_rules.map((rule, i) => (i === 0 ? { ...rule, required: true } : rule)),
    },
    'the order of variables': { env_rules: first.env_rules.toReversed() },
    'a mount': { mounts: first.mounts.map((mount) => ({ ...mount, destination: '/x' })) },
    'a label': { name: 'other' },
    stdio: { allow_stdio_access: !first.allow_stdio_access },
  };
  for (const [what, change] of Object.entries(changes)) {
    it(`I5: a change of ${what} changes the hash`, () => {
      assert.notEqual(renderPolicy(withContainer(change), OPTIONS).hash, before);
    });
  }

  it('I5: so does any other change of one value, whichever it is', () => {
    const leaves = leavesOf(first);
    fc.assert(
      fc.property(fc.constantFrom(...leaves), anyString, (path, text) => {
        const changed = structuredClone(first) as unknown as Json;
        const value = valueAt(changed, path);
        setAt(changed, path, typeof value === 'boolean' ? !value : `${JSON.stringify(value)}${text}`);
        assert.notEqual(renderPolicy(withContainer(changed as never), OPTIONS).hash, before);
      }),
      { numRuns: 300 },
    );
  });

  it('I12: so does any change of one byte of a file of the image', async () => {
    const content = Buffer.alloc(9000, 'content of a file. ');
    const layerOf = async (data: Buffer): Promise<string> => {
      const tar = await tarOf([{ name: 'app/main.js', data }]);
      return (await computeLayerRootHash(Readable.from([tar]))).rootHash;
    };
    const hashOf = async (data: Buffer): Promise<string> =>
      renderPolicy(withContainer({ layers: [await layerOf(data)] }), OPTIONS).hash;
    const original = await hashOf(content);
    await fc.assert(
      fc.asyncProperty(
        fc.nat(content.length - 1),
        fc.integer({ min: 1, max: 255 }),
        async (at, difference) => {
          const changed = Buffer.from(content);
          changed[at] = changed[at]! ^ difference;
          assert.notEqual(await hashOf(changed), original);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('I5: so does an extra fragment, and a line break', () => {
    const extra = { ...CONTENT, fragments: [...CONTENT.fragments, { ...CONTENT.fragments[0]!, feed: 'x' }] };
    assert.notEqual(renderPolicy(extra, OPTIONS).hash, before);
    assert.notEqual(parsePolicy(`${TEXT}\n`).hash, before);
  });
});

describe('the reader, on hostile text', () => {
  it('never throws on a policy with one edit, and never reads it as the same policy', () => {
    const edits = fc.tuple(fc.nat(TEXT.length - 1), fc.nat(3), fc.string({ unit: 'binary', maxLength: 4 }));
    fc.assert(
      fc.property(edits, ([at, removed, inserted]) => {
        const edited = TEXT.slice(0, at) + inserted + TEXT.slice(at + removed);
        const model = parsePolicy(edited);
        if (edited !== TEXT) assert.notEqual(model.hash, parsePolicy(TEXT).hash);
      }),
      { numRuns: 500 },
    );
  });

  it('never throws on text of Rego’s own letters', () => {
    const letters = fc.constantFrom(
      'package policy\n',
      'containers := ',
      '[',
      ']',
      '{',
      '}',
      '"',
      '\\',
      ',',
      ':',
      'data.',
      'x',
      '\n',
      '#',
      '`',
      '1',
      'null',
    );
    fc.assert(
      fc.property(fc.array(letters, { maxLength: 60 }), (parts) => {
        const model = parsePolicy(parts.join(''));
        assert.ok(model.form === 'known' || model.problem !== '');
      }),
      { numRuns: 1000 },
    );
  });

  for (const [what, text] of [
    ['a string of 5 MB', `package policy\nfragments := ["${'a'.repeat(5_000_000)}"]`],
    ['escapes of 5 MB', `package policy\nfragments := ["${'\\n'.repeat(2_500_000)}"]`],
    ['a string of 5 MB without an end', `package policy\nfragments := ["${'a'.repeat(5_000_000)}`],
    ['brackets of 5 MB', `package policy\nfragments := ${'['.repeat(5_000_000)}`],
    ['comments of 5 MB', `package policy\n${'# x\n'.repeat(1_250_000)}`],
    ['spaces of 5 MB', `package policy${' '.repeat(5_000_000)}`],
    [
      'layers of 5 MB',
      TEXT.replace(/"layers":\["[0-9a-f]+"\]/, `"layers":[${`"${'1'.repeat(64)}",`.repeat(74_000)}"x"]`),
    ],
  ] as const) {
    it(`reads or refuses ${what} within 3 seconds`, async () => {
      assert.ok((await processorSeconds(() => parsePolicy(text))) < 3);
    });
  }

  for (const [what, text] of [
    ['a rule with a body', `${TEXT}\nexec_in_container { input.x }`],
    ['a second answer', `${TEXT}\nmount_device := {"allowed": true}`],
    ['a name of its own', `${TEXT}\nhelper := 1`],
    ['another import', TEXT.replace('import future.keywords.in', 'import data.evil')],
    ['another package', TEXT.replace('package policy', 'package evil')],
    [
      'a point that refers elsewhere',
      TEXT.replace(
        'create_container := data.framework.create_container',
        'create_container := data.framework.get_properties',
      ),
    ],
    ['two statements on a line', TEXT.replace('\nallow_dump_stacks', ' allow_dump_stacks')],
    [
      'a duplicate member',
      TEXT.replace('"allow_elevated":false', '"allow_elevated":false,"allow_elevated":true'),
    ],
    ['a member of its own', TEXT.replace('"allow_elevated":false', '"allow_elevated":false,"devices":[]')],
    ['a default', `${TEXT}\ndefault exec_external := {"allowed": true}`],
    ['half a surrogate pair', TEXT.replace('"/aci/logs"', '"/aci/\\ud800"')],
  ] as const) {
    it(`I5: a policy with ${what} is of unknown form`, () => {
      assert.notEqual(text, TEXT);
      assert.equal(parsePolicy(text).form, 'unknown');
      assert.equal(lintPolicy(parsePolicy(text))[0]?.id, 'POLICY_FORM');
    });
  }
});

describe('patterns', () => {
  for (const [pattern, text] of [
    ['(a+)+$', `${'a'.repeat(20_000)}!`],
    ['(a|a)*b', 'a'.repeat(20_000)],
    ['(.*)(.*)(.*)(.*)(.*)x', 'a'.repeat(20_000)],
    ['(x{0,30}){0,30}y', 'x'.repeat(20_000)],
  ] as const) {
    it(`I7: ${pattern} cannot hold the matcher up`, async () => {
      const seconds = await processorSeconds(() => new PatternMatcher('anchored').matches(pattern, text));
      assert.ok(seconds < 5, `${seconds} s`);
    });
  }

  for (const pattern of [
    '(?=a)a',
    '(?<!a)b',
    '(a)\\1',
    'a**',
    'a{1001}',
    '(x{100}){11}',
    '[b-a]',
    '(',
    'a)',
    '\\Z',
    '*a',
  ]) {
    it(`refuses ${pattern}, as RE2 does`, () => {
      assert.throws(() => compilePattern(pattern));
    });
  }

  it('agrees with JavaScript on what both mean alike', () => {
    const atom = fc.constantFrom(
      'a',
      'b',
      '[ab]',
      '[^a]',
      '.',
      '(?:ab)',
      '(a|b)',
      '\\d',
      '\\w',
      'a?',
      'b*',
      '[a-c]+',
      'a{1,3}',
      '(?:a|bc)*',
      '^',
      '$',
      '\\b',
    );
    const pattern = fc.array(atom, { minLength: 1, maxLength: 6 }).map((atoms) => atoms.join(''));
    const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c', '1', ' ', '=', '_'), maxLength: 8 });
    fc.assert(
      fc.property(pattern, text, (source, subject) => {
        assert.equal(
          compilePattern(source).found(subject),
          new RegExp(source, 'u').test(subject),
          `${source} on ${subject}`,
        );
      }),
      { numRuns: 3000 },
    );
  });

  it('a name and value bound at both ends mean the same to old and new guests', () => {
    const value = fc.string({
      unit: fc.constantFrom('a', '1', '=', ' ', 'N', '\n', '.', '+'),
      maxLength: 10,
    });
    const pattern = anchorPattern(`${escapePattern('N.A')}=[a1]{1,5}|x`);
    const [old, current] = [new PatternMatcher('unanchored'), new PatternMatcher('anchored')];
    fc.assert(
      fc.property(value, value, (before, after) => {
        const variable = `${before}N.A=${after}`;
        assert.equal(old.matches(pattern, variable), current.matches(pattern, variable));
      }),
    );
  });
});
