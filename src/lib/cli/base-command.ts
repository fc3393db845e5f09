// The base of every command: one envelope, one exit code in text and JSON, warnings kept, secrets never spread.

import { ERROR_CODES, EXIT } from '../base/error-codes.js';
import { CleanroomError, describeCause, openFilesExhausted, systemErrorCode } from '../base/errors.js';
import type { Desk } from '../ports/environment.js';
import type { UseCaseContext } from '../ports/use-case.js';
import { lazyDesk } from './desk.js';
import { inLocale } from '../terminal/locale.js';
import { wrapLines } from '../terminal/wrap-lines.js';
import { escapeTerminal } from '../terminal/escape-terminal.js';
import { Command, Errors, Flags, type Interfaces } from './oclif.js';
import { describeUsage } from './usage-error.js';
import { guardEnvironment } from './process-environment.js';
import type { CommandProgress } from '../terminal/terminal-progress.js';

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

const LINGER_MS = 500;
const STOPPING = 'stopping; Ctrl-C again ends at once\n';

export abstract class BaseCommand<C extends typeof Command, R> extends Command {
  static override enableJsonFlag = true;
  static override baseFlags = {
    profile: Flags.string({ description: 'profile to use', helpGroup: 'GLOBAL', env: 'CLEANROOM_PROFILE' }),
  };

  protected flags!: FlagsOf<C>;
  protected args!: ArgsOf<C>;
  /** Every argument, of a command that takes any number. */
  protected operands: readonly string[] = [];
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
    this.operands = parsed.argv.map(String);
    const stopListening = this.listenForInterrupt();
    try {
      const notFollowed = guardEnvironment(process.env);
      if (notFollowed !== null) this.warn(notFollowed);
      const outcome = await this.execute();
      this.currentProgress?.done();
      if (outcome.text !== undefined)
        this.log(inLocale(wrapLines(outcome.text.replace(/\n$/, ''), process.stdout.columns), process.env));
      if (outcome.exitCode !== undefined && outcome.exitCode !== EXIT.ok) process.exitCode = outcome.exitCode;
      return outcome.result;
    } finally {
      stopListening();
    }
  }

  /** Progress on stderr; phases only where stderr is no terminal. */
  protected async progress(): Promise<CommandProgress> {
    const { plainProgress, takesMotion, terminalProgress } = await import('../terminal/terminal-progress.js');
    this.currentProgress ??= takesMotion(process.stderr, process.env)
      ? await terminalProgress()
      : plainProgress((line) => process.stderr.write(inLocale(line, process.env)));
    return this.currentProgress;
  }

  /** What the command's use case gets besides its input. */
  protected async useCaseContext(): Promise<UseCaseContext> {
    return {
      desk: this.desk,
      cacheDirectory: this.config.cacheDir,
      pullsImages: (this.flags as { offline?: boolean }).offline !== true,
      progress: await this.progress(),
      signal: this.signal,
      warn: (message) => void this.warn(message),
    };
  }

  /** Who acts: the party of the profile, found and connected when first asked for. */
  protected get desk(): Desk {
    return this.deskOf(undefined);
  }

  /** The desk of a party that the command line names; undefined: of whoever the profile says. */
  protected deskOf(party: string | undefined): Desk {
    const profileName = (this.flags as { profile?: string }).profile;
    return lazyDesk({ profileName, dataDir: this.config.dataDir, party });
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

  /** Tells a person something besides the result: on stderr, broken to the terminal's width. */
  protected say(text: string): void {
    process.stderr.write(`${inLocale(wrapLines(text, process.stderr.columns), process.env)}\n`);
  }

  /** A warning: in the JSON envelope, or on stderr. */
  override warn(input: Error | string): Error | string {
    const message = typeof input === 'string' ? input : input.message;
    this.warnings.push(message);
    if (!this.jsonEnabled()) this.say(`warning: ${escapeTerminal(message)}`);
    return input;
  }

  protected override toSuccessJson(result: unknown): unknown {
    return { ok: true, result, warnings: this.warnings };
  }

  protected override toErrorJson(error: unknown): unknown {
    const { code, message, hint, statements } = this.describe(error);
    const failed = statements.length === 0 ? {} : { statements };
    return { ok: false, error: { code, message, hint, ...failed }, warnings: this.warnings };
  }

  protected override catch(error: Interfaces.CommandError): Promise<void> {
    if (error instanceof Errors.ExitError) throw error;
    // What oclif warns of where nothing is installed: it was the parsing that failed.
    this.parsed = true;
    this.currentProgress?.failed();
    const shown = this.signal.aborted || isLeftPrompt(error) ? asInterruption(error) : error;
    const described = this.describe(shown);
    process.exitCode = described.exit;
    if (this.jsonEnabled()) this.logJson(this.toErrorJson(shown));
    else
      this.say(
        [
          `error ${described.code}: ${described.message}`,
          ...(described.hint === '' ? [] : [`  ${described.hint}`]),
        ]
          .map(escapeTerminal)
          .join('\n'),
      );
    if (/cleanroom/.test(process.env['DEBUG'] ?? ''))
      process.stderr.write(`${escapeTerminal(describeStack(error))}\n`);
    // All has been ended and said: a socket or a key that is still being made must not keep the person waiting.
    if (described.exit === EXIT.interrupted) setTimeout(() => process.exit(), LINGER_MS).unref();
    return Promise.resolve();
  }

  private describe(error: unknown): DescribedError {
    const name = (this.id ?? '').replaceAll(':', ' ');
    if (!(error instanceof Errors.CLIError)) {
      const described = describeError(error);
      const hint = described.hint === ERROR_CODES.USAGE.fix ? `See cleanroom ${name} --help` : described.hint;
      return { ...described, hint };
    }
    const flags = Object.keys({ ...this.ctor.flags, ...this.ctor.baseFlags });
    const first = (this.ctor.examples as readonly unknown[] | undefined)?.[0];
    const example =
      typeof first === 'string'
        ? first.replaceAll('<%= config.bin %>', 'cleanroom').replace('<%= command.id %>', name)
        : null;
    const { message, hint } = describeUsage(error, { name, flags: [...flags, 'json', 'help'], example });
    return { code: 'USAGE', message, hint, exit: EXIT.usage, statements: [] };
  }

  private listenForInterrupt(): () => void {
    const onInterrupt = (name: NodeJS.Signals): void => {
      if (this.abortion.signal.aborted) process.exit(EXIT.interrupted);
      this.currentProgress?.failed();
      if (name === 'SIGINT') process.stderr.write(STOPPING);
      this.abortion.abort(new CleanroomError('INTERRUPTED', 'interrupted'));
      process.exitCode = EXIT.interrupted;
    };
    process.on('SIGINT', onInterrupt);
    process.on('SIGTERM', onInterrupt);
    return () => {
      // Once interrupted, the process is ending: a second Ctrl-C must still find its exit code here.
      if (this.abortion.signal.aborted) return;
      process.off('SIGINT', onInterrupt);
      process.off('SIGTERM', onInterrupt);
    };
  }
}

