// Several pieces of work at once, none of which is left running behind.

/** The values of all; where one fails, its reason, but only after every other has ended too. */
export async function settleAll<const T extends readonly Promise<unknown>[]>(
  work: T,
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  await Promise.allSettled(work);
  return Promise.all(work);
}
