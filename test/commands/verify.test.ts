// `cleanroom verify` on every shared vector and in each of its forms: argv in; exit code and JSON out.

import assert from 'node:assert/strict';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { renderBundle } from '../../src/lib/audit/evidence-bundle.js';
import {
  EVIDENCE_VECTORS,
  type EvidenceVector,
  TOKEN_VECTORS,
  VECTORS,
} from '../support/attestation-vectors.js';
import { emulatedRoom } from '../support/emulated-evidence.js';
import { runCleanroom, runCleanroomJson } from '../support/run-command.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';

interface Outcome {
  readonly code: number;
  readonly result: {
    readonly verdict: string;
    readonly trust: string;
    readonly checks: readonly { readonly id: string; readonly status: string; readonly reason?: string }[];
  };
  readonly failed: readonly string[];
}

async function verify(...argv: readonly string[]): Promise<Outcome> {
  const { code, json } = await runCleanroomJson('verify', ...argv);
  assert.equal(json['ok'], true, JSON.stringify(json['error']));
  const result = json['result'] as Outcome['result'];
  const failed = result.checks.filter((check) => check.status === 'fail').map((check) => check.id);
  return { code, result, failed };
}

async function errorOf(
  ...argv: readonly string[]
): Promise<{ readonly code: number; readonly error: string }> {
  const { code, json } = await runCleanroomJson('verify', ...argv);
  return { code, error: (json['error'] as { code: string } | undefined)?.code ?? 'none' };
}

const FLAG: Readonly<Record<string, string>> = {
  report: '--report',
  endorsements: '--certs',
  uvm: '--uvm',
  policy: '--policy',
  runtime_data: '--runtime-data',
};

function pieceFlags({ inputs, trust_anchors: anchors }: EvidenceVector): readonly string[] {
  const pieces = Object.entries(inputs).flatMap(([part, path]) => [FLAG[part] ?? '', join(VECTORS, path)]);
  const synthetic = anchors?.startsWith('synthetic/') === true;
  return synthetic ? [...pieces, '--anchors', join(VECTORS, anchors), '--allow-emulated'] : pieces;
}

const SET = join(VECTORS, 'sets/aci-milan-v3-svn103-ec');
const PIECES = ['--report', `${SET}/report.bin`, '--certs', `${SET}/endorsements.pem`];

