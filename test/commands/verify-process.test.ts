// `cleanroom verify` as an auditor runs it: a process of its own, one case of each family of vectors, pipes included.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { evidenceVector, TOKEN_VECTORS, VECTORS } from '../support/attestation-vectors.js';
import { type ProcessRun, runProcess } from '../support/cleanroom-process.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';

const FLAG: Readonly<Record<string, string>> = {
  report: '--report',
  endorsements: '--certs',
  uvm: '--uvm',
  policy: '--policy',
  runtime_data: '--runtime-data',
};
const FAMILIES = [
  'aci-milan-v3-svn103-ec',
  'aci-milan-v3-svn103-ec--flip-vmpl',
  'aci-turin-v5-svn104-tav',
  'chain-turin-virtee',
  'uvm-transparent-0.2.10--wrong-measurement',
  'syn-ok-milan',
  'syn-debug',
];

describe('cleanroom verify as a process', function () {
  this.timeout(60_000);
  const directory = useTemporaryDirectory();

  function run(argv: readonly string[], stdin?: Uint8Array): Promise<ProcessRun> {
    return runProcess(['verify', ...argv], {
      cwd: process.cwd(),
      env: { HOME: directory() },
      ...(stdin === undefined ? {} : { stdin }),
    });
  }

  function failedOf({ stdout }: ProcessRun): readonly string[] {
    const { result } = JSON.parse(stdout) as { result: { checks: { id: string; status: string }[] } };
    return result.checks.filter((check) => check.status === 'fail').map((check) => check.id);
  }

  for (const name of FAMILIES) {
    it(`says of ${name} what the vectors say`, async () => {
      const vector = evidenceVector(name);
      const appraisal = join(directory(), `${name}.json`);
      writeFileSync(appraisal, JSON.stringify(vector.options));
      const pieces = Object.entries(vector.inputs).flatMap(([part, path]) => [
        FLAG[part] ?? '',
        join(VECTORS, path),
      ]);
      const anchors =
        vector.trust_anchors?.startsWith('synthetic/') === true
          ? ['--anchors', join(VECTORS, vector.trust_anchors), '--allow-emulated']
          : [];
      const ended = await run([...pieces, ...anchors, '--appraisal', appraisal, '--json']);
      assert.equal(ended.code, vector.expected_verdict === 'accept' ? 0 : 5, ended.stderr);
      assert.deepEqual(failedOf(ended).toSorted(), vector.expected_reasons.toSorted());
    });
  }

  it('says of a token what the vectors say, by flags', async () => {
    const { inputs, options } = TOKEN_VECTORS[0]!;
    const {
      issuer,
      now,
      host_data: hostData,
      report_data: reportData,
      nonce,
      runtime_keys_kid: kids,
    } = options as {
      readonly issuer: string;
      readonly now: number;
      readonly host_data: string;
      readonly report_data: string;
      readonly nonce: string;
      readonly runtime_keys_kid: readonly string[];
    };
    const argv = [
      ...[
        '--maa-token',
        join(VECTORS, inputs.token),
        '--jwks',
        join(VECTORS, inputs.jwks),
        '--issuer',
        issuer,
      ],
      ...['--at', new Date(now * 1000).toISOString(), '--nonce', nonce, '--host-data', hostData],
      ...['--report-data', reportData, ...kids.flatMap((kid) => ['--runtime-key', kid]), '--json'],
    ];
    const ended = await run(argv);
    assert.equal(ended.code, 0, ended.stdout);
    assert.deepEqual(failedOf(await run(argv.map((value) => (value === nonce ? 'another' : value)))), [
      'CLAIM_NONCE',
    ]);
  });

  it('reads evidence from a pipe, and keeps the verdict apart from the talk', async () => {
    const file = readFileSync(join(VECTORS, 'sets/aci-milan-v3-maa-request/maa-request.json'));
    const { code, stdout, stderr } = await run(['-'], file);
    assert.equal(code, 0);
    assert.match(stdout, /^accepted {2}scope: room, trust: hardware\n/);
    assert.match(stderr, /nothing shows that this evidence is fresh/);
    assert.ok(!stdout.includes('warning:'));
  });

  it('ends with 3 where a pipe brings no evidence, in text and in JSON', async () => {
    for (const argv of [['-'], ['-', '--json']])
      assert.equal((await run(argv, new Uint8Array([1, 2, 3]))).code, 3);
  });
});
