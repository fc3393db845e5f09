// Sessions of a guest: the recorded ones, and others made of them by chance.

import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

import type { PolicyEnforcer } from '../../src/lib/emulator/guest/policy-enforcer.js';
import type { Session } from './peer.js';

export interface Call {
  readonly method: keyof PolicyEnforcer;
  readonly args: readonly unknown[];
}

export interface GuestSession {
  readonly name: string;
  readonly policy: string;
  readonly calls: readonly Call[];
}

interface Recording {
  readonly policies: readonly string[];
  readonly sessions: readonly {
    readonly name: string;
    readonly policy: number;
    readonly calls: readonly Call[];
  }[];
}

const API_VERSIONS = ['0.9.0', '0.10.0', '0.11.0', '0.12.0', '0.13.0'];
const FRAMEWORK_VERSIONS = ['0.2.1', '0.2.3', '0.3.0', '0.4.1', '0.5.0', '0.6.0'];

export function recordedSessions(): readonly GuestSession[] {
  const bytes = gunzipSync(readFileSync('test/vectors/enforcer/sessions.json.gz'));
  const { policies, sessions } = JSON.parse(bytes.toString('utf8')) as Recording;
  return sessions.map(({ name, policy, calls }) => ({
    name,
    policy: policies[policy] ?? '',
    calls: calls.map(({ method, args }) => ({ method, args })),
  }));
}

/** Sessions of at least so many questions. */
export function changedSessions(
  known: readonly GuestSession[],
  questions: number,
  { random }: Pick<Session, 'random'>,
): readonly GuestSession[] {
  const below = (limit: number): number => Math.floor(random() * limit);
  const pool = known.flatMap(({ calls }) => calls);
  const sessions: GuestSession[] = [];
  for (let count = 0; count < questions; count += sessions.at(-1)?.calls.length ?? 0) {
    const base = known[below(known.length)];
    if (base === undefined) throw new Error('there is no session');
    const name = `${base.name}, changed ${sessions.length}`;
    const policy = random() < 0.15 ? otherVersions(base.policy, below) : base.policy;
    sessions.push({ name, policy, calls: changedCalls(base.calls, pool, random) });
  }
  return sessions;
}

function otherVersions(policy: string, below: (limit: number) => number): string {
  const set = (text: string, name: string, version = ''): string =>
    text.replace(new RegExp(`${name} := "[^"]*"`), `${name} := "${version}"`);
  const api = set(policy, 'api_version', API_VERSIONS[below(API_VERSIONS.length)]);
  return set(api, 'framework_version', FRAMEWORK_VERSIONS[below(FRAMEWORK_VERSIONS.length)]);
}

/* Some values replaced by others of the same session; questions left out, asked twice, exchanged, and some of elsewhere behind them. */
function changedCalls(base: readonly Call[], pool: readonly Call[], random: () => number): readonly Call[] {
  const below = (limit: number): number => Math.floor(random() * limit);
  const texts = base.flatMap(({ args }) => textsOf(args));
  const calls: Call[] = [];
  for (const call of base) {
    const chance = random();
    if (chance < 0.03) continue;
    const args = chance < 0.25 ? call.args.map((value) => changedValue(value, texts, random)) : call.args;
    calls.push({ method: call.method, args });
    if (chance > 0.97) calls.push(call);
  }
  if (random() < 0.15 && calls.length > 1) {
    const [moved] = calls.splice(below(calls.length), 1);
    if (moved !== undefined) calls.splice(below(calls.length), 0, moved);
  }
  for (let more = below(4); more > 0; more--) {
    const other = pool[below(pool.length)];
    if (other !== undefined) calls.push(other);
  }
  if (random() < 0.1) calls.push({ method: 'hostNetwork', args: [] });
  return calls;
}

function textsOf(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  return value !== null && typeof value === 'object' ? Object.values(value).flatMap(textsOf) : [];
}

/* One leaf of the value is another. */
function changedValue(value: unknown, texts: readonly string[], random: () => number): unknown {
  const below = (limit: number): number => Math.floor(random() * limit);
  if (typeof value === 'string') {
    const other = texts[below(texts.length)] ?? '';
    return [other, `${value}x`, value.slice(1), value.toUpperCase(), ''][below(5)];
  }
  if (typeof value === 'boolean') return !value;
  if (typeof value === 'number') return below(20);
  if (Array.isArray(value)) return changedList(value as readonly unknown[], texts, random);
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value);
  const at = below(entries.length);
  return Object.fromEntries(
    entries.map(([name, member], index) => [
      name,
      index === at ? changedValue(member, texts, random) : (member as unknown),
    ]),
  );
}

function changedList(
  list: readonly unknown[],
  texts: readonly string[],
  random: () => number,
): readonly unknown[] {
  if (list.length === 0) return list;
  const at = Math.floor(random() * list.length);
  const chance = random();
  if (chance < 0.25) return list.filter((_, index) => index !== at);
  if (chance < 0.5) return [...list, list[at]];
  return list.map((item, index) => (index === at ? changedValue(item, texts, random) : item));
}
