// Another thread of this process: it answers requests one after the other; its errors come back as what they were.

import { parentPort, Worker } from 'node:worker_threads';

import { CleanroomError, describeCause, type ErrorCode } from '../errors.js';

/** An error on its way between threads. */
export interface ThreadFailure {
  readonly code: ErrorCode;
  readonly message: string;
}

interface Asked<Q> {
  readonly id: number;
  readonly request: Q;
}

type Answered<A> = { readonly id: number } & ({ readonly answer: A } | { readonly failure: ThreadFailure });

export interface AnsweringThread<Q, A> {
  /** `transfer` is handed over, not copied. Rejects with what the thread threw, or INTERNAL where it ended. */
  ask(request: Q, transfer: readonly ArrayBuffer[]): Promise<A>;
  close(): Promise<void>;
}

interface Waiting<A> {
  resolve(answer: A): void;
  reject(cause: unknown): void;
}

/** Starts a thread whose program calls `answerRequests`. */
export function startAnsweringThread<Q, A>(entry: URL): AnsweringThread<Q, A> {
  const worker = new Worker(entry);
  const waiting = new Map<number, Waiting<A>>();
  let nextId = 0;
  worker.on('message', (message: Answered<A>) => {
    const asker = waiting.get(message.id);
    waiting.delete(message.id);
    if ('failure' in message) asker?.reject(failureError(message.failure));
    else asker?.resolve(message.answer);
  });
  let ended: CleanroomError | null = null;
  const fail = (cause: unknown): void => {
    ended ??= new CleanroomError('INTERNAL', 'a worker thread ended', { cause });
    for (const asker of waiting.values()) asker.reject(ended);
    waiting.clear();
  };
  worker.on('error', fail);
  worker.on('exit', fail);
  return {
    ask: (request, transfer) =>
      new Promise((resolve, reject) => {
        // Nobody would answer.
        if (ended !== null) {
          reject(ended);
          return;
        }
        const id = nextId++;
        waiting.set(id, { resolve, reject });
        const asked: Asked<Q> = { id, request };
        worker.postMessage(asked, transfer);
      }),
    close: async () => {
      await worker.terminate();
    },
  };
}

/** Has this thread answer what it is asked; `transfer` names the memory of an answer that is handed over. */
export function answerRequests<A>(
  answer: (request: never) => A,
  transfer: (answer: A) => readonly ArrayBuffer[] = () => [],
): void {
  const port = parentPort;
  port?.on('message', ({ id, request }: Asked<never>) => {
    try {
      const value = answer(request);
      port.postMessage({ id, answer: value } satisfies Answered<A>, transfer(value));
    } catch (cause) {
      port.postMessage({ id, failure: describeFailure(cause) } satisfies Answered<A>);
    }
  });
}

/** What another thread is told of an error. */
export function describeFailure(cause: unknown): ThreadFailure {
  return cause instanceof CleanroomError
    ? { code: cause.code, message: cause.message }
    : { code: 'INTERNAL', message: `a worker thread failed: ${describeCause(cause)}` };
}

/** The error that another thread told of. */
export function failureError({ code, message }: ThreadFailure): CleanroomError {
  return new CleanroomError(code, message);
}
