// A thread that answers requests, and one that dies: whoever waits is told, and so is whoever asks afterwards.

import assert from 'node:assert/strict';

import { startAnsweringThread } from '../../../../src/lib/base/files/worker-thread.js';

function threadOf(program: string): URL {
  return new URL(`data:text/javascript,${encodeURIComponent(program)}`);
}

const ANSWERS_ONCE_THEN_DIES = threadOf(`
  import { parentPort } from 'node:worker_threads';
  let asked = 0;
  parentPort.on('message', ({ id, request }) => {
    if (++asked > 1) throw new Error('out of memory');
    parentPort.postMessage({ id, answer: request * 2 });
  });
`);

const ENDS_WHEN_ASKED = threadOf(`
  import { parentPort } from 'node:worker_threads';
  parentPort.on('message', () => process.exit(0));
`);

describe('a thread that answers requests', () => {
  it('fails every request that it leaves unanswered when it dies', async () => {
    const thread = startAnsweringThread<number, number>(ANSWERS_ONCE_THEN_DIES);
    assert.equal(await thread.ask(21, []), 42);
    const waiting = [thread.ask(1, []), thread.ask(2, []), thread.ask(3, [])];
    for (const answer of waiting) await assert.rejects(answer, { code: 'INTERNAL' });
  });

  it('fails a request that comes when it has died', async () => {
    const thread = startAnsweringThread<number, number>(ENDS_WHEN_ASKED);
    await assert.rejects(thread.ask(1, []), { code: 'INTERNAL' });
    await assert.rejects(thread.ask(2, []), { code: 'INTERNAL' });
  });

  it('fails what is under way when it is closed', async () => {
    const thread = startAnsweringThread<number, number>(ENDS_WHEN_ASKED);
    const answer = assert.rejects(thread.ask(1, []), { code: 'INTERNAL' });
    await thread.close();
    await answer;
  });
});
