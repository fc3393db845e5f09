// The model runtime, onnxruntime, imported so that it sends nothing to anybody and writes nothing to a stream.

import { isMainThread } from 'node:worker_threads';

import type * as Runtime from 'onnxruntime-node';

import { CleanroomError, systemErrorCode } from '../base/errors.js';
import { quietAtStart } from './quiet-runtime.js';

/**
 * Imports onnxruntime-node. Its own reporting (it posts batch sizes and timings to its maker from version 1.30 on) is off before
 * the first line of it runs.
 *
 * @throws CleanroomError OPTIONAL_PACKAGE_MISSING
 */
export async function importRuntime(): Promise<typeof Runtime> {
  requireQuiet();
  try {
    const runtime = await import('onnxruntime-node');
    runtime.env.logLevel = 'fatal';
    return runtime;
  } catch (cause) {
    if (systemErrorCode(cause) !== 'ERR_MODULE_NOT_FOUND' && systemErrorCode(cause) !== 'MODULE_NOT_FOUND')
      throw cause;
    throw new CleanroomError(
      'OPTIONAL_PACKAGE_MISSING',
      "the summarizer's package onnxruntime-node is not installed",
      {
        hint: 'Install it: ONNXRUNTIME_NODE_INSTALL=skip npm install onnxruntime-node@1.30.0',
        cause,
      },
    );
  }
}

/* Native code reads the environment of the process; a worker thread sets only its own copy, so the main thread must have set it. */
function requireQuiet(): void {
  const seen = isMainThread || quietAtStart;
  if (!seen) throw new CleanroomError('INTERNAL', 'the main thread did not import quiet-runtime first');
}
