// Every task of the thread, by its form, and what comes of it.

import type { ErrorCode } from '../base/errors.js';
import { type MergeTask, runMergeTask } from './shards/merge-task.js';
import { type EachTask, runEachTask } from './shards/shard-task.js';
import type { MadePart } from './shards/part.js';
import type { BatchWanted } from './thread-documents.js';
import type { ThreadTools } from './thread-tools.js';
import { type AppraisedSummary, runSummaryTask, type SummaryTask } from './summary-task.js';

export type ThreadTask = SummaryTask | EachTask | MergeTask;
/** What it ends with; the parts of an EachTask come before, some at a time. */
export type MadeOf<T extends ThreadTask> = T extends EachTask ? null : AppraisedSummary;
export type ThreadMessage<T extends ThreadTask = ThreadTask> =
  | { readonly made: MadeOf<T> }
  | { readonly parts: readonly MadePart[] }
  | { readonly failed: ErrorCode }
  | BatchWanted;

/** Does a task. @throws CleanroomError as runSummaryTask, runEachTask and runMergeTask */
export function runThreadTask(task: ThreadTask, tools: ThreadTools): Promise<MadeOf<ThreadTask>> {
  if ('total' in task) return runEachTask(task, tools);
  if ('parts' in task) return runMergeTask(task, tools);
  return runSummaryTask(task, tools.signal);
}
