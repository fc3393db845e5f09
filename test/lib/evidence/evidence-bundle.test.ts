// The bundle's one text: what is written is read, and nothing else is.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

import { Ajv2020 } from 'ajv/dist/2020.js';
import { Ajv } from 'ajv';

import { type EvidenceBundle, parseBundle, renderBundle } from '../../../src/lib/evidence/evidence-bundle.js';
import { renderBundleSchema } from '../../../tools/bundle-schema.js';
import { renderSelfTestFile } from '../../../tools/self-test-file.js';

const BUNDLE: EvidenceBundle = {
  collected: new Date('2026-11-23T00:00:00Z'),
  report: new Uint8Array(1184).fill(7),
  certificates: 'PEM\n',
  uvm: Uint8Array.of(0xd2, 0x84),
  policy: 'package policy\n',
  runtimeData: '{"v":1}',
  token: 'a.b.c',
  contract: { version: 1 },
  receipts: ['a.b.c'],
};
const TEXT = renderBundle(BUNDLE);

function parse(text: string): unknown {
  return parseBundle(new TextEncoder().encode(text));
}

describe('evidence bundle', () => {
  it('reads what it writes', () => {
    const { raw: _raw, ...read } = parseBundle(new TextEncoder().encode(TEXT));
    assert.deepEqual({ ...read, report: [...read.report] }, { ...BUNDLE, report: [...BUNDLE.report] });
    assert.ok(_raw.length > 0);
  });

  for (const [name, text] of [
    ['trailing newline', `${TEXT}\n`],
    ['trailing junk', `${TEXT}{}`],
    ['leading space', ` ${TEXT}`],
    ['byte order mark', `\ufeff${TEXT}`],
    ['duplicate key', TEXT.replace('"policy":', '"policy":"x","policy":')],
    [
      'other order',
      TEXT.replace('{"certificates":"PEM\\n",', '{').replace(/\}$/, ',"certificates":"PEM\\n"}'),
    ],
    ['other spelling of a string', TEXT.replace('"cleanroom-evidence"', '"cleanroom\\u002devidence"')],
    ['unknown member', TEXT.replace(/\}$/, ',"zzz":1}')],
    ['another version', TEXT.replace(/"version":1\}$/, '"version":2}')],
    ['base64 with loose bits', TEXT.replace('"uvm":"0oQ="', '"uvm":"0oR="')],
    ['missing report', TEXT.replace(/"report":"[^"]+",/, '')],
  ] as const) {
    it(`X5: refuses a bundle with ${name}`, () => {
      assert.notEqual(text, TEXT);
      assert.throws(() => parse(text), { code: 'EVIDENCE_MALFORMED' });
    });
  }

  it('has a JSON Schema that is fresh, and that its own text meets', () => {
    const file = readFileSync('templates/evidence-bundle.schema.json', 'utf8');
    assert.equal(file, renderBundleSchema());
    const schema = JSON.parse(file) as { $schema: string };
    const ajv = schema.$schema.includes('2020') ? new Ajv2020({ strict: false }) : new Ajv({ strict: false });
    ajv.addFormat('date-time', true).addFormat('base64', true);
    const validate = ajv.compile(schema);
    assert.equal(validate(JSON.parse(TEXT)), true, JSON.stringify(validate.errors));
    assert.equal(validate({ ...(JSON.parse(TEXT) as object), extra: 1 }), false);
  });

  it('ships the self-test that the vectors make', () => {
    assert.equal(readFileSync('templates/self-test.json', 'utf8'), renderSelfTestFile());
  });
});
