// A peer's program: questions as lines of JSON on its standard input, answers as lines on its standard output.

import { spawn } from 'node:child_process';

import type { Command } from './peer.js';

/** @throws Error where it gives another number of answers, ends badly, or takes longer than `seconds` */
export function askProgram(
  { command, args }: Command,
  questions: readonly object[],
  seconds: number,
): Promise<readonly string[]> {
  return new Promise((done, failed) => {
    const child = spawn(command, args, {
      stdio: ['pipe', 'pipe', 'pipe'],
      signal: AbortSignal.timeout(seconds * 1000),
      killSignal: 'SIGKILL',
    });
    let answers = '';
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (answers += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-2000)));
    child.on('error', ({ name, message }) => {
      failed(new Error(name === 'AbortError' ? `it was stopped after ${seconds} s` : message));
    });
    child.on('close', (code) => {
      const lines = answers.split('\n').slice(0, -1);
      if (code === 0 && lines.length === questions.length) {
        done(lines);
        return;
      }
      failed(
        new Error(
          `it ended with ${String(code)} after ${lines.length} of ${questions.length} answers: ${said}`,
        ),
      );
    });
    child.stdin.on('error', () => undefined);
    child.stdin.end(questions.map((question) => `${JSON.stringify(question)}\n`).join(''));
  });
}
