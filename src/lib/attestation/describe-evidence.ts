// What evidence says, in a few values for people and for JSON. To be believed only beside an `accepted` verdict.

import { toHex } from '../base/bytes/hex.js';
import type { AttestationToken } from './maa/token.js';
import { readTcb, type TcbVersion } from './snp/tcb.js';
import type { VerifiedEvidence } from './verify-evidence.js';

export interface EvidenceSummary {
  readonly product?: string;
  readonly chipId?: string;
  readonly reportVersion?: number;
  readonly reportedTcb?: TcbVersion;
  readonly guestSvn?: number;
  readonly measurement?: string;
  readonly hostData?: string;
  readonly reportData?: string;
  readonly uvm?: {
    readonly style: string;
    readonly issuer: string;
    readonly feed: string;
    readonly svn: number | null;
    readonly signingTime: string | null;
  };
  readonly tokenIssuer?: string;
  readonly tokenIssuedAt?: string;
  /** By the collector's clock: information, and no proof. */
  readonly collected?: string;
}

/** The summary of whatever is there. */
export function describeEvidence(
  evidence: VerifiedEvidence | null,
  token: AttestationToken | null,
  collected: Date | null,
): EvidenceSummary {
  const { report = null, product = null, uvm = null } = evidence ?? {};
  return {
    ...(product === null ? {} : { product }),
    ...(report === null
      ? {}
      : {
          chipId: toHex(report.chipId),
          reportVersion: report.version,
          ...(product === null ? {} : { reportedTcb: readTcb(report.reportedTcb, product) }),
          guestSvn: report.guestSvn,
          measurement: toHex(report.measurement),
          hostData: toHex(report.hostData),
          reportData: toHex(report.reportData),
        }),
    ...(uvm === null
      ? {}
      : {
          uvm: {
            style: uvm.style,
            issuer: uvm.issuer,
            feed: uvm.feed,
            svn: uvm.statement.svn,
            signingTime: uvm.signingTime?.toISOString() ?? null,
          },
        }),
    ...describeToken(token),
    ...(collected === null ? {} : { collected: collected.toISOString() }),
  };
}

function describeToken(
  token: AttestationToken | null,
): Pick<EvidenceSummary, 'tokenIssuer' | 'tokenIssuedAt'> {
  const issuer = token?.claims['iss'];
  const issued = token?.claims['iat'];
  return {
    ...(typeof issuer === 'string' ? { tokenIssuer: issuer } : {}),
    ...(typeof issued === 'number' && Number.isSafeInteger(issued) && Math.abs(issued) < 8.64e12
      ? { tokenIssuedAt: new Date(issued * 1000).toISOString() }
      : {}),
  };
}
