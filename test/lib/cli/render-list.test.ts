// The list of rooms for people.

import assert from 'node:assert/strict';

import { renderList } from '../../../src/lib/cli/render-room.js';
import type { RoomState } from '../../../src/lib/ports/ports.js';

describe('a list of rooms', () => {
  it('has a header, and marks a group that cleanroom did not make', () => {
    const room = { name: 'web', provisioningState: 'Succeeded', confidential: false, tags: {} };
    const [header, line] = renderList([room as unknown as RoomState]).split('\n');
    assert.match(header ?? '', /^room +state +confidentiality$/);
    assert.match(line ?? '', /^web +Succeeded +NOT CONFIDENTIAL +not made by cleanroom$/);
  });

  it('names the command that makes a room where there is none', () => {
    assert.match(renderList([]), /^no rooms\nnext: cleanroom deploy/);
  });
});
