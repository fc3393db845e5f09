// The room's log: one JSON object a line, made of names, codes and numbers. There is no way to put text of a document in.

/** Values that a log line may hold: identifiers from the contract, codes and numbers. */
export type LogFields = Readonly<Record<string, string | number | boolean | null>>;

export interface Log {
  /** @param event - a fixed name, `key-waiting`; never made from data. */
  write(event: string, fields?: LogFields): void;
}

const MAX_VALUE_CHARACTERS = 300;

/** A log that gives each line to `sink`. Strings are cut, and control characters escaped by JSON. */
export function createLog(sink: (line: string) => void, now: () => Date = () => new Date()): Log {
  return {
    write: (event, fields = {}) => {
      const bounded = Object.entries(fields).map(([name, value]) => [
        name,
        typeof value === 'string' ? value.slice(0, MAX_VALUE_CHARACTERS) : value,
      ]);
      sink(`${JSON.stringify({ time: now().toISOString(), event, ...Object.fromEntries(bounded) })}\n`);
    },
  };
}
