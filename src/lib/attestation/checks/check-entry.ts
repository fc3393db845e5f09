// What is said of a check, whatever it finds.

export interface CheckEntry {
  /** What holds when the check passes, as a sentence for people. */
  readonly claim: string;
  /** Document and section. */
  readonly spec: string;
}
