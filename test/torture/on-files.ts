// Scenarios that need files only: a text sealed to a key, documents opened, a log, a model from a hub.

import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { exportPartyKey, generatePartyKey } from '../../src/lib/keys/party-keys.js';
import { runProcess } from '../support/cleanroom-process.js';
import { startLoopbackHub } from '../support/loopback-hub.js';
import { filesInClear, LINE, placeOf, writeKeys } from './places.js';
import type { CommandScenario } from './trial.js';

/** What a killed run left that the same command did not clear up; null for nothing. */
export function leftovers(directory: string): string | null {
  const left = readdirSync(directory).filter((name) => name.endsWith('.tmp'));
  return left.length === 0 ? null : `left: ${left.join(', ')}`;
}

/** A text of 12 MB sealed over the one of the trial before; opened again to compare. */
export function sealing(root: string): CommandScenario {
  const place = placeOf(root, 'seal');
  const { cwd, env } = place;
  writeKeys(place);
  writeFileSync(join(cwd, 'text'), LINE.repeat(260_000));
  return {
    name: 'encrypt --to',
    cwd,
    env,
    argv: () => ['encrypt', 'text', '--to', 'pub.jwk', '--out', 'text.sealed'],
    fault: async () => {
      const { code } = await runProcess(
        ['decrypt', 'text.sealed', '--identity', 'key.jwk', '--out', 'opened'],
        { cwd, env },
      );
      if (code !== 0) return `decrypt: exit ${String(code)}`;
      const same = readFileSync(join(cwd, 'opened')).equals(readFileSync(join(cwd, 'text')));
      return same ? leftovers(cwd) : 'another text';
    },
    inClear: () => filesInClear([cwd], ['text', 'opened']),
  };
}

/** Documents opened into a new directory: all or nothing, and no text in clear beside it. */
export async function opening(root: string, documents: number): Promise<CommandScenario> {
  const place = placeOf(root, 'open');
  const { cwd, env } = place;
  writeKeys(place);
  mkdirSync(join(cwd, 'notes'));
  for (let index = 0; index < documents; index++)
    writeFileSync(join(cwd, 'notes', `${index}.txt`), `${index} ${LINE}`);
  const sealed = await runProcess(['encrypt', 'notes', '--to', 'pub.jwk', '--out', 'notes.sealed'], {
    cwd,
    env,
  });
  if (sealed.code !== 0) throw new Error(sealed.stderr);
  const out = join(cwd, 'opened');
  return {
    name: `decrypt ${documents} documents`,
    cwd,
    env,
    argv: () => {
      // A killed run leaves the directory whole or not at all.
      if (existsSync(out) && readdirSync(out).length !== documents) return ['a part of the documents'];
      rmSync(out, { recursive: true, force: true });
      return ['decrypt', 'notes.sealed', '--identity', 'key.jwk', '--out', 'opened'];
    },
    fault: () => {
      const names = readdirSync(out);
      const whole = names.every((name) => readFileSync(join(out, name), 'utf8').endsWith(LINE));
      return Promise.resolve(
        names.length === documents && whole ? leftovers(cwd) : `${names.length} documents`,
      );
    },
    inClear: () => filesInClear([env.HOME, env.TMPDIR]),
  };
}

/** An entry more each time; every one is there once, under a signed head. */
export async function logging(root: string): Promise<CommandScenario> {
  const place = placeOf(root, 'log');
  const { cwd, env } = place;
  writeFileSync(join(cwd, 'key.jwk'), exportPartyKey(await generatePartyKey()), { mode: 0o600 });
  const trials = new Set<number>();
  return {
    name: 'log append',
    cwd,
    env,
    argv: (trial) => {
      trials.add(trial);
      writeFileSync(join(cwd, 'entry.json'), JSON.stringify({ trial }));
      return ['log', 'append', 'audit.log', 'entry.json', '--kind', 'deployment', '--key', 'key.jwk'];
    },
    fault: () => {
      const entries = readFileSync(join(cwd, 'audit.log'), 'utf8').trimEnd().split('\n');
      const distinct = new Set(entries.map((line) => (JSON.parse(line) as { sha256: string }).sha256));
      const right = entries.length === trials.size && distinct.size === trials.size;
      return Promise.resolve(right ? leftovers(cwd) : `${entries.length} entries, ${distinct.size} distinct`);
    },
  };
}

/** A model from a hub, each time into a new directory. */
export async function fetching(root: string): Promise<CommandScenario & { readonly port: number }> {
  const { cwd, env } = placeOf(root, 'fetch');
  const model = resolve('models/t5-demo');
  const hub = await startLoopbackHub(model);
  return {
    port: Number(new URL(hub.url).port),
    name: 'model fetch',
    cwd,
    env,
    argv: (trial) => ['model', 'fetch', 'owner/model', '--hub', hub.url, '--out', `model-${trial}`],
    fault: (trial) => {
      const fetched = join(cwd, `model-${trial}`);
      const same = readdirSync(fetched, { recursive: true, encoding: 'utf8' })
        .filter((name) => /\.(?:json|onnx)$/.test(name))
        .every((name) => readFileSync(join(fetched, name)).equals(readFileSync(join(model, name))));
      if (existsSync(`${fetched}.partial`)) return Promise.resolve('the partial model is left');
      rmSync(fetched, { recursive: true });
      return Promise.resolve(same ? leftovers(cwd) : 'another model');
    },
    close: () => hub.close(),
  };
}
