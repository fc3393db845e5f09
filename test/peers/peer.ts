// What a peer is: a program of others, asked the same questions as ours.

/** How a program is started. */
export interface Command {
  readonly command: string;
  readonly args: readonly string[];
}

/** One question, with both answers. */
export interface Compared {
  /** What was asked, in words that find it again. */
  readonly question: string;
  readonly ours: string;
  readonly theirs: string;
  /** Why the two differ and are meant to; null where they have to agree. */
  readonly byDesign: string | null;
}

export interface Session {
  /** An empty directory. */
  readonly directory: string;
  /** Numbers from 0 to below 1, the same ones for the same seed. */
  readonly random: () => number;
  /** Few questions instead of many. */
  readonly short: boolean;
  /** The peer's program, set up. */
  readonly command: Command;
  /** Asks the peer's program: one question a line, one answer a line. */
  readonly ask: (questions: readonly object[]) => Promise<readonly string[]>;
}

export interface Peer {
  /** What the command line calls it. */
  readonly name: string;
  /** The package that is asked, as the lock names it, and what it says something about. */
  readonly lockedPackage: string;
  readonly about: string;
  /** A module under `go`, a script under `python`, or a command of packages; a file under `python` locks those. */
  readonly program:
    | { readonly go: string }
    | { readonly python: string; readonly requirements?: string }
    | { readonly venv: string; readonly command: string };
  /** Asked only where it is named: its set-up is large, or it needs what nobody has by chance. */
  readonly byHand?: boolean;
  readonly compare: (session: Session) => Promise<readonly Compared[]>;
}

/** Questions put to both: ours answered here, theirs by one call of the program. */
export async function askBoth(
  { ask }: Session,
  questions: readonly {
    readonly question: string;
    readonly asked: object;
    readonly ours: string;
    readonly byDesign?: (theirs: string) => string | null;
  }[],
): Promise<readonly Compared[]> {
  const answers = await ask(questions.map(({ asked }) => asked));
  return questions.map(({ question, ours, byDesign }, index) => {
    const theirs = answers[index] ?? 'no answer';
    return { question, ours, theirs, byDesign: byDesign?.(theirs) ?? null };
  });
}
