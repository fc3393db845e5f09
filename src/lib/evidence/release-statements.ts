// What Azure's own services run, by statements in a transparency ledger: who states it, whether a ledger holds it, and whether
// it is what the attestation service was shown to run. Of an HSM nothing can be compared: there it stays its signer's word.

import { CheckLog } from '../attestation/check-log.js';
import type { ReleaseSigner, StatedService } from '../attestation/releases/release-anchors.js';
import { parseReleaseStatement, type ReleaseStatement } from '../attestation/releases/release-statement.js';
import { registrationOf, signerProblem } from '../attestation/releases/verify-statement.js';
import { recordRevocation } from '../attestation/x509/revocation.js';
import { sha256Hex } from '../base/bytes/digest.js';
import { CleanroomError } from '../base/errors.js';
import type { ServiceContext } from './check-service.js';

/** The checks over statements of releases themselves. */
export const STATEMENT_CHECKS = ['STATEMENT_FORM', 'STATEMENT_SIGNATURE', 'STATEMENT_LEDGER'] as const;

/** More than so many are not looked at. */
export const MAX_STATEMENTS = 16;

/** `at`: the time of the check. */
export interface ReleaseContext extends ServiceContext {
  /** HOST_DATA under which the attestation service was shown to run, lower-case hex; null where it was not shown. */
  readonly serviceProgram: string | null;
}

/** A statement about a service that is known. */
interface Judged {
  readonly service: StatedService;
  readonly statement: ReleaseStatement;
  /** `attestation 1 of 2`. */
  readonly name: string;
  /** Why it is not by whoever may state it; null: it is. */
  readonly problem: string | null;
  readonly held: string | null;
  readonly others: string | null;
}

/**
 * Records `STATEMENT_FORM` to `STATEMENT_LEDGER` over all statements, and `SERVICE_RELEASE` and `HSM_RELEASE` over those that
 * are signed by whoever may and that a ledger holds. All are skipped where no statement came along.
 */
export async function recordReleases(
  statements: readonly Uint8Array[],
  context: ReleaseContext,
  log: CheckLog,
): Promise<void> {
  if (statements.length === 0) {
    log.skip('no statement of a release came along', ...STATEMENT_CHECKS, 'SERVICE_RELEASE', 'HSM_RELEASE');
    return;
  }
  const { crypto, reference, anchors } = context;
  const read = readAll(statements, anchors.releases.signers);
  const ledgers = anchors.releases.ledgers ?? reference.ledgers;
  const judged: Judged[] = [];
  for (const { signer, statement, name } of read.statements)
    judged.push({
      service: signer.service,
      statement,
      name,
      problem:
        (await signerProblem(statement, signer, context)) ?? (await revokedProblem(statement, context)),
      ...(await registrationOf(statement, ledgers, crypto)),
    });
  log.recordProblem('STATEMENT_FORM', read.problem);
  recordSignatures(judged, log);
  recordLedgers(judged, log);
  recordServiceRelease(judged, context, log);
  recordHsmRelease(judged, log);
}

interface ReadStatement {
  readonly signer: ReleaseSigner;
  readonly statement: ReleaseStatement;
  readonly name: string;
}

function readAll(
  statements: readonly Uint8Array[],
  signers: readonly ReleaseSigner[],
): { readonly statements: readonly ReadStatement[]; readonly problem: string | null } {
  const found: ReadStatement[] = [];
  if (statements.length > MAX_STATEMENTS)
    return { statements: found, problem: `more than ${MAX_STATEMENTS} statements` };
  let problem: string | null = null;
  for (const [index, bytes] of statements.entries()) {
    const place = `statement ${index + 1} of ${statements.length}`;
    const statement = readOne(bytes);
    if (typeof statement === 'string') {
      problem ??= `${place}: ${statement}`;
      continue;
    }
    const signer = signers.find(({ subject }) => subject === statement.subject);
    if (signer === undefined)
      problem ??= `${place} is about ${statement.subject}, for which no publisher is trusted`;
    else found.push({ signer, statement, name: place });
  }
  return { statements: found, problem };
}

function readOne(bytes: Uint8Array): ReleaseStatement | string {
  try {
    return parseReleaseStatement(bytes);
  } catch (cause) {
    if (cause instanceof CleanroomError) return cause.message;
    throw cause;
  }
}

