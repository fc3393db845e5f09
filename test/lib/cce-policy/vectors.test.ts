// Policies that confcom's authors published (test/vectors/policy): the text from the data, and the data from the text.

import assert from 'node:assert/strict';

import { renderPolicy } from '../../../src/lib/cce-policy/text/render-policy.js';
import { parsePolicy } from '../../../src/lib/cce-policy/read/policy-model.js';
import { expectedContent, policyVectors, profileOf } from '../../support/policy-vectors.js';

describe('policy text of the published vectors', () => {
  for (const vector of policyVectors()) {
    const options = { profile: profileOf(vector) };

    it(`${vector.name}: the compact text has the published length and hash`, () => {
      const { text, hash } = renderPolicy(expectedContent(vector), { ...options, layout: 'compact' });
      assert.equal(text.length, vector.expected.outraw_bytes);
      assert.equal(hash, vector.expected.outraw_sha256);
    });

    it(`${vector.name}: the pretty text has its length and hash`, () => {
      const { text, hash } = renderPolicy(expectedContent(vector), { ...options, layout: 'pretty' });
      assert.equal(text.length, vector.expected.outraw_pretty_print_bytes);
      assert.equal(hash, vector.expected.outraw_pretty_print_sha256);
    });

    for (const layout of ['compact', 'pretty'] as const) {
      it(`${vector.name}: the ${layout} text reads back as the same data`, () => {
        const content = expectedContent(vector);
        const model = parsePolicy(renderPolicy(content, { ...options, layout }).text);
        assert.ok(model.form === 'known', model.form === 'unknown' ? model.problem : '');
        assert.deepEqual(model.containers, content.containers);
        assert.deepEqual(model.fragments, content.fragments);
        assert.deepEqual(model.flags, content.flags);
        assert.deepEqual([...model.points.keys()], vector.expected.enforcement_points);
      });
    }
  }
});
