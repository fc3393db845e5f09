// What has to be said beside a verdict, on every surface.

import type { Judgement } from '../base/verdict/statement.js';
import { isWarning } from './evidence-chain.js';
import type { EvidencePieces } from './evidence-pieces.js';

const NARROW = {
  chain: 'certificates or an endorsement were',
  endorsement: 'certificates or an endorsement were',
  release: 'a statement of a release was',
} as const;

/** The warnings of a verdict: published policies and keys, missing freshness, and a scope that says nothing about a room. */
export function warningsOf(
  { verdict, scope, statements, checks }: Omit<Judgement, 'warnings'>,
  { parts, receipts = [] }: EvidencePieces,
): readonly string[] {
  const fresh = statements.find(({ id }) => id === 'FRESH');
  const about = checks
    .filter(isWarning)
    .map((check) => `${check.id}: ${check.reason?.replace(/^warning: /, '') ?? ''}`);
  const stale =
    parts.report !== undefined && fresh?.status !== 'proven'
      ? [
          'nothing shows that this evidence is fresh: it may be old or replayed. While the room runs, cleanroom attest -f contract.yaml gets fresh evidence; cleanroom verify takes --nonce or --max-age',
        ]
      : [];
  const narrow =
    verdict !== 'refused' && (scope === 'chain' || scope === 'endorsement' || scope === 'release')
      ? [`only ${NARROW[scope]} judged: there is no statement about a room`]
      : [];
  const result = statements.find(({ id }) => id === 'RESULT');
  const noResult =
    scope === 'room' &&
    statements.some(({ id, demanded }) => id === 'CONTRACT' && demanded) &&
    result?.status !== 'proven'
      ? [receipts.length === 0 ? 'no result was shown' : 'the receipts in the evidence prove no result']
      : [];
  return [...about, ...noResult, ...stale, ...narrow];
}
