// Takes a failure apart to the bottom: JSON inside text, inside strings of JSON, inside text again; everything bounded.

const MAX_VALUES = 200_000;
const MAX_DEPTH = 64;
const MAX_NESTED_TEXTS = 2_000;
const MAX_EMBEDDED = 64;
const MAX_EMBEDDED_CHARACTERS = 2 * 1024 * 1024;

export type JsonRecord = Readonly<Record<string, unknown>>;

/** A service's sentence: any object with a code and a message, wherever it stood. */
export interface Statement {
  readonly code: string;
  readonly innerCode: string | null;
  readonly message: string;
  /** Place in the document: `error.details[0].message » error`; `»` goes into a text that held JSON. */
  readonly path: string;
}

/** All that was found in a text. */
export interface Material {
  /** Every object, outermost first. */
  readonly records: readonly { readonly path: string; readonly value: JsonRecord }[];
  readonly statements: readonly Statement[];
  /** Every text, the input itself first. */
  readonly texts: readonly string[];
}

/** Takes `text` apart. Never throws; what is past the bounds is left out. */
export function unfold(text: string): Material {
  const unfolding = new Unfolding();
  unfolding.addText(text, '', 0);
  return unfolding;
}

class Unfolding implements Material {
  readonly records: { path: string; value: JsonRecord }[] = [];
  readonly statements: Statement[] = [];
  readonly texts: string[] = [];
  private values = 0;
  private nested = 0;

  addText(text: string, path: string, depth: number): void {
    this.texts.push(text);
    if (depth > MAX_DEPTH || this.nested++ > MAX_NESTED_TEXTS) return;
    this.addAzureCliText(text, path);
    this.addStorageError(text, path);
    for (const value of jsonIn(text)) this.addValue(value, path === '' ? '' : `${path} »`, depth + 1);
  }

  private addValue(value: unknown, path: string, depth: number): void {
    if (depth > MAX_DEPTH || this.values++ > MAX_VALUES) return;
    if (typeof value === 'string') {
      this.addText(value, path, depth);
    } else if (Array.isArray(value)) {
      value.forEach((item, index) => {
        this.addValue(item, `${path}[${index}]`, depth + 1);
      });
    } else if (isRecord(value)) {
      this.addRecord(value, path, depth);
    }
  }

  private addRecord(value: JsonRecord, path: string, depth: number): void {
    this.records.push({ path, value });
    const { code, message } = value;
    if (typeof message === 'string' && (typeof code === 'string' || typeof code === 'number'))
      this.statements.push({ code: String(code), innerCode: innerCodeOf(value), message, path });
    for (const [name, member] of Object.entries(value))
      this.addValue(
        member,
        path === '' ? name : `${path}${path.endsWith('»') ? ' ' : '.'}${name}`,
        depth + 1,
      );
  }

  /* Storage answers in XML (LEARN REST "Status and error codes"); the detail says more than the message. */
  private addStorageError(text: string, path: string): void {
    const [, code, message = ''] =
      /<Error>\s*<Code>([A-Za-z]{3,80})<\/Code>\s*<Message>([^<]{0,4000})<\/Message>/.exec(text) ?? [];
    if (code === undefined) return;
    const detail = /<AuthenticationErrorDetail>([^<]{1,1000})</.exec(text)?.[1];
    this.statements.push({
      code,
      innerCode: null,
      message: detail === undefined ? message : `${message.split(/\r?\n/)[0] ?? ''} ${detail}`,
      path,
    });
  }

  /* az prints `(Code) message` and then `Code: Code` and `Message: message`. */
  private addAzureCliText(text: string, path: string): void {
    const code = /^Code: ([A-Za-z.]{3,80})\s*$/m.exec(text)?.[1];
    const message = /^Message: (.{1,4000})$/m.exec(text)?.[1];
    if (code !== undefined && message !== undefined)
      this.statements.push({ code, innerCode: null, message, path });
  }
}

function innerCodeOf(value: JsonRecord): string | null {
  for (const name of ['innererror', 'innerError']) {
    const inner = value[name];
    if (isRecord(inner) && typeof inner['code'] === 'string') return inner['code'];
  }
  return null;
}

export function isRecord(value: unknown): value is JsonRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/* The whole text as JSON; else text whose quotation marks are escaped; else each object that stands in it. */
function jsonIn(text: string): readonly unknown[] {
  const trimmed = text.trim();
  if (!trimmed.includes('{') && !trimmed.startsWith('[')) return [];
  const whole = tryJson(trimmed);
  if (whole !== undefined) return isRecord(whole) || Array.isArray(whole) ? [whole] : [];
  const embedded = embeddedObjects(trimmed);
  if (embedded.length > 0) return embedded;
  const unescaped = trimmed.includes('\\"') ? tryJson(`"${trimmed.replace(/\r?\n/g, '\\n')}"`) : undefined;
  return typeof unescaped === 'string' ? embeddedObjects(unescaped) : [];
}

function embeddedObjects(text: string): readonly unknown[] {
  const found: unknown[] = [];
  let tried = 0;
  for (let at = text.indexOf('{'); at !== -1 && tried < MAX_EMBEDDED; at = text.indexOf('{', at)) {
    tried++;
    const end = objectEnd(text, at);
    const value = end === null ? undefined : tryJson(text.slice(at, end));
    if (isRecord(value) && Object.keys(value).length > 0) found.push(value);
    at = value === undefined || end === null ? at + 1 : end;
  }
  return found;
}

/* Where the object that begins at `start` ends; strings are skipped. */
function objectEnd(text: string, start: number): number | null {
  let depth = 0;
  let quoted = false;
  const limit = Math.min(text.length, start + MAX_EMBEDDED_CHARACTERS);
  for (let at = start; at < limit; at++) {
    const character = text[at];
    if (quoted) {
      if (character === '\\') at++;
      else if (character === '"') quoted = false;
    } else if (character === '"') quoted = true;
    else if (character === '{') depth++;
    else if (character === '}' && --depth === 0) return at + 1;
  }
  return null;
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
