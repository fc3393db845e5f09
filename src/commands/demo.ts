import { join } from 'node:path';

import { BaseCommand, type Outcome } from '../lib/cli/base-command.js';
import { Flags } from '../lib/cli/oclif.js';
import type { DemoReport } from '../lib/attack-kit/demo/demo-session.js';

export default class Demo extends BaseCommand<typeof Demo, DemoReport> {
  static override summary = 'Run the whole two-party flow and its attacks on this machine.';
  static override description = `Starts a local Azure of its own, runs every step of both parties, shows the summary and the verdict, then attacks the room and shows who refused each attack. Nothing is left behind without --keep.
The hardware is emulated, and every verdict reports that.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --text brief.txt --keep demo --json',
  ];
  static override flags = {
    text: Flags.string({
      description: 'your own text instead of the sample: a file, a directory or a pattern',
      helpValue: 'PATH',
    }),
    keep: Flags.string({
      description: 'keep everything in this directory',
      helpValue: 'DIR',
    }),
  };

  protected async execute(): Promise<Outcome<DemoReport>> {
    const { playDemo } = await import('../lib/attack-kit/demo/demo-session.js');
    const { renderDemo } = await import('../lib/cli/render-demo.js');
    const { lockedBase, usualBase } = await import('../lib/cli/room-base.js');
    const report = await playDemo({
      base: await lockedBase(this.config.cacheDir, usualBase()),
      packageRoot: this.config.root,
      cacheDirectory: this.config.cacheDir,
      textPath: this.flags.text ?? null,
      sampleText: join(this.config.root, 'templates/demo/brief.txt'),
      keep: this.flags.keep ?? null,
      progress: await this.progress(),
      signal: this.signal,
    });
    return { result: report, text: renderDemo(report) };
  }
}
