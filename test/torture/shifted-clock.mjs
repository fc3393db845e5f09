// Preloaded into a command: its clock is TORTURE_CLOCK_MS ahead of the machine's.

const ahead = Number(process.env.TORTURE_CLOCK_MS);
const { now } = Date;

globalThis.Date = class extends Date {
  constructor(...argv) {
    if (argv.length === 0) super(now() + ahead);
    else super(...argv);
  }

  static now() {
    return now() + ahead;
  }
};
