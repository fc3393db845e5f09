// The file of expectations: the documented one is met by real evidence, each of its demands is a check, and a demand that is
// misspelt or contradicts another is an error, never lost.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

import { PINNED_ANCHORS } from '../../../src/lib/attestation/anchors.js';
import { nodeSignatureCrypto } from '../../../src/lib/attestation/crypto/node-crypto.js';
import { readAppraisal } from '../../../src/lib/attestation/expectations.js';
import { checksOfStated } from '../../../src/lib/evidence/stated.js';
import { verifierPlan, type VerifierPlan } from '../../../src/lib/evidence/verifier-plan.js';
import { verifyPieces } from '../../../src/lib/evidence/verify-evidence-file.js';
import { evidenceVector, vectorParts } from '../../support/attestation-vectors.js';

const PAGE = readFileSync('docs/reference/evidence.md', 'utf8');
const [, EXAMPLE = ''] = /```json\n(\{\n {2}"at"[^`]*)```/.exec(PAGE) ?? [];
const TURIN = vectorParts(evidenceVector('aci-turin-v5-svn104-tav'));

const planOf = (text: string): VerifierPlan =>
  verifierPlan(
    { crypto: nodeSignatureCrypto, anchors: PINNED_ANCHORS, appraisal: readAppraisal(text) },
    new Date(),
  );

describe('an appraisal file', () => {
  it('is met, in the documented example, by published evidence: every check that it demands passes', async () => {
    const { plan } = planOf(EXAMPLE);
    const demanded = checksOfStated(plan.stated, 'room');
    assert.ok(demanded.length >= 22, demanded.join());
    const { verdict, checks } = await verifyPieces({ form: 'pieces', parts: TURIN }, plan);
    assert.equal(verdict, 'accepted');
    for (const id of demanded) assert.equal(checks.find((check) => check.id === id)?.status, 'pass', id);
  });

  it('has a row in the documentation for each key of the example', () => {
    const table = PAGE.slice(PAGE.indexOf('| key | meaning |'), PAGE.indexOf('A file with every key'));
    for (const key of Object.keys(JSON.parse(EXAMPLE) as object))
      assert.ok(table.includes(`\`${key}\``), key);
  });

  it('names the key that a misspelt one was meant to be, also inside another', () => {
    for (const [text, expected] of [
      ['{"min_svnn":100}', /^min_svnn: there is no such key\. Did you mean min_svn\?$/],
      ['{"MIN_TCB":{}}', /^MIN_TCB: .* Did you mean min_tcb\?$/],
      ['{"platform_info":{"tsme_on":true}}', /^platform_info\.tsme_on: .* Did you mean tsme_en\?$/],
      ['{"min_tcb":{"milan":{}}}', /^min_tcb\.milan: .* Did you mean Milan\?$/],
      ['{"min_tcb":{"Milan":{"microkode":1}}}', /^min_tcb\.Milan\.microkode: .* Did you mean microcode\?$/],
      ['{"whatever_else":1}', /^whatever_else: there is no such key\.$/],
      ['{"__proto__":{"min_svn":1}}', /there is no such key|__proto__/],
      ['{"min_svn":100,"min_svn":1}', /twice|duplicate|min_svn/],
    ] as const)
      assert.throws(() => readAppraisal(text), { code: 'APPRAISAL_INVALID', message: expected }, text);
  });

  it('states one value for one thing, also where two keys are for it', () => {
    const hash = (byte: string): string => byte.repeat(32);
    for (const text of [
      `{"expect_host_data":"${hash('ab')}","host_data":"${hash('cd')}"}`,
      `{"expect_report_data":"${hash('abab')}","report_data":"${hash('cdcd')}"}`,
      '{"at":"2026-11-23T00:00:00Z","now":1763000000}',
    ])
      assert.throws(() => readAppraisal(text), { code: 'APPRAISAL_INVALID' }, text);
    const same = readAppraisal('{"at":"2025-11-13T02:13:20Z","now":1763000000}');
    assert.equal(same.at?.getTime(), 1_763_000_000_000);
  });
});
