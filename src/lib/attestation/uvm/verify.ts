// Microsoft's part: the endorsement's algorithm, chain, issuer and signature.
// Order matters: the DID in the message is only a claim, so the trusted DID is compared first and then resolved.

import type { Check } from '../../base/verdict/check.js';
import { CheckLog } from '../check-log.js';
import type { ParsedEvidence } from '../parse-evidence.js';
import type { VerificationContext } from '../verification-context.js';
import { outsideValidity } from '../x509/path.js';
import { recordRevocation } from '../x509/revocation.js';
import type { AmdChain } from '../snp/chain.js';
import { describeHeld, verifyReceipts, whyNot } from '../transparency/receipt.js';
import { coseScheme, verifyCoseSign1 } from './cose-sign1.js';
import { didProblem } from './did-x509.js';
import type { UvmEndorsement } from './endorsement.js';
import { signerChainProblem } from './signer-headers.js';

/** The cryptographic checks of the endorsement; all skipped where there is none that can be read. */
export async function verifyUvmEndorsement(
  { uvm, chain, parts }: ParsedEvidence,
  context: VerificationContext,
): Promise<readonly Check[]> {
  const log = new CheckLog();
  if (uvm === null) {
    const reason = 'there is no UVM endorsement that can be read';
    log.skip(reason, 'UVM_ALG', 'UVM_CHAIN', 'UVM_CERT_TIME', 'UVM_DID', 'UVM_SIGNATURE');
    log.skip(reason, 'UVM_CRL', 'UVM_TIMESTAMP', 'UVM_RECEIPT');
    return log.checks();
  }
  log.recordProblem('UVM_CHAIN', await signerChainProblem(uvm, context.crypto));
  const judgedAt = context.uvmTime === 'now' ? context.at : (uvm.signingTime ?? context.at);
  log.recordProblem(
    'UVM_CERT_TIME',
    signedLater(uvm, chain, context.at) ?? outsideValidity(uvm.chain, judgedAt),
    {
      expected: `valid at ${judgedAt.toISOString()} (${judgedAt === uvm.signingTime ? 'signing time' : 'time of the check'})`,
    },
  );
  await recordDid(uvm, context, log);
  await recordSignature(uvm, context, log);
  const { at, crypto, crls: own } = context;
  // Leaf and intermediates are revoked by those who issued them: each of these has a list of its own.
  const issuers = uvm.chain.map((_certificate, place) => place).slice(1);
  await recordRevocation('UVM_CRL', uvm.chain, issuers, { own, brought: parts.crls ?? [], at, crypto }, log);
  recordTimestamp(uvm, log);
  await recordReceipts(uvm, context, log);
  return log.checks();
}

/* How far the signer's clock may be ahead of ours, as for tokens. */
const CLOCK_SKEW_MS = 60_000;

/* Whoever signs says when: a time that has not come is no time at which its certificates were valid. Where AMD's are not valid
   either, it is the time of the check that is wrong, and CERT_TIME says so. */
function signedLater({ signingTime }: UvmEndorsement, amd: AmdChain | null, at: Date): string | null {
  if (signingTime === null || signingTime.getTime() <= at.getTime() + CLOCK_SKEW_MS) return null;
  if (amd !== null && outsideValidity([amd.vcek.certificate, amd.ask, amd.ark], at) !== null) return null;
  return `it states that it was signed at ${signingTime.toISOString()}, in the future`;
}

async function recordDid(uvm: UvmEndorsement, context: VerificationContext, log: CheckLog): Promise<void> {
  const { did } = context.uvm;
  const problem =
    uvm.issuer === did
      ? await didProblem(did, uvm.chain, context.crypto)
      : 'the issuer of the endorsement is not the trusted one';
  log.recordProblem('UVM_DID', problem, { expected: did, actual: uvm.issuer });
}

async function recordSignature(
  uvm: UvmEndorsement,
  { crypto }: VerificationContext,
  log: CheckLog,
): Promise<void> {
  const [leaf] = uvm.chain;
  if (leaf === undefined) {
    log.skip('there is no certificate of a signer', 'UVM_ALG', 'UVM_SIGNATURE');
    return;
  }
  const scheme = coseScheme(uvm.message, leaf.publicKey);
  if (typeof scheme === 'string') {
    log.record('UVM_ALG', false, { reason: scheme });
    log.skip('there is no algorithm to verify the signature with', 'UVM_SIGNATURE');
    return;
  }
  log.record('UVM_ALG', true, { actual: `${scheme.kind}, ${scheme.hash}` });
  log.record('UVM_SIGNATURE', await verifyCoseSign1(uvm.message, leaf.publicKey, scheme, crypto), {
    reason: 'the signer did not sign these bytes',
  });
}

function recordTimestamp(uvm: UvmEndorsement, log: CheckLog): void {
  log.skip(
    uvm.hasTimestamp
      ? 'the endorsement has a RFC 3161 timestamp, which is not checked'
      : 'there is no RFC 3161 timestamp',
    'UVM_TIMESTAMP',
  );
}

/* The header that receipts stand in is not signed, and anybody can put one there or take one out: so one that does not hold
   leaves the check open, and only one that holds says something. */
async function recordReceipts(
  uvm: UvmEndorsement,
  { ledgers, crypto }: VerificationContext,
  log: CheckLog,
): Promise<void> {
  const outcomes = await verifyReceipts(uvm.message, ledgers, crypto);
  const holds = outcomes.find((outcome) => outcome.kind === 'holds');
  if (holds !== undefined) {
    log.record('UVM_RECEIPT', true, { actual: describeHeld(holds) });
    return;
  }
  const reasons = outcomes.flatMap((outcome) => (outcome.kind === 'holds' ? [] : [whyNot(outcome)]));
  log.skip(reasons[0] ?? 'there is no receipt of a transparency ledger', 'UVM_RECEIPT');
}
