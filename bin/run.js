#!/usr/bin/env node
// Everything is loaded from within: a process that may not open that many files is told so, by the little that is loaded.
try {
  const { reportLostOutput } = await import('../dist/lib/terminal/lost-output.js');
  const { settleShell } = await import('../dist/lib/terminal/settle-shell.js');
  const { flush, handle, run, settings } = await import('../dist/lib/cli/oclif.js');
  reportLostOutput();
  settleShell();
  // What is run is what was built: TypeScript beside it is not looked for.
  settings.enableAutoTranspile = false;
  try {
    await run(process.argv.slice(2), import.meta.url);
    flush();
  } catch (cause) {
    if (isExhausted(cause)) throw cause;
    await handle(cause);
  }
} catch (cause) {
  if (!isExhausted(cause)) throw cause;
  sayExhausted(cause.message);
}

function isExhausted(cause) {
  return cause instanceof Error && (cause.code === 'EMFILE' || cause.code === 'ENFILE');
}

/* As the table of errors has it, which is one file more. */
function sayExhausted(message) {
  const hint = 'Raise the limit, for example: ulimit -n 1024. Then run the same command again.';
  const error = { code: 'TOO_MANY_FILES_OPEN', message, hint };
  process.exitCode = 3;
  if (process.argv.includes('--json'))
    process.stdout.write(`${JSON.stringify({ ok: false, error, warnings: [] }, null, 2)}\n`);
  else process.stderr.write(`error ${error.code}: ${message}\n  ${hint}\n`);
}
