// How it is known that Azure answers as the local Azure does: one proof an emulated operation.

/** The kinds of proof, the strongest first. */
export const PROOF_KINDS = {
  recording: 'recorded answer of the real service',
  client: "Microsoft's own client works against it, unmodified",
  example: 'published example of the REST specification',
  documentation: 'documentation only',
} as const;

export type ProofKind = keyof typeof PROOF_KINDS;

/** What an emulated operation stands on. */
export interface Proof {
  readonly kind: ProofKind;
  /** `YYYY-MM` or `YYYY-MM-DD`: when it was recorded, published, run or read. */
  readonly date: string;
  /** Where: a file under test/vectors, a client with its version, or the title of a page. */
  readonly source: string;
}

/** A recorded answer of the real service. */
export function recorded(date: string, source: string): Proof {
  return { kind: 'recording', date, source };
}

/** A client of Microsoft's that a test or a run by hand used, unmodified. */
export function usedBy(date: string, source: string): Proof {
  return { kind: 'client', date, source };
}

/** An example that Microsoft publishes with the REST specification. */
export function publishedExample(date: string, source: string): Proof {
  return { kind: 'example', date, source };
}

/** Nothing but a page that describes it. */
export function documented(date: string, source: string): Proof {
  return { kind: 'documentation', date, source };
}