describe('cleanroom verify', function () {
  this.timeout(60_000);
  const directory = useTemporaryDirectory();

  for (const vector of EVIDENCE_VECTORS) {
    it(`${vector.expected_verdict}s the vector ${vector.name}`, async () => {
      const appraisal = join(directory(), 'appraisal.json');
      writeFileSync(appraisal, JSON.stringify(vector.options));
      const { code, failed, result } = await verify(...pieceFlags(vector), '--appraisal', appraisal);
      assert.deepEqual(failed.toSorted(), vector.expected_reasons.toSorted());
      assert.equal(code, vector.expected_verdict === 'accept' ? 0 : 5);
      assert.equal(result.verdict, vector.expected_verdict === 'accept' ? 'accepted' : 'refused');
    });
  }

  for (const vector of TOKEN_VECTORS) {
    it(`${vector.expected_verdict}s the token ${vector.name}`, async () => {
      const appraisal = join(directory(), 'appraisal.json');
      writeFileSync(appraisal, JSON.stringify(vector.options));
      const { token, jwks } = vector.inputs;
      const files = ['--maa-token', join(VECTORS, token), '--jwks', join(VECTORS, jwks)];
      const { code, failed, result } = await verify(...files, '--appraisal', appraisal);
      assert.deepEqual(failed.toSorted(), vector.expected_reasons.toSorted());
      assert.equal(code, vector.expected_verdict === 'accept' ? 0 : 5);
      assert.equal(result.trust, 'service');
    });
  }

  it('I9: names a published policy and a published key in warnings, and refuses them on demand', async () => {
    const good = await verify(...PIECES);
    assert.equal(good.code, 0);
    for (const id of ['POLICY_NOT_PUBLIC', 'RUNTIME_KEY_NOT_PUBLIC']) {
      assert.match(good.result.checks.find((check) => check.id === id)?.reason ?? '', /^warning: /);
      assert.deepEqual((await verify(...PIECES, '--require', id)).failed, [id]);
    }
  });

  it('O5: refuses anchors from a file unless they are allowed', async () => {
    const anchors = join(VECTORS, 'synthetic/roots/roots-test.json');
    const { code, failed, result } = await verify(...PIECES, '--anchors', anchors);
    assert.equal(code, 5);
    assert.ok(failed.includes('TRUST_ROOTS'));
    assert.equal(result.trust, 'emulated');
  });

  it('O5: reads no anchors out of an empty file', async () => {
    const empty = join(directory(), 'empty.json');
    writeFileSync(empty, '[]');
    const flags = ['--anchors', empty, '--allow-emulated'];
    assert.deepEqual(await errorOf(...PIECES, ...flags), { code: 3, error: 'ANCHORS_INVALID' });
  });

  it('refuses a report alone: nobody signed it', async () => {
    assert.deepEqual((await verify('--report', `${SET}/report.bin`)).failed, ['REPORT_SIGNATURE']);
  });

  it('refuses a token without a key set: nobody signed it', async () => {
    const { failed } = await verify('--maa-token', join(VECTORS, 'maa/ok.jwt'), '--at', '1763000000');
    assert.deepEqual(failed, ['JWT_SIGNATURE']);
  });

  it('tells a missing file, a file in no form, an unknown key, and an unknown check apart', async () => {
    const odd = join(directory(), 'odd.json');
    writeFileSync(odd, '{"min_svn_":1}');
    assert.deepEqual(await errorOf('nowhere.evidence.json'), { code: 3, error: 'FILE_NOT_FOUND' });
    assert.deepEqual(await errorOf(odd), { code: 3, error: 'EVIDENCE_UNKNOWN_FORM' });
    assert.deepEqual(await errorOf(...PIECES, '--appraisal', odd), { code: 3, error: 'APPRAISAL_INVALID' });
    assert.deepEqual(await errorOf(...PIECES, '--require', 'NONSENSE'), { code: 2, error: 'USAGE' });
    assert.deepEqual(await errorOf(), { code: 2, error: 'USAGE' });
  });

  it('verifies a bundle under its contract, and writes the page', async () => {
    const room = await emulatedRoom();
    const [bundle, anchors, contract, html] = [
      'room.evidence.json',
      'anchors.json',
      'contract.json',
      'out.html',
    ].map((name) => join(directory(), name)) as [string, string, string, string];
    writeFileSync(bundle, renderBundle(room.bundle()));
    writeFileSync(anchors, room.anchorsText);
    writeFileSync(contract, room.contract.canonical);
    const flags = ['-f', contract, '--anchors', anchors, '--allow-emulated', '--html', html];
    const { code, result } = await verify(bundle, ...flags);
    assert.equal(code, 0);
    assert.equal(result.trust, 'emulated');
    assert.match(readFileSync(html, 'utf8'), /<h1>Accepted<\/h1>/);
  });

  it('verifies a directory with mixed files, and says which are none', async () => {
    const mixed = join(directory(), 'mixed');
    mkdirSync(mixed);
    cpSync(join(VECTORS, 'sets/aci-milan-v3-maa-request/maa-request.json'), join(mixed, 'a.json'));
    writeFileSync(join(mixed, 'notes.txt'), 'not evidence \u001b[31m');
    const { code, json } = await runCleanroomJson('verify', mixed);
    const result = json['result'] as { accepted: number; notEvidence: number };
    assert.deepEqual([code, result.accepted, result.notEvidence], [0, 1, 1]);
    writeFileSync(join(mixed, 'b.evidence.json'), '{}');
    assert.equal((await runCleanroomJson('verify', mixed)).code, 3);
    cpSync(`${SET}/report.bin`, join(mixed, 'report.bin'));
    assert.equal((await runCleanroomJson('verify', mixed)).code, 5);
  });

  it('says that a room cannot be reached, apart from a refusal', async () => {
    assert.deepEqual(await errorOf('https://127.0.0.1:9'), { code: 6, error: 'ROOM_UNREACHABLE' });
    assert.deepEqual(await errorOf('http://127.0.0.1:9'), { code: 2, error: 'USAGE' });
  });

  it('reads a security-context directory', async () => {
    const { result } = await verify(join(VECTORS, 'sets/aci-mixed-hosts-sample'));
    const failed = result.checks.filter((check) => check.status === 'fail').map((check) => check.id);
    assert.deepEqual(failed, ['REPORT_SIGNATURE', 'HWID']);
  });

  it('runs the shipped attacks', async () => {
    const { code, json } = await runCleanroomJson('verify', '--self-test');
    const result = json['result'] as Record<string, unknown>;
    assert.equal(code, 0);
    assert.deepEqual(result['wrong'], []);
    assert.equal(result['attacks'], result['attacksRefused']);
  });

  it('shows the answer first, and no control character of a file on the terminal', async () => {
    const token = join(directory(), 'token.jwt');
    const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    writeFileSync(token, `${part({ alg: '\u001b[2J' })}.${part({ iss: 'x\u202e' })}.`);
    const { stdout, code } = await runCleanroom('verify', '--maa-token', token);
    assert.equal(code, 5);
    assert.match(stdout, /^refused {2}/);
    assert.doesNotMatch(stdout, /\u001b\[2J|\u202e/);
  });
});
