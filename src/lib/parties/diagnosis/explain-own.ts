// Our own words in hand: an error or a verdict in the envelope of --json, a line `error CODE: …`, or a code alone.

import { CHECKS, isCheckId } from '../../attestation/check-ids.js';
import { ERROR_CODES, type ErrorCode } from '../../base/error-codes.js';
import type { ClaimComparison, Diagnosis } from './diagnosis.js';
import { isRecord, type JsonRecord } from './unfold.js';

export function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(ERROR_CODES, text);
}

/** What a code of ours means: of an error or of a check; null for another word. */
export function explainCode(
  code: string,
  said: string | null = null,
  hint: string | null = null,
): Diagnosis | null {
  if (isErrorCode(code)) {
    const entry = ERROR_CODES[code];
    return {
      kind: 'cleanroom-error',
      code,
      what: said ?? entry.summary,
      why: [...(said === null ? [] : [entry.summary]), EXIT_MEANING[entry.exit] ?? ''],
      fix: [...new Set([hint ?? entry.fix, entry.fix])],
      claims: [],
    };
  }
  if (!isCheckId(code)) return null;
  const check = CHECKS[code];
  return {
    kind: 'verdict',
    code: null,
    what: `${code} is a check of verify: ${check.claim}`,
    why: [`It comes from: ${check.spec}.`],
    fix: ['cleanroom verify BUNDLE shows what was expected and what was found.'],
    claims: [],
  };
}

const EXIT_MEANING: Readonly<Record<number, string>> = {
  1: 'Exit 1: a fault of cleanroom itself.',
  2: 'Exit 2: the command line.',
  3: 'Exit 3: an input file.',
  4: 'Exit 4: unsafe as it is.',
  5: 'Exit 5: refused or unproven.',
  6: 'Exit 6: a service refused, or could not be reached.',
  130: 'Exit 130: interrupted.',
};

/** Explains what a room says of itself (`GET /status`) where it stopped; null for anything else. */
export function explainReport(value: JsonRecord): Diagnosis | null {
  const { state, code, phases } = value;
  const stopped = state === 'refused' || state === 'failed';
  return stopped && Array.isArray(phases) && typeof code === 'string' ? explainCode(code) : null;
}

/** Explains an envelope of --json; null where the object is none. A result without failures is named as such. */
export function explainEnvelope(value: JsonRecord): Diagnosis | null {
  const error = value['error'];
  if (value['ok'] === false && isRecord(error) && typeof error['code'] === 'string') {
    const hint = typeof error['hint'] === 'string' && error['hint'] !== '' ? error['hint'] : null;
    return explainCode(error['code'], typeof error['message'] === 'string' ? error['message'] : null, hint);
  }
  const verdict = value['ok'] === true && isRecord(value['result']) ? value['result'] : value;
  return Array.isArray(verdict['checks']) && typeof verdict['verdict'] === 'string'
    ? explainVerdict(verdict)
    : null;
}

/** Explains `error CODE: message` as the commands print it; null where the text has no such line. */
export function explainErrorLine(text: string): Diagnosis | null {
  const match = /^[ \t]*error ([A-Z][A-Z0-9_]{2,60}): ([^\n]*)(?:\n {2}([^\n]+))?/m.exec(text);
  return match === null ? null : explainCode(match[1] ?? '', match[2] ?? null, match[3] ?? null);
}

function explainVerdict(verdict: JsonRecord): Diagnosis {
  const checks = (verdict['checks'] as readonly unknown[]).filter(isRecord);
  const failed = checks.filter(({ status }) => status === 'fail');
  return {
    kind: 'verdict',
    code: failed.length === 0 ? null : 'EVIDENCE_REFUSED',
    what: `A verdict: ${String(verdict['verdict'])}; ${failed.length} of ${checks.length} checks failed.`,
    why: failed.slice(0, 20).map(({ id, reason }) => {
      const name = String(id);
      const claim = isCheckId(name) ? `${CHECKS[name].claim} It does not hold` : 'It does not hold';
      return `${name}: ${claim}${typeof reason === 'string' ? ` (${reason})` : ''}.`;
    }),
    fix: failed.length === 0 ? [] : ['cleanroom why CHECK_ID explains one of them.'],
    claims: failed.flatMap(({ id, expected, actual }): readonly ClaimComparison[] =>
      typeof expected === 'string'
        ? [
            {
              claim: String(id),
              expected,
              actual: typeof actual === 'string' ? actual : null,
              holds: false,
              from: 'verdict',
            },
          ]
        : [],
    ),
  };
}
