// A standard output that takes no more: a full disk is an error that is said; a reader that has gone is none.

/* That of FILE_UNWRITABLE; the table of codes is not loaded for this. */
const UNWRITABLE_EXIT = 3;

/** Takes the place of oclif's listener, which throws past every catch. What cannot be said on stderr is not said. */
export function reportLostOutput(): void {
  let said = false;
  process.stderr.on('error', () => undefined);
  process.stdout.removeAllListeners('error').on('error', ({ code, message }: NodeJS.ErrnoException) => {
    if (said || code === 'EPIPE') return;
    said = true;
    process.exitCode = UNWRITABLE_EXIT;
    process.stderr.write(
      `error FILE_UNWRITABLE: standard output cannot be written: ${message}\n  Check the free space where it goes.\n`,
    );
  });
}