/* A revoked signer is none; lists that are missing leave it at that, as for utility VMs. */
async function revokedProblem(
  { chain }: ReleaseStatement,
  { crls: own, brought, at, crypto }: ReleaseContext,
): Promise<string | null> {
  const log = new CheckLog();
  const issuers = chain.map((_certificate, place) => place).slice(1);
  await recordRevocation('UVM_CRL', chain, issuers, { own, brought, at, crypto }, log);
  return log.checks().find(({ status }) => status === 'fail')?.reason ?? null;
}

function recordSignatures(judged: readonly Judged[], log: CheckLog): void {
  const bad = judged.find(({ problem }) => problem !== null);
  if (judged.length === 0) log.skip('no statement could be read', 'STATEMENT_SIGNATURE');
  else if (bad !== undefined)
    log.record('STATEMENT_SIGNATURE', false, { reason: `${bad.name}: ${bad.problem ?? ''}` });
  else
    log.record('STATEMENT_SIGNATURE', true, {
      actual: judged.map(({ statement }) => `${statement.subject} by ${statement.issuer}`).join('; '),
    });
}

function recordLedgers(judged: readonly Judged[], log: CheckLog): void {
  const open = judged.find(({ held }) => held === null);
  if (judged.length === 0) log.skip('no statement could be read', 'STATEMENT_LEDGER');
  else if (open !== undefined) log.skip(`${open.name}: ${open.others ?? ''}`, 'STATEMENT_LEDGER');
  else log.record('STATEMENT_LEDGER', true, { actual: judged.map(describeHeld).join('; ') });
}

function describeHeld({ held, others }: Judged): string {
  return others === null
    ? (held ?? '')
    : `${held ?? ''} (and a further receipt that is not accepted: ${others})`;
}

function recordServiceRelease(
  judged: readonly Judged[],
  { serviceProgram }: ReleaseContext,
  log: CheckLog,
): void {
  const about = soundOf(judged, 'attestation');
  if (typeof about === 'string') {
    log.skip(about, 'SERVICE_RELEASE');
    return;
  }
  const stated = about.filter(({ statement }) => statement.policy !== null);
  if (stated.length === 0)
    log.skip('the statement about the service is a digest, or contains no policy', 'SERVICE_RELEASE');
  else if (serviceProgram === null)
    log.skip(
      'the service is not shown to run in a confidential container group, so what is stated can be compared with nothing',
      'SERVICE_RELEASE',
    );
  else recordComparison(stated, serviceProgram, log);
}

function recordComparison(stated: readonly Judged[], running: string, log: CheckLog): void {
  const policies = stated.map(({ statement }) => sha256Hex(statement.policy ?? new Uint8Array()));
  const match = stated.find((_one, index) => policies[index] === running);
  log.record('SERVICE_RELEASE', match !== undefined, {
    expected: policies.join(' or '),
    actual: match === undefined ? running : `${running}: ${describeRelease(match.statement)}`,
    reason: 'the service runs under another policy than the one that is stated',
  });
}

function recordHsmRelease(judged: readonly Judged[], log: CheckLog): void {
  const about = soundOf(judged, 'hsm');
  if (typeof about === 'string') {
    log.skip(about, 'HSM_RELEASE');
    return;
  }
  const stated = about.map(
    ({ statement }) =>
      `payload of SHA-256 ${sha256Hex(statement.message.payload)}, ${describeRelease(statement)}`,
  );
  log.record('HSM_RELEASE', true, { actual: `its signer’s word: ${stated.join('; ')}` });
}

/* Those about `service` that may be relied on; a string says why there is none. */
function soundOf(judged: readonly Judged[], service: StatedService): readonly Judged[] | string {
  const about = judged.filter((one) => one.service === service);
  if (about.length === 0) return `no statement about ${SERVICE_NAME[service]} came along`;
  const sound = about.filter(({ problem, held }) => problem === null && held !== null);
  return sound.length > 0
    ? sound
    : `no statement about ${SERVICE_NAME[service]} is signed by its publisher and contained in a known ledger`;
}

const SERVICE_NAME: Readonly<Record<StatedService, string>> = {
  attestation: 'the attestation service',
  hsm: 'HSMs',
};

function describeRelease({ svn, signedAt, origin, isDigest }: ReleaseStatement): string {
  return [
    ...(isDigest ? ['a digest of what is stated'] : []),
    svn === null ? 'of no security version' : `security version ${svn}`,
    ...(origin === '' ? [] : [origin]),
    ...(signedAt === null ? [] : [`signed at ${signedAt.toISOString()}`]),
  ].join(', ');
}
