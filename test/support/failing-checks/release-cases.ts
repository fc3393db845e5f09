// A failing case for each check of what Azure's services run; those that never fail, with why.

import { PINNED_ANCHORS } from '../../../src/lib/attestation/anchors.js';
import { CheckLog } from '../../../src/lib/attestation/check-log.js';
import type { RELEASE_CHECKS } from '../../../src/lib/attestation/checks/release-checks.js';
import { nodeSignatureCrypto } from '../../../src/lib/attestation/crypto/node-crypto.js';
import { parseReleaseStatement } from '../../../src/lib/attestation/releases/release-statement.js';
import { signedStatement } from '../../../src/lib/attestation/transparency/receipt.js';
import type { Check } from '../../../src/lib/base/verdict/check.js';
import { REFERENCE_VALUES } from '../../../src/lib/contract/published/reference-values.js';
import { recordReleases } from '../../../src/lib/evidence/release-statements.js';
import { testReleases } from '../emulated-trust.js';
import { type CasesOf, withByte } from './failing-case.js';

export const RELEASE_CASES: CasesOf<typeof RELEASE_CHECKS> = {
  STATEMENT_FORM: { name: 'bytes that are no statement', fails: () => judge(() => Uint8Array.of(1)) },
  STATEMENT_SIGNATURE: {
    name: 'a signature with a bit flipped',
    fails: () => judge((statement) => withByte(statement, statement.length - 1, 1)),
  },
  STATEMENT_LEDGER: {
    name: 'a statement without a receipt',
    neverFails: 'the header that receipts stand in is not signed',
    skips: () => judge((statement) => signedStatement(parseReleaseStatement(statement).message)),
  },
  SERVICE_RELEASE: {
    name: 'a service under another policy than the one stated',
    fails: () => judge((statement) => statement),
  },
  HSM_RELEASE: {
    name: 'a statement about another service',
    neverFails: 'nothing that an HSM attests can be compared with it',
    skips: () => judge((statement) => statement),
  },
};

/* The emulator's statement about its attestation service, changed, beside a service under a policy of zeros. */
async function judge(change: (statement: Uint8Array) => Uint8Array): Promise<readonly Check[]> {
  const { statements, signers, ledgers } = await testReleases();
  const log = new CheckLog();
  const releases = { signers, ledgers: ledgers.map((key) => ({ ...key, status: 'latest' as const })) };
  await recordReleases(
    [change(statements.attestation)],
    {
      anchors: { ...PINNED_ANCHORS, releases },
      crypto: nodeSignatureCrypto,
      reference: REFERENCE_VALUES,
      at: new Date(),
      crls: [],
      brought: [],
      serviceProgram: '0'.repeat(64),
    },
    log,
  );
  return log.checks();
}
