// A command line that cannot be read is answered in one line, without escape codes, and with what was probably meant.

import assert from 'node:assert/strict';

import { describeUsage } from '../../../src/lib/cli/usage-error.js';
import { runCleanroomJson } from '../../support/run-command.js';

const VERIFY = { name: 'verify', flags: ['nonce', 'max-age', 'json', 'help'], example: null };

describe('a wrong command line', () => {
  it('is described without the escape codes and headings of the parser', () => {
    const error = {
      message:
        'The following errors occurred:\n  \u001b[2mMissing required flag file\n  --a must be b\u001b[22m\nSee more help with --help',
    };
    assert.deepEqual(describeUsage(error, VERIFY), {
      message: 'Missing required flag file; --a must be b',
      hint: 'See cleanroom verify --help',
    });
  });

  it('names the flag that was meant', async () => {
    const { json, code } = await runCleanroomJson('verify', '--nounce', 'x');
    assert.equal(code, 2);
    assert.deepEqual(json['error'], {
      code: 'USAGE',
      message: 'there is no flag --nounce',
      hint: 'Did you mean: --nonce',
    });
    const far = describeUsage({ message: 'Nonexistent flag: --zebra', flags: ['--zebra'] }, VERIFY);
    assert.equal(far.hint, 'See cleanroom verify --help');
  });

  it('names the argument that is missing', async () => {
    const { json } = await runCleanroomJson('accept');
    assert.match(
      JSON.stringify(json['error']),
      /the argument is missing: OFFER \(.*\); TEXT \(.*For example: cleanroom accept quarterly-notes\.cleanroom notes\.txt\. See /,
    );
  });
});
