// @cleanroom/verify as an auditor gets it: packed, installed into an empty directory without network, run in Node and as a
// browser's file, compiled against.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

import { buildVerify } from '../../packages/verify/build.js';
import type * as verifier from '../../packages/verify/src/node.js';
import { EVIDENCE_VECTORS, VECTORS } from '../support/attestation-vectors.js';
import { npm, packInto } from '../support/npm-install.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';

const MAX_BYTES = 1024 * 1024;

const CONSUMER = `
import {
  accepted, CleanroomError, defaultExpectations, type EvidenceBundle, parseBundle, parseSnpReport, PINNED_ANCHORS,
  signatureCrypto, type SnpReport, type VerificationPlan, verificationPlan, verifyEvidenceFile,
} from '@cleanroom/verify';

const plan: VerificationPlan = verificationPlan({
  anchors: PINNED_ANCHORS, expectations: defaultExpectations(new Date()), crypto: signatureCrypto,
});
const verdict = await verifyEvidenceFile(new Uint8Array(), plan);
export const word: 'accepted' | 'refused' | 'unproven' = verdict.verdict;
export const bundle: EvidenceBundle = parseBundle(new Uint8Array());
export const report: SnpReport = parseSnpReport(new Uint8Array(1184));
export { accepted, CleanroomError };
// @ts-expect-error a plan names its contract as an object: types are read, and are not any
verificationPlan({ ...plan, contract: 'contract.yaml' });
`;

describe('the package @cleanroom/verify', function () {
  this.timeout(180_000);
  const root = useTemporaryDirectory();
  const installed = (): string => join(root(), 'auditor/node_modules/@cleanroom/verify');
  const auditor = (): string => join(root(), 'auditor');

  before(async () => {
    await buildVerify('packages/verify');
    mkdirSync(auditor());
    const archive = packInto(root(), resolve('packages/verify'));
    writeFileSync(join(auditor(), 'package.json'), '{"private":true,"type":"module"}');
    npm(auditor(), 'install', '--offline', archive);
  });

  const filesOf = (directory: string): readonly string[] =>
    readdirSync(directory, { recursive: true, encoding: 'utf8' })
      .map((name) => join(directory, name))
      .filter((path) => statSync(path).isFile());
  const run = (...args: readonly string[]) =>
    spawnSync(process.execPath, args, {
      cwd: auditor(),
      encoding: 'utf8',
      env: { PATH: process.env['PATH'] },
    });

  it('is at most 1 MB, one package, with no dependency', () => {
    const bytes = filesOf(installed()).reduce((sum, path) => sum + statSync(path).size, 0);
    console.log(`    ${Math.round(bytes / 1024)} KiB installed`);
    assert.ok(bytes <= MAX_BYTES, `${bytes} bytes`);
    const manifest = JSON.parse(readFileSync(join(installed(), 'package.json'), 'utf8')) as object;
    assert.deepEqual(
      Object.keys(manifest).filter((name) => /dependencies/i.test(name)),
      [],
    );
    const others = readdirSync(join(auditor(), 'node_modules')).filter((name) => !name.startsWith('.'));
    assert.deepEqual(others, ['@cleanroom']);
  });

  it('verifies the real evidence that comes with it', () => {
    const { status, stdout, stderr } = run('node_modules/@cleanroom/verify/example/verify.mjs');
    assert.equal(status, 0, stdout + stderr);
    assert.match(stdout, /proven {4}HARDWARE[\s\S]*maa-request: accepted, trust: hardware\n$/);
  });

  it('refuses evidence in which one byte is another', () => {
    const path = join(installed(), 'example/maa-request.json');
    const request = JSON.parse(readFileSync(path, 'utf8')) as { report: string };
    const evidence = JSON.parse(Buffer.from(request.report, 'base64url').toString()) as { SnpReport: string };
    const report = Buffer.from(evidence.SnpReport, 'base64url');
    report[192]! ^= 1;
    evidence.SnpReport = report.toString('base64url');
    request.report = Buffer.from(JSON.stringify(evidence)).toString('base64url');
    writeFileSync(join(auditor(), 'changed.json'), JSON.stringify(request));
    const { status, stdout } = run('node_modules/@cleanroom/verify/example/verify.mjs', 'changed.json');
    assert.equal(status, 5);
    assert.match(stdout, /fail {6}REPORT_SIGNATURE[\s\S]*refused, trust: none/);
  });

  it('says the same in its two forms, of real and of changed evidence', async () => {
    const forms = await Promise.all(
      ['node.js', 'browser.js'].map(
        (name) => import(pathToFileURL(join(installed(), 'dist', name)).href) as Promise<typeof verifier>,
      ),
    );
    const words = new Set<string>();
    for (const { name, inputs } of EVIDENCE_VECTORS.filter(
      ({ inputs }) => inputs['report'] !== undefined,
    ).slice(0, 40)) {
      const read = (part: keyof typeof inputs): object => {
        const path = inputs[part];
        return path === undefined ? {} : { [part]: readFileSync(join(VECTORS, path)) };
      };
      const parts = { ...read('report'), ...read('endorsements'), ...read('uvm'), ...read('policy') };
      const verdicts = await Promise.all(
        forms.map(async (form) => {
          const plan = form.verificationPlan({
            anchors: form.PINNED_ANCHORS,
            expectations: form.defaultExpectations(new Date('2026-11-23T00:00:00Z')),
            crypto: form.signatureCrypto,
          });
          const { verdict, trust, checks } = await form.verifyPieces({ form: 'pieces', parts }, plan);
          return [verdict, trust, checks.map(({ id, status }) => `${id} ${status}`)];
        }),
      );
      words.add(String(verdicts[0]?.[0]));
      assert.deepEqual(verdicts[0], verdicts[1], name);
    }
    assert.ok(words.has('accepted') && words.has('refused'), [...words].join());
  });

  it('brings a browser no module of Node', () => {
    const text = readFileSync(join(installed(), 'dist/browser.js'), 'utf8');
    assert.doesNotMatch(text, /["'`]node:|require\(|process\.(?:env|version)/);
  });

  it('has types that need no other package', () => {
    writeFileSync(join(auditor(), 'consumer.mts'), CONSUMER);
    const options = ['--strict', '--exactOptionalPropertyTypes', '--noEmit', '--module', 'nodenext'];
    const libraries = ['--target', 'es2022', '--lib', 'es2023,dom', '--typeRoots', 'none'];
    const { stdout } = run(
      resolve('node_modules/typescript/bin/tsc'),
      ...options,
      ...libraries,
      'consumer.mts',
    );
    assert.equal(stdout, '');
  });
});
