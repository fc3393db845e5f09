// The guest agent's refusal as ACI reports it: a decision in JSON, in base64 between two marks, often cut off; older
// guests wrote it as text (hcsshim, pkg/securitypolicy; microsoft/confidential-ai#11, microsoft/hcsshim#2574).

const MARK = 'policyDecision<';
const MARKED = /^\s*([A-Za-z0-9+/=_\\-]+)(\s*>policyDecision)?/;
const TEXTUAL =
  /([a-z0-9_]{3,40}) not allowed by policy\.? Errors: \[([^\]]{0,2000})\](?:\.? Input: (\{[\s\S]{0,20000}))?/g;
const BARE = /^\s*(eyJkZWNpc2lvbiI6[A-Za-z0-9+/=_-]*|eyAi[A-Za-z0-9+/=_-]{16,})\s*$/;
const MAX_DENIALS = 50;
/* Azure cuts a decision after some thousand characters; patterns over megabytes overflow the engine's stack. */
const MAX_DECISION = 512 * 1024;

export interface PolicyDenial {
  /** Enforcement point, such as create_container; null where neither decision nor text says. */
  readonly rule: string | null;
  readonly errors: readonly string[];
  /** What the host asked for, as far as it is there. */
  readonly input: Readonly<Record<string, unknown>>;
  /** Members that the guest left out for want of space. */
  readonly truncated: readonly string[];
  /** False where the decision was cut off on its way. */
  readonly complete: boolean;
}

/** Every denial in a text. */
export function findPolicyDenials(text: string): readonly PolicyDenial[] {
  const denials: PolicyDenial[] = [];
  for (let at = text.indexOf(MARK); at !== -1; at = text.indexOf(MARK, at + MARK.length)) {
    const start = at + MARK.length;
    const [, encoded, end] = MARKED.exec(text.slice(start, start + MAX_DECISION)) ?? [];
    if (encoded === undefined) continue;
    const denial = readDecision(decode(encoded), end !== undefined, text.slice(Math.max(0, at - 600), at));
    if (denial !== null) denials.push(denial);
    if (denials.length >= MAX_DENIALS) return denials;
  }
  const bare = text.length > MAX_DECISION ? undefined : BARE.exec(text)?.[1];
  if (bare !== undefined) {
    const denial = readDecision(decode(bare), true, '');
    if (denial !== null) denials.push(denial);
  }
  for (const [, rule = '', errors = '', input] of text.matchAll(TEXTUAL)) {
    if (denials.length >= MAX_DENIALS) break;
    const decoded = input === undefined ? {} : readInput(input.replaceAll('\\', ''));
    denials.push({ rule, errors: splitErrors(errors), input: decoded, truncated: [], complete: true });
  }
  return denials;
}

/** The first denial in a text; null where there is none that can be read. */
export function findPolicyDenial(text: string): PolicyDenial | null {
  return findPolicyDenials(text)[0] ?? null;
}

/** A decision as a value that was parsed already; null where it is none. */
export function readDecisionValue(value: unknown, surroundings = ''): PolicyDenial | null {
  if (!isObject(value) || value['decision'] !== 'deny') return null;
  const input = isObject(value['input']) ? value['input'] : {};
  const rule = typeof input['rule'] === 'string' ? input['rule'] : ruleOf(surroundings);
  return {
    rule,
    errors: errorsOf(value),
    input,
    truncated: strings(value['truncated']),
    complete: true,
  };
}

/* Errors of the framework; where the guest could not ask the policy, what it says of it, which is one text. */
function errorsOf({ reason, policyError }: Readonly<Record<string, unknown>>): readonly string[] {
  if (isObject(reason)) return strings(reason['errors']);
  if (typeof policyError === 'string' && policyError !== '') return [policyError];
  return typeof reason === 'string' && reason !== '' ? [reason] : [];
}

function readDecision(json: string, closed: boolean, before: string): PolicyDenial | null {
  try {
    return readDecisionValue(JSON.parse(json), before);
  } catch {
    return /"decision"\s*:\s*"deny"/.test(json) ? readCutDecision(json, closed, before) : null;
  }
}

/* The members that came before the cut. */
function readCutDecision(json: string, closed: boolean, before: string): PolicyDenial {
  return {
    rule: /"rule"\s*:\s*"([a-z0-9_]+)"/.exec(json)?.[1] ?? ruleOf(before),
    errors: cutErrors(json),
    input: readInput(json),
    truncated: [],
    complete: closed && json.trimEnd().endsWith('}'),
  };
}

function cutErrors(json: string): readonly string[] {
  const list = /"errors"\s*:\s*\[((?:\s*"(?:[^"\\]|\\.)*"\s*,?)*(?:"[^"\]]*$)?)/.exec(json)?.[1] ?? '';
  const errors = [...list.matchAll(/"((?:[^"\\]|\\.)*)(?:"|$)/g)].map(([, error = '']) => unescape(error));
  if (errors.length > 0) return errors;
  for (const name of ['policyError', 'reason']) {
    const text = new RegExp(`"${name}"\\s*:\\s*"((?:[^"\\\\]|\\\\.)*)`).exec(json)?.[1];
    if (text !== undefined && text !== '') return [unescape(text)];
  }
  return [];
}

/* Plain string members and lists of strings, wherever they stand in what may be cut. */
function readInput(text: string): Readonly<Record<string, unknown>> {
  const input: Record<string, unknown> = {};
  for (const name of ['deviceHash', 'target', 'containerID', 'sandboxID', 'workingDir', 'feed', 'issuer']) {
    const value = new RegExp(`"${name}"\\s*:\\s*"((?:[^"\\\\]|\\\\.)*)"`).exec(text)?.[1];
    if (value !== undefined) input[name] = unescape(value);
  }
  for (const name of ['argList', 'envList', 'layerPaths']) {
    const list = new RegExp(`"${name}"\\s*:\\s*\\[([^\\]]*)\\]`).exec(text)?.[1];
    if (list !== undefined)
      input[name] = [...list.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, item = '']) => unescape(item));
  }
  return input;
}

/* What the shim says it was doing, where the decision itself does not. */
const DOING: readonly (readonly [RegExp, string])[] = [
  [/container creation denied/i, 'create_container'],
  [/overlay creation denied|creating (?:the )?overlay|mount_overlay/i, 'mount_overlay'],
  [/exec in container denied/i, 'exec_in_container'],
  [/mounting scratch/i, 'rw_mount_device'],
  [/mounting (?:scsi )?device|mount(?:ing)? scsi|add SCSI layer/i, 'mount_device'],
  [/fragment/i, 'load_fragment'],
];

function ruleOf(text: string): string | null {
  return DOING.find(([pattern]) => pattern.test(text))?.[1] ?? null;
}

function decode(base64: string): string {
  const clean = base64.replace(/[\\=]+$/, '');
  const whole = clean.length % 4 === 1 ? clean.slice(0, -1) : clean;
  return Buffer.from(whole, 'base64').toString('utf8');
}

function splitErrors(text: string): readonly string[] {
  return text
    .split(/,\s*/)
    .map((error) => error.trim().replace(/^\\?"|\\?"$/g, ''))
    .filter((error) => error !== '');
}

function unescape(text: string): string {
  return text.replace(/\\(["\\/])/g, '$1');
}

function strings(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
