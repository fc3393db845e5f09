// doctor for people: what is wrong first.

import type { Diagnosis } from '../parties/doctor/run-doctor.js';
import type { DoctorStatus } from '../parties/doctor/doctor-line.js';

const ORDER: readonly DoctorStatus[] = ['fail', 'warn', 'ok', 'skip'];

/** Failures, then warnings, then the rest; then the ways around attestation. */
export function renderDiagnosis({ lines, paths }: Diagnosis): string {
  const count = (status: DoctorStatus): number => lines.filter((line) => line.status === status).length;
  const head = `${count('fail')} wrong, ${count('warn')} to review, ${count('ok')} in order, ${count('skip')} not checked`;
  const body = [...lines]
    .sort((a, b) => ORDER.indexOf(a.status) - ORDER.indexOf(b.status))
    .flatMap(({ id, status, what, why, fix }) => [
      `  ${status.padEnd(5)} ${id.padEnd(22)} ${what}`,
      ...(status === 'fail' || status === 'warn' ? [`        ${why}`, `        try: ${fix}`] : []),
    ]);
  const ways = (paths ?? []).flatMap(({ id, severity, where, message, fix }) => [
    `  ${severity === 'error' ? 'way' : 'note'}   ${id}  ${where}`,
    `        ${message}`,
    `        cut it: ${fix}`,
  ]);
  const pathHead =
    paths === null ? [] : ['', `${paths.length} ways to the plaintext that ask for no attestation`];
  return [head, ...body, ...pathHead, ...ways].join('\n');
}
