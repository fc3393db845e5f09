// `cleanroom verify` of a token: keys that the verifier states, and anchors from a file beside them.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { TOKEN_VECTORS, VECTORS } from '../support/attestation-vectors.js';
import { runCleanroomJson } from '../support/run-command.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';

interface Result {
  readonly verdict: string;
  readonly trust: string | null;
  readonly checks: readonly { readonly id: string; readonly status: string }[];
}

describe('cleanroom verify --jwks', function () {
  this.timeout(60_000);
  const directory = useTemporaryDirectory();
  const GOOD = TOKEN_VECTORS.find(({ expected_verdict: verdict }) => verdict === 'accept')!;
  const ANCHORS = join(VECTORS, 'synthetic/roots/roots-test.json');

  async function verifyToken(...flags: readonly string[]): Promise<Result & { readonly code: number }> {
    const appraisal = join(directory(), 'appraisal.json');
    writeFileSync(appraisal, JSON.stringify(GOOD.options));
    const [token, jwks] = [join(VECTORS, GOOD.inputs.token), join(VECTORS, GOOD.inputs.jwks)];
    const argv = ['--maa-token', token, '--jwks', jwks, '--appraisal', appraisal, ...flags];
    const { code, json } = await runCleanroomJson('verify', ...argv);
    assert.equal(json['ok'], true, JSON.stringify(json['error']));
    return { code, ...(json['result'] as Result) };
  }

  it('trusts the service alone', async () => {
    const { code, trust, verdict } = await verifyToken();
    assert.deepEqual({ code, trust, verdict }, { code: 0, trust: 'service', verdict: 'accepted' });
  });

  it('O5: is emulated beside --anchors, and refused without --allow-emulated', async () => {
    const { code, trust, checks } = await verifyToken('--anchors', ANCHORS);
    assert.deepEqual({ code, trust }, { code: 5, trust: null });
    const failed = checks.filter(({ status }) => status === 'fail').map(({ id }) => id);
    assert.deepEqual(failed, ['TRUST_ROOTS']);
  });

  it('O5: is accepted beside --anchors as emulated, where that is allowed', async () => {
    const { code, trust, verdict } = await verifyToken('--anchors', ANCHORS, '--allow-emulated');
    assert.deepEqual({ code, trust, verdict }, { code: 0, trust: 'emulated', verdict: 'accepted' });
  });
});