/** Ctrl-C at a question is a keystroke to inquirer, not a signal. */
function isLeftPrompt(error: unknown): boolean {
  return error instanceof Error && error.name === 'ExitPromptError';
}

/** What was under way may know better what its interruption left; else it left nothing. */
function asInterruption(error: unknown): CleanroomError {
  return error instanceof CleanroomError && error.code === 'INTERRUPTED'
    ? error
    : new CleanroomError('INTERRUPTED', 'interrupted', { cause: error });
}

interface DescribedError {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
  readonly exit: number;
  readonly statements: readonly string[];
}

/* Of the machine, not of ours: what only reads says itself what it could not read. */
const NO_PLACE_TO_WRITE = new Set(['EACCES', 'EDQUOT', 'ENOSPC', 'EPERM', 'EROFS']);

function describeError(error: unknown): DescribedError {
  if (error instanceof CleanroomError) {
    const { code, message, hint, exitCode: exit, statements } = error;
    return { code, message, hint, exit, statements };
  }
  const code = systemErrorCode(error);
  const exhausted = openFilesExhausted(error);
  if (exhausted !== null) return describeError(exhausted);
  return describeError(
    code !== undefined && NO_PLACE_TO_WRITE.has(code)
      ? new CleanroomError('FILE_UNWRITABLE', describeCause(error), { cause: error })
      : new CleanroomError('INTERNAL', 'an unexpected failure inside cleanroom', { cause: error }),
  );
}

function describeStack(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? '' : `\ncaused by: ${describeStack(error.cause)}`;
  return `${error.stack ?? error.message}${cause}`;
}
