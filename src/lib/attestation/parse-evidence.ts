// First of three: bytes to parsed evidence. What does not parse is a failed check, and its part is absent from here on.

import { CleanroomError } from '../base/errors.js';
import type { Check } from '../base/verdict/check.js';
import { CheckLog } from './check-log.js';
import { type AmdChain, parseAmdChain } from './snp/chain.js';
import { readSnpReport, REPORT_BYTES, REPORT_VERSIONS, type SnpReport } from './snp/report.js';
import { parseUvmEndorsement, type UvmEndorsement } from './uvm/endorsement.js';

/** The bytes of each part, exactly as they came. */
export interface EvidenceParts {
  /** 1184 bytes. */
  readonly report?: Uint8Array;
  /** PEM bundle VCEK, ASK, ARK, or THIM JSON. */
  readonly endorsements?: Uint8Array;
  /** COSE_Sign1. */
  readonly uvm?: Uint8Array;
  /** The decoded CCE policy text. */
  readonly policy?: Uint8Array;
  /** The bytes whose SHA-256 stands in REPORT_DATA. */
  readonly runtimeData?: Uint8Array;
  /** Revocation lists that came with the evidence, DER. */
  readonly crls?: readonly Uint8Array[];
}

/** Parts that are well formed; nothing in them has been verified. */
export interface ParsedEvidence {
  readonly parts: EvidenceParts;
  readonly report: SnpReport | null;
  readonly chain: AmdChain | null;
  readonly uvm: UvmEndorsement | null;
  readonly checks: readonly Check[];
}

/** Reads each part that is there. Never throws for what the bytes are. */
export function parseEvidence(parts: EvidenceParts): ParsedEvidence {
  const log = new CheckLog();
  return {
    parts,
    report: parseReport(parts.report, log),
    chain: parseChain(parts.endorsements, log),
    uvm: parseUvm(parts.uvm, log),
    checks: log.checks(),
  };
}

function parseReport(bytes: Uint8Array | undefined, log: CheckLog): SnpReport | null {
  if (bytes === undefined) {
    log.skip('no report was given', 'REPORT_LENGTH', 'REPORT_VERSION', 'REPORT_RESERVED');
    return null;
  }
  const fits = bytes.length === REPORT_BYTES;
  log.record('REPORT_LENGTH', fits, { expected: `${REPORT_BYTES} bytes`, actual: `${bytes.length} bytes` });
  if (!fits) {
    log.skip('the report has the wrong length', 'REPORT_VERSION', 'REPORT_RESERVED');
    return null;
  }
  const report = readSnpReport(bytes);
  log.record('REPORT_VERSION', REPORT_VERSIONS.includes(report.version), {
    expected: `one of ${REPORT_VERSIONS.join(', ')}`,
    actual: String(report.version),
  });
  log.record('REPORT_RESERVED', report.reservedViolations.length === 0, {
    expected: 'zero',
    actual: report.reservedViolations.length === 0 ? 'zero' : report.reservedViolations.join(', '),
    reason: `not as required: ${report.reservedViolations.join(', ')}`,
  });
  return report;
}

function parseChain(bytes: Uint8Array | undefined, log: CheckLog): AmdChain | null {
  if (bytes === undefined) {
    log.skip('no certificates were given', 'ENDORSEMENT_FORMAT');
    return null;
  }
  const [chain, problem] = attempt(() => parseAmdChain(bytes));
  log.recordProblem('ENDORSEMENT_FORMAT', problem, { expected: 'VCEK, ASK, ARK' });
  return chain;
}

function parseUvm(bytes: Uint8Array | undefined, log: CheckLog): UvmEndorsement | null {
  if (bytes === undefined) {
    log.skip('no UVM endorsement was given', 'UVM_FORMAT');
    return null;
  }
  const [uvm, problem] = attempt(() => parseUvmEndorsement(bytes));
  log.recordProblem('UVM_FORMAT', problem, {
    expected: 'a tagged COSE_Sign1 of a known form',
    ...(uvm === null ? {} : { actual: uvm.style }),
  });
  return uvm;
}

function attempt<T>(parse: () => T): [T, null] | [null, string] {
  try {
    return [parse(), null];
  } catch (cause) {
    if (cause instanceof CleanroomError) return [null, cause.message];
    throw cause;
  }
}
