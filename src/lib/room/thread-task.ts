// Every task of the thread, by its form, and what comes of it.

import type { ErrorCode } from '../base/errors.js';
import { type EachTask, type MergeTask, runEachTask, runMergeTask } from './shards/shard-task.js';
import type { MadePart } from './shards/part.js';
import { type AppraisedSummary, runSummaryTask, type SummaryTask } from './summary-task.js';

export type ThreadTask = SummaryTask | EachTask | MergeTask;
export type MadeOf<T extends ThreadTask> = T extends EachTask ? readonly MadePart[] : AppraisedSummary;
export type ThreadMessage<T extends ThreadTask = ThreadTask> =
  { readonly made: MadeOf<T> } | { readonly failed: ErrorCode };

/** Does a task. @throws CleanroomError as runSummaryTask, runEachTask and runMergeTask */
export function runThreadTask(task: ThreadTask, signal: AbortSignal): Promise<MadeOf<ThreadTask>> {
  if ('total' in task) return runEachTask(task, signal);
  if ('each' in task) return runMergeTask(task, signal);
  return runSummaryTask(task, signal);
}
