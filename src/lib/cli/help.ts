// The first screen: commands by task. Help of a command or topic is oclif's own.

import type { Interfaces } from '@oclif/core';
import { Help } from '@oclif/core/help';

import { inLocale } from '../terminal/locale.js';
import { wrapLines } from '../terminal/wrap-lines.js';

interface Task {
  readonly title: string;
  /** Commands and topics in the order in which they are used. */
  readonly members: readonly string[];
}

/** Every command and topic that is not hidden, once. */
export const TASKS: readonly Task[] = [
  { title: 'TRY IT ON THIS MACHINE', members: ['demo', 'emulator', 'summarize', 'doctor'] },
  {
    title: 'WORK TOGETHER, ONE FILE EACH WAY',
    members: ['init', 'propose', 'accept', 'deploy', 'summary', 'verify'],
  },
  { title: 'RUN THE ROOM', members: ['status', 'logs', 'list', 'restart', 'destroy', 'attest', 'why'] },
  {
    title: 'STEP BY STEP, FOR SCRIPTS',
    members: ['contract', 'image', 'policy', 'verify-policy', 'key', 'encrypt', 'decrypt', 'blob'],
  },
  {
    title: 'SET UP AND AUTOMATE',
    members: ['prereqs', 'model', 'log', 'reference', 'ci', 'schema', 'completion', 'help'],
  },
];

const EXAMPLES = ['demo', 'init', 'COMMAND --help'];

/* In oclif's lists under each other, which it takes on narrow terminals, a line is two columns longer than it counts. */
const NARROW = 60;
const UNCOUNTED = 2;

export default class TaskHelp extends Help {
  constructor(config: Interfaces.Config, opts: Partial<Interfaces.HelpOptions> = {}) {
    const { columns } = process.stdout;
    super(config, columns < NARROW ? { ...opts, maxWidth: columns - UNCOUNTED } : opts);
  }

  /** oclif breaks lists and descriptions only, and within words: first lines, examples and titles are broken here. */
  protected override log(...texts: string[]): void {
    super.log(...texts.map((text) => inLocale(wrapLines(text, process.stdout.columns), process.env)));
  }

  protected override showRootHelp(): Promise<void> {
    const described = new Map(
      [
        ...this.config.topics.map(({ name, description }) => [name, description] as const),
        ...this.config.commands.map(({ id, summary, description }) => [id, summary ?? description] as const),
      ].map(([name, text]) => [name, (text ?? '').split('\n', 1)[0] ?? '']),
    );
    const { bin, pjson, version } = this.config;
    const known = TASKS.map(({ title, members }) => ({
      title,
      members: members.filter((name) => described.has(name)),
    }));
    const sections = known.map(({ title, members }) =>
      this.section(
        title,
        this.renderList(
          members.map((name) => [name, this.render(described.get(name) ?? '')]),
          { indentation: 2, spacer: '\n', stripAnsi: this.opts.stripAnsi ?? false },
        ),
      ),
    );
    const usage = EXAMPLES.map((example) => `$ ${bin} ${example}`).join('\n');
    this.log(
      [`${pjson.description ?? bin} (${version})`, this.section('START HERE', usage), ...sections].join(
        '\n\n',
      ),
    );
    this.log('');
    return Promise.resolve();
  }
}
