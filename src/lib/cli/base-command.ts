// The base of every command: one envelope, one exit code in text and JSON, warnings kept, secrets never spread.

import { Command, Errors, Flags, type Interfaces } from '@oclif/core';

import { EXIT } from '../error-codes.js';
import { CleanroomError } from '../errors.js';
import { escapeTerminal } from './escape-terminal.js';
import { type CommandProgress, plainProgress, terminalProgress } from './terminal-progress.js';

/** What a command hands back: its result, its text for people, and the exit code (0 if absent). */
export interface Outcome<R> {
  readonly result: R;
  /** The result for people, for stdout; nothing is printed where it is absent. */
  readonly text?: string;
  readonly exitCode?: number;
}

type FlagsOf<C extends typeof Command> = Interfaces.InferredFlags<
  C['flags'] & (typeof BaseCommand)['baseFlags']
>;
type ArgsOf<C extends typeof Command> = Interfaces.InferredArgs<C['args']>;

export abstract class BaseCommand<C extends typeof Command, R> extends Command {
  static override enableJsonFlag = true;
  static override baseFlags = {
    profile: Flags.string({ description: 'profile to use', helpGroup: 'GLOBAL', env: 'CLEANROOM_PROFILE' }),
  };

  protected flags!: FlagsOf<C>;
  protected args!: ArgsOf<C>;
  private readonly warnings: string[] = [];
  private readonly abortion = new AbortController();
  private currentProgress: CommandProgress | undefined;

  /** Does the work. Called with `flags` and `args` parsed. */
  protected abstract execute(): Promise<Outcome<R>>;

  /** Aborted at the first Ctrl-C; long work watches it. */
  protected get signal(): AbortSignal {
    return this.abortion.signal;
  }

  async run(): Promise<R> {
    const parsed = await this.parse(this.ctor);
    this.flags = parsed.flags as FlagsOf<C>;
    this.args = parsed.args as ArgsOf<C>;
    const stopListening = this.listenForInterrupt();
    try {
      const outcome = await this.execute();
      this.currentProgress?.done();
      if (outcome.text !== undefined) this.log(outcome.text.replace(/\n$/, ''));
      if (outcome.exitCode !== undefined && outcome.exitCode !== EXIT.ok) process.exitCode = outcome.exitCode;
      return outcome.result;
    } finally {
      stopListening();
    }
  }

  /** Progress on stderr; phases only where stderr is no terminal. */
  protected async progress(): Promise<CommandProgress> {
    const animated =
      process.stderr.isTTY && process.env['TERM'] !== 'dumb' && process.env['NO_COLOR'] === undefined;
    this.currentProgress ??= animated
      ? await terminalProgress()
      : plainProgress((line) => process.stderr.write(line));
    return this.currentProgress;
  }

  /** Where to look for the profile to act under; for `lib/cli/environment.ts`. */
  protected get environmentSearch(): { readonly profileName: string | undefined; readonly dataDir: string } {
    return { profileName: (this.flags as { profile?: string }).profile, dataDir: this.config.dataDir };
  }

  /** Whether questions may be asked: a person is at the keyboard and wants no JSON. */
  protected get interactive(): boolean {
    return (
      process.stdin.isTTY &&
      process.stderr.isTTY &&
      !this.jsonEnabled() &&
      (this.flags as { yes?: boolean }).yes !== true
    );
  }

  /** A warning: in the JSON envelope, or on stderr. */
  override warn(input: Error | string): Error | string {
    const message = typeof input === 'string' ? input : input.message;
    this.warnings.push(message);
    if (!this.jsonEnabled()) process.stderr.write(`warning: ${escapeTerminal(message)}\n`);
    return input;
  }

  protected override toSuccessJson(result: unknown): unknown {
    return { ok: true, result, warnings: this.warnings };
  }

  protected override toErrorJson(error: unknown): unknown {
    const { code, message, hint } = describeError(error);
    return { ok: false, error: { code, message, hint }, warnings: this.warnings };
  }

  protected override catch(error: Interfaces.CommandError): Promise<void> {
    if (error instanceof Errors.ExitError) throw error;
    this.currentProgress?.failed();
    const described = this.signal.aborted
      ? describeError(new CleanroomError('INTERRUPTED', 'interrupted'))
      : describeError(error);
    process.exitCode = described.exit;
    if (this.jsonEnabled())
      this.logJson(
        this.toErrorJson(this.signal.aborted ? new CleanroomError('INTERRUPTED', 'interrupted') : error),
      );
    else
      process.stderr.write(
        `${escapeTerminal(`error ${described.code}: ${described.message}`)}\n${described.hint === '' ? '' : `  ${escapeTerminal(described.hint)}\n`}`,
      );
    if (/cleanroom/.test(process.env['DEBUG'] ?? ''))
      process.stderr.write(`${escapeTerminal(describeStack(error))}\n`);
    return Promise.resolve();
  }

  private listenForInterrupt(): () => void {
    const onInterrupt = (): void => {
      if (this.abortion.signal.aborted) process.exit(EXIT.interrupted);
      this.abortion.abort(new CleanroomError('INTERRUPTED', 'interrupted'));
      process.exitCode = EXIT.interrupted;
    };
    process.on('SIGINT', onInterrupt);
    process.on('SIGTERM', onInterrupt);
    return () => {
      process.off('SIGINT', onInterrupt);
      process.off('SIGTERM', onInterrupt);
    };
  }
}

interface DescribedError {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
  readonly exit: number;
}

function describeError(error: unknown): DescribedError {
  if (error instanceof CleanroomError)
    return { code: error.code, message: error.message, hint: error.hint, exit: error.exitCode };
  if (error instanceof Errors.CLIError) {
    return {
      code: 'USAGE',
      message: error.message.split('\nSee more help')[0] ?? '',
      hint: 'See the command with --help.',
      exit: EXIT.usage,
    };
  }
  const bug = new CleanroomError('INTERNAL', 'an unexpected failure inside cleanroom', { cause: error });
  return { code: bug.code, message: bug.message, hint: bug.hint, exit: bug.exitCode };
}

function describeStack(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? '' : `\ncaused by: ${describeStack(error.cause)}`;
  return `${error.stack ?? error.message}${cause}`;
}
