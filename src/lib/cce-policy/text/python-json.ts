// JSON as Python's json.dumps writes it (sort_keys, ensure_ascii), which is the form confcom hashes.

export type PythonJson =
  | null
  | boolean
  | number
  | string
  | readonly PythonJson[]
  | { readonly [name: string]: PythonJson | undefined };

const SHORT_ESCAPES: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
};

/**
 * `json.dumps(value, sort_keys=True, separators=(",", ":"))`; members that are undefined are left out. Member names
 * are ASCII in a policy: Python's order by code point and JavaScript's by UTF-16 unit agree.
 */
export function compactJson(value: PythonJson): string {
  return writeJson(value, { comma: ',', colon: ':' }, null);
}

/** `json.dumps(value, sort_keys=True, indent=2)`: empty lists and objects stay on their line. */
export function prettyJson(value: PythonJson): string {
  return writeJson(value, { comma: ',', colon: ': ' }, '\n');
}

interface Separators {
  readonly comma: string;
  readonly colon: string;
}

/* `newline` is the line break with the indentation of the enclosing level; null in the compact form. */
function writeJson(value: PythonJson, separators: Separators, newline: string | null): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'number') return String(value);
  if (typeof value === 'string') return pythonString(value);
  const inner = newline === null ? null : `${newline}  `;
  const isList = Array.isArray(value);
  const items = isList
    ? value.map((item: PythonJson) => writeJson(item, separators, inner))
    : membersOf(value as { readonly [name: string]: PythonJson | undefined }).map(
        ([name, member]) => `${pythonString(name)}${separators.colon}${writeJson(member, separators, inner)}`,
      );
  const [open, close] = isList ? '[]' : '{}';
  if (items.length === 0) return `${open ?? ''}${close ?? ''}`;
  return `${open ?? ''}${inner ?? ''}${items.join(separators.comma + (inner ?? ''))}${newline ?? ''}${close ?? ''}`;
}

function membersOf(value: {
  readonly [name: string]: PythonJson | undefined;
}): readonly (readonly [string, PythonJson])[] {
  return Object.entries(value)
    .filter((entry): entry is [string, PythonJson] => entry[1] !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

/** A string literal in ASCII: \uXXXX in lower-case hex for all else, surrogate pairs apart; `/` as it is. */
export function pythonString(text: string): string {
  const escaped = text.replace(
    /["\\\u0000-\u001f]|[^\u0000-\u007e]/g,
    (unit) => SHORT_ESCAPES[unit] ?? `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return `"${escaped}"`;
}
