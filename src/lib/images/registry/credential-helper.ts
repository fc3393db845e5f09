// Docker's credential helpers: `docker-credential-NAME get`, the registry on stdin, credentials as JSON on stdout.

import { spawn } from 'node:child_process';

import * as v from 'valibot';

import { CleanroomError, describeCause, systemErrorCode } from '../../base/errors.js';
import { RegistryCredentials } from './registry-credentials.js';

const TIMEOUT_MS = 20_000;
const MAX_ANSWER = 256 * 1024;
/* What helpers call the user of a refresh token. */
const TOKEN_USER = '<token>';
const NOT_FOUND = /credentials not found/i;

const AnswerSchema = v.looseObject({ Username: v.string(), Secret: v.string() });

/**
 * Asks a helper for what it keeps for `server`; null if that is nothing.
 *
 * @param helper - as config.json names it: the program's name without `docker-credential-`.
 * @throws CleanroomError REGISTRY_CREDENTIALS_INVALID: no such program, or it failed; its output is not shown.
 */
export async function askCredentialHelper(
  helper: string,
  server: string,
): Promise<RegistryCredentials | null> {
  const program = `docker-credential-${helper}`;
  if (!/^[A-Za-z0-9._-]+$/.test(helper)) throw failed(program, 'that is no name of a helper');
  const { status, stdout } = await run(program, server);
  if (status !== 0) {
    if (NOT_FOUND.test(stdout)) return null;
    throw failed(program, `it ended with ${String(status)}`);
  }
  const answer = v.safeParse(AnswerSchema, parseJson(stdout));
  if (!answer.success) throw failed(program, 'it did not answer with credentials');
  const { Username, Secret } = answer.output;
  return Username === TOKEN_USER
    ? new RegistryCredentials('refresh-token', '', Secret)
    : new RegistryCredentials('password', Username, Secret);
}

interface HelperRun {
  readonly status: number | string;
  readonly stdout: string;
}

function run(program: string, input: string): Promise<HelperRun> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, ['get'], { stdio: ['pipe', 'pipe', 'ignore'], timeout: TIMEOUT_MS });
    let stdout = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      stdout += chunk;
      if (stdout.length > MAX_ANSWER) child.kill();
    });
    child.on('error', (cause) => {
      const missing = systemErrorCode(cause) === 'ENOENT';
      reject(failed(program, missing ? 'there is no such program on the path' : describeCause(cause)));
    });
    child.on('close', (code, signal) => {
      resolve({ status: code ?? signal ?? 'nothing', stdout });
    });
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function failed(program: string, problem: string): CleanroomError {
  return new CleanroomError(
    'REGISTRY_CREDENTIALS_INVALID',
    `docker's config.json leaves credentials to ${program}: ${problem}`,
    {
      hint: 'Install that helper, or log in without one: remove it from config.json, then docker login REGISTRY',
    },
  );
}
