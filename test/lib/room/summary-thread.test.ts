import assert from 'node:assert/strict';
import { performance } from 'node:perf_hooks';

import { summarizeApart } from '../../../src/lib/room/summary-thread.js';
import type { SummaryTask } from '../../../src/lib/room/summary-task.js';
import { exampleContract } from '../../support/contract.js';
import { SUMMARY_WORKER } from '../../support/room/worker-entry.js';

const entry = SUMMARY_WORKER;
const never = new AbortController().signal;

function task(texts: readonly string[], minDocuments = 1): SummaryTask {
  const contract = exampleContract();
  const { extractiveLimits } = contract.summary;
  return {
    contract: {
      ...contract,
      summary: { ...contract.summary, extractiveLimits: { ...extractiveLimits!, minDocuments } },
    },
    model: null,
    documents: texts.map((text, index) => ({
      dataset: contract.datasets[0]!.id,
      title: String(index),
      text,
    })),
  };
}

describe('the thread that summarizes', () => {
  it('leaves the thread of the page idle while it works', async () => {
    const text = 'The harbour authority met on Monday to discuss the new line. '.repeat(30_000);
    const before = performance.eventLoopUtilization();
    await summarizeApart(task([text]), { signal: never, entry });
    const { active, idle } = performance.eventLoopUtilization(before);
    assert.ok(active < idle, `${active} ms active, ${idle} ms idle`);
  });

  it('measures for each owner what is outside the limits', async () => {
    const { within, ofOwners } = await summarizeApart(task(['One sentence that says it all.']), {
      signal: never,
      entry,
    });
    assert.equal(within, false);
    assert.ok(Object.values(ofOwners).some((checks) => checks.some(({ status }) => status === 'fail')));
  });

  it('says INTERNAL where there is no answer, and refuses too few documents', async () => {
    const few = await summarizeApart(task(['One.'], 2), { signal: never, entry });
    assert.equal(few.within, false);
    const missing = new URL('./no-such-worker.mjs', import.meta.url);
    await assert.rejects(summarizeApart(task(['One.']), { signal: never, entry: missing }), {
      code: 'INTERNAL',
    });
  });

  it('ends with the reason of the one who stops it', async () => {
    const stop = new AbortController();
    const running = summarizeApart(task(['The line runs twice a day. '.repeat(50_000)]), {
      signal: stop.signal,
      entry,
    });
    stop.abort(new Error('told to stop'));
    await assert.rejects(running, { message: 'told to stop' });
  });
});
