// The variables of a room's process as the kernel holds them: one name, one value.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';

import { utf8 } from '../../../src/lib/base/bytes/arrays.js';
import { parseEnvironmentBlock } from '../../../src/lib/room/own-environment.js';

const REFUSED = { code: 'ROOM_CONFIG_INVALID' };
const DIGEST = 'CLEANROOM_CONTRACT_DIGEST';

describe('the environment block of a room', () => {
  it('is read as it stands: values may be empty and hold further equals signs', () => {
    assert.deepEqual(parseEnvironmentBlock(utf8('A=1\0B=\0C=x=y=z\0__proto__=no\0')), {
      A: '1',
      B: '',
      C: 'x=y=z',
      ['__proto__']: 'no',
    });
    assert.deepEqual(parseEnvironmentBlock(utf8('')), {});
  });

  it('I6: holds no name twice, whatever the values are and wherever the second stands', () => {
    for (const twice of [
      `${DIGEST}=${'a'.repeat(64)}\0PATH=/bin\0${DIGEST}=${'b'.repeat(64)}\0`,
      `${DIGEST}=${'a'.repeat(64)}\0${DIGEST}=${'a'.repeat(64)}\0`,
      `HOSTNAME=a\0HOSTNAME=\0`,
      `A=\0\0\0A=\0`,
    ])
      assert.throws(() => parseEnvironmentBlock(utf8(twice)), REFUSED, twice);
    assert.throws(() => parseEnvironmentBlock(utf8(`X=sig=secret\0X=1\0`)), { message: 'X is given twice' });
  });

  it('holds no entry without a name, and nothing but text', () => {
    for (const block of [utf8('A=1\0just words\0'), utf8('=1\0'), Uint8Array.of(0x41, 0x3d, 0xff, 0)])
      assert.throws(() => parseEnvironmentBlock(block), REFUSED);
  });

  it('I6: ends the process of a room with 10 where a name is given twice, before anything else of it is read', function () {
    if (process.platform !== 'linux') this.skip();
    /* Node.js takes the second for another name; the program that it starts gets NAME=VALUE twice. */
    const env = { PATH: process.env['PATH'], [DIGEST]: 'a'.repeat(64), [`${DIGEST}=${'b'.repeat(63)}`]: 'b' };
    const { status, stdout } = spawnSync(process.execPath, ['dist/lib/room/main.js'], {
      env,
      encoding: 'utf8',
    });
    assert.equal(status, 10);
    const { event, code, message } = JSON.parse(stdout) as Record<string, string>;
    assert.deepEqual(
      [event, code, message],
      ['not-started', 'ROOM_CONFIG_INVALID', `${DIGEST} is given twice`],
    );
  });
});
