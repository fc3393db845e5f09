// How long work takes by this process's own clock: a busy machine is no fault of the work.

/** Processor time of this process in seconds, system calls and all threads included, while `work` ran. */
export async function processorSeconds(work: () => unknown): Promise<number> {
  const start = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1_000_000;
}
