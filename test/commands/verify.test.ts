// `cleanroom verify` on every shared vector and in each of its forms: argv in; exit code and JSON out.

import assert from 'node:assert/strict';
import { cpSync, mkdirSync, rmSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { renderBundle } from '../../src/lib/evidence/evidence-bundle.js';
import { utf8 } from '../../src/lib/base/bytes/arrays.js';
import { sha256Hex } from '../../src/lib/base/bytes/digest.js';
import { headerSize } from '../../src/lib/sealed-blob/format/header.js';
import { keyThumbprint } from '../../src/lib/keys/key-thumbprint.js';
import {
  EVIDENCE_VECTORS,
  type EvidenceVector,
  TOKEN_VECTORS,
  VECTORS,
} from '../support/attestation-vectors.js';
import { emulatedRoom, refusalReceipt } from '../support/emulated-evidence.js';
import { runCleanroom, runCleanroomJson } from '../support/run-command.js';
import { ecParty, sealBytes } from '../support/sealed.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';

interface Outcome {
  readonly code: number;
  readonly result: {
    readonly verdict: string;
    readonly trust: string | null;
    readonly statements: readonly { readonly id: string; readonly status: string }[];
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
  const scope = 'report' in inputs && !('uvm' in inputs) ? ['--scope', 'report'] : [];
  const synthetic = anchors?.startsWith('synthetic/') === true;
  if (!synthetic) return [...pieces, ...scope];
  return [...pieces, ...scope, '--anchors', join(VECTORS, anchors), '--allow-emulated'];
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
      // The vectors ask one floor of the reported firmware; here it holds at launch too.
      const reasons = failed.filter((id) => id !== 'LAUNCH_TCB');
      assert.deepEqual(reasons.toSorted(), vector.expected_reasons.toSorted());
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
      assert.equal(result.trust, vector.expected_verdict === 'accept' ? 'service' : null);
    });
  }

  it('I9: names a published policy and a published key in warnings, and refuses them on demand', async () => {
    const good = await verify(...PIECES, '--scope', 'report');
    assert.equal(good.code, 0);
    for (const id of ['POLICY_NOT_PUBLIC', 'RUNTIME_KEY_NOT_PUBLIC']) {
      assert.match(good.result.checks.find((check) => check.id === id)?.reason ?? '', /^warning: /);
      assert.equal(
        (await verify(...PIECES, '--scope', 'report', '--require', id)).result.verdict,
        'unproven',
      );
    }
  });

  it('O5: refuses anchors from a file unless they are allowed', async () => {
    const anchors = join(VECTORS, 'synthetic/roots/roots-test.json');
    const { code, failed, result } = await verify(...PIECES, '--anchors', anchors);
    assert.equal(code, 5);
    assert.ok(failed.includes('TRUST_ROOTS'));
    assert.equal(result.trust, null);
  });

  it('O5: reads no anchors out of an empty file', async () => {
    const empty = join(directory(), 'empty.json');
    writeFileSync(empty, '[]');
    const flags = ['--anchors', empty, '--allow-emulated'];
    assert.deepEqual(await errorOf(...PIECES, ...flags), { code: 3, error: 'ANCHORS_INVALID' });
  });

  it('refuses a report alone: nobody signed it', async () => {
    const { code, result } = await verify('--report', `${SET}/report.bin`);
    assert.deepEqual([code, result.verdict], [5, 'unproven']);
  });

  it('refuses a token without a key set: nobody signed it', async () => {
    const { code, result } = await verify('--maa-token', join(VECTORS, 'maa/ok.jwt'), '--at', '1763000000');
    assert.deepEqual([code, result.verdict], [5, 'unproven']);
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

  it('I21: proves a contract only with the program known and the parties’ signatures, and writes the page', async () => {
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
    assert.deepEqual([code, result.verdict, result.trust], [5, 'unproven', null]);
    const status = Object.fromEntries(result.statements.map(({ id, status: found }) => [id, found]));
    assert.deepEqual(
      ['HARDWARE', 'GUEST', 'POLICY', 'PROGRAM', 'CONTRACT', 'CONSENT'].map((id) => status[id]),
      ['proven', 'proven', 'proven', 'unproven', 'proven', 'unproven'],
    );
    assert.match(readFileSync(html, 'utf8'), /<h1>Unproven<\/h1>/);
  });

  it('compares the key of a receipt with the sealed blob that is given, and refuses another', async () => {
    const room = await emulatedRoom();
    const keyId = 'https://fabrikam-hsm.managedhsm.azure.net/keys/quarterly-notes/0123abc';
    const party = ecParty();
    const blob = await sealBytes(utf8('text'), { ...party, recipient: { ...party.recipient, keyId } });
    const [sealed, anchors, bundle] = ['notes.sealed', 'anchors.json', 'keys.evidence.json'].map((name) =>
      join(directory(), name),
    ) as [string, string, string];
    writeFileSync(sealed, blob);
    writeFileSync(anchors, room.anchorsText);
    for (const [jkt, code] of [
      [keyThumbprint(party.recipient.key), 0],
      ['k'.repeat(43), 5],
    ] as const) {
      const input = {
        ...{ dataset: 'notes', owner: 'fabrikam', kind: 'text' as const, version: '1', key: keyId, jkt },
        header: sha256Hex(blob.subarray(0, headerSize(blob))),
        payload: sha256Hex('payload'),
      };
      writeFileSync(bundle, renderBundle(room.bundle({ receipts: [refusalReceipt(room, [input])] })));
      const argv = [bundle, '--anchors', anchors, '--allow-emulated', '--sealed', sealed];
      const outcome = await verify(...argv);
      assert.equal(outcome.code, code);
      assert.deepEqual(outcome.failed, code === 0 ? [] : ['RECEIPT_JKT']);
    }
    writeFileSync(sealed, 'CLNROOM1 but no blob');
    assert.deepEqual(await errorOf(bundle, '--sealed', sealed), { code: 5, error: 'SEALED_BLOB_REJECTED' });
    assert.deepEqual(await errorOf(bundle, '--sealed', `${sealed}.gone`), {
      code: 3,
      error: 'FILE_NOT_FOUND',
    });
  });

  it('verifies a directory with mixed files, and says which are none', async () => {
    const mixed = join(directory(), 'mixed');
    mkdirSync(mixed);
    cpSync(join(VECTORS, 'sets/aci-milan-v3-maa-request/maa-request.json'), join(mixed, 'a.json'));
    writeFileSync(join(mixed, 'notes.txt'), 'not evidence \u001b[31m');
    const { code, json } = await runCleanroomJson('verify', mixed);
    const result = json['result'] as { accepted: number; notEvidence: number };
    assert.deepEqual([code, result.accepted, result.notEvidence], [0, 1, 1]);
    symlinkSync(resolve(SET, 'report.bin'), join(mixed, 'link.bin'));
    writeFileSync(join(mixed, '.hidden.evidence.json'), '{}');
    const counted = await runCleanroomJson('verify', mixed);
    assert.equal((counted.json['result'] as { leftOut: number }).leftOut, 2);
    assert.ok(
      (counted.json['warnings'] as string[]).includes('2 links and hidden files were not read'),
      String(counted.json['warnings']),
    );
    writeFileSync(join(mixed, 'b.evidence.json'), '{}');
    assert.equal((await runCleanroomJson('verify', mixed)).code, 3);
    cpSync(`${SET}/report.bin`, join(mixed, 'report.bin'));
    assert.equal((await runCleanroomJson('verify', mixed)).code, 5);
  });

  it('takes policy and runtime data beside an answer of the sidecar', async () => {
    const base64 = (name: string): string => readFileSync(join(SET, name)).toString('base64');
    const answer = join(directory(), 'combined.json');
    const [evidence, endorsements, uvm] = ['report.bin', 'endorsements.pem', 'reference-info.cose'].map(
      base64,
    );
    writeFileSync(
      answer,
      JSON.stringify({ evidence, endorsements, uvm_endorsements: uvm, endorsed_tcb: 'DB' }),
    );
    const pieces = ['--policy', `${SET}/security-policy.rego`, '--runtime-data', `${SET}/runtime-data.pem`];
    const required = ['--require', 'HOST_DATA', '--require', 'REPORT_DATA'];
    assert.deepEqual((await verify(answer, ...pieces, ...required)).failed, []);
    const other = ['--policy', `${SET}/runtime-data.pem`];
    assert.deepEqual((await verify(answer, ...other)).failed, ['HOST_DATA']);
    assert.deepEqual(await errorOf(answer, '--report', `${SET}/report.bin`), { code: 2, error: 'USAGE' });
  });

  it('takes the report beside a security-context directory, which never holds one, and says where it is missing', async () => {
    const context = join(directory(), 'security-context');
    mkdirSync(context);
    const base64 = (name: string): string => readFileSync(join(SET, name)).toString('base64');
    const [vcekCert = '', ...chain] = readFileSync(`${SET}/endorsements.pem`, 'utf8').split(
      /(?<=END CERTIFICATE-----\n)/,
    );
    const thim = JSON.stringify({ vcekCert, certificateChain: chain.join(''), tcbm: 'DB18000000000004' });
    writeFileSync(join(context, 'host-amd-cert-base64'), Buffer.from(thim).toString('base64'));
    writeFileSync(join(context, 'reference-info-base64'), base64('reference-info.cose'));
    writeFileSync(join(context, 'security-policy-base64'), base64('security-policy.rego'));
    const whole = await verify(context, '--report', `${SET}/report.bin`, '--require', 'HOST_DATA');
    assert.deepEqual([whole.code, whole.failed], [0, []]);
    const { code, json } = await runCleanroomJson('verify', context);
    assert.equal(code, 0);
    assert.match((json['warnings'] as string[]).join('\n'), /there is no statement about a room/);
  });

  it('I20: lets a security context hide no other file of its directory: what was not read is counted, a bundle is verified', async () => {
    const context = join(directory(), 'context-and-more');
    mkdirSync(context);
    writeFileSync(join(context, 'reference-info-base64'), readFileSync(join(SET, 'reference-info.cose')));
    writeFileSync(join(context, 'notes.txt'), 'no evidence');
    const { json } = await runCleanroomJson('verify', context);
    assert.match((json['warnings'] as string[]).join('\n'), /^1 other files of the directory were not read/);
    const forged = (await emulatedRoom()).bundle({ report: new Uint8Array(1184) });
    writeFileSync(join(context, 'forged.evidence.json'), renderBundle(forged));
    const audit = await runCleanroomJson('verify', context);
    assert.deepEqual([audit.code, (audit.json['result'] as { refused: number }).refused], [5, 1]);
    rmSync(context, { recursive: true });
    mkdirSync(join(context, 'reference-info-base64'), { recursive: true });
    assert.deepEqual(await errorOf(context), { code: 3, error: 'FILE_UNREADABLE' });
  });

  it('refuses to guess between a bundle and pieces beside it', async () => {
    const bundle = join(directory(), 'beside.evidence.json');
    writeFileSync(bundle, renderBundle((await emulatedRoom()).bundle()));
    const policy = ['--policy', `${SET}/security-policy.rego`];
    assert.deepEqual(await errorOf(bundle, ...policy), { code: 2, error: 'USAGE' });
    assert.deepEqual(await errorOf('test/vectors/attestation', ...policy), { code: 2, error: 'USAGE' });
  });

  /* A part that its flag names and that does not parse: the check that fails, exit 5 with and without --json. */
  for (const [flag, failing] of [
    ['report', 'REPORT_LENGTH'],
    ['certs', 'ENDORSEMENT_FORMAT'],
    ['uvm', 'UVM_FORMAT'],
    ['policy', 'HOST_DATA'],
    ['runtime-data', 'REPORT_DATA'],
    ['maa-token', 'JWT_FORMAT'],
  ] as const) {
    it(`refuses bytes that are no ${flag}, naming ${failing}`, async () => {
      const garbage = join(directory(), 'garbage');
      writeFileSync(garbage, 'garbage \u001b[31m');
      const pieces = {
        report: `${SET}/report.bin`,
        certs: `${SET}/endorsements.pem`,
        uvm: `${SET}/reference-info.cose`,
        [flag]: garbage,
      };
      const argv = Object.entries(pieces).flatMap(([name, path]) => [`--${name}`, path]);
      const { code, failed } = await verify(...argv);
      assert.ok(failed.includes(failing), failed.join());
      assert.equal(code, 5);
      const plain = await runCleanroom('verify', ...argv);
      assert.equal(plain.code, 5);
      assert.match(plain.stdout, new RegExp(`fail +${failing}`));
      assert.ok(!plain.stdout.includes('\u001b'));
    });
  }

  it('X5: bounds what it reads: a file, a piece or stdin over 16 MiB is bad input', async () => {
    const huge = join(directory(), 'huge.evidence.json');
    writeFileSync(huge, Buffer.alloc(16 * 1024 * 1024 + 1, '{'));
    assert.equal((await errorOf(huge)).code, 3);
    assert.equal((await errorOf('--report', huge, '--certs', `${SET}/endorsements.pem`)).code, 3);
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
