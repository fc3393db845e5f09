// State that is changed one change at a time, and only once the change is on disk: what could not be saved did not happen.

/** A value kept on disk. */
export interface Changes<T> {
  /** As last saved. */
  readonly current: T;
  /**
   * Edits a copy, saves it and makes it the current value. Rejects, and changes nothing, where the edit throws or the
   * copy cannot be saved.
   */
  change<R>(edit: (draft: T) => R): Promise<R>;
}

export interface ChangesOptions<T> {
  readonly initial: T;
  /** A copy whose edits do not reach the original. */
  readonly copy: (value: T) => T;
  readonly save: (value: T) => Promise<void>;
}

export function createChanges<T>({ initial, copy, save }: ChangesOptions<T>): Changes<T> {
  let current = initial;
  let last: Promise<unknown> = Promise.resolve();
  return {
    get current() {
      return current;
    },
    change: (edit) => {
      const done = last.then(async () => {
        const draft = copy(current);
        const result = edit(draft);
        await save(draft);
        current = draft;
        return result;
      });
      last = done.catch(() => undefined);
      return done;
    },
  };
}
