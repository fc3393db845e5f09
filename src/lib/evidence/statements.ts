// Which checks each statement stands on, and on which ground.

import type { CheckId } from '../attestation/check-ids.js';
import type { Check } from '../base/verdict/check.js';
import type { Judgement, Statement, StatementId, StatementStatus } from '../base/verdict/statement.js';

interface StatementEntry {
  readonly text: string;
  /** Under emulated roots, which vouch for neither AMD nor Microsoft. */
  readonly emulatedText?: string;
  /** Proven only if every one of these passed. */
  readonly needs: readonly CheckId[];
  /** Proven only if one of these passed, besides. */
  readonly needsOneOf?: readonly CheckId[];
  /** Checks of the same subject: one that failed refutes the statement, one that was not made does not matter. */
  readonly also?: readonly CheckId[];
  /** What checks of `also` add to the sentence of a statement that is proven. */
  readonly remarks?: readonly Remark[];
  /** Statements that have to be proven first. */
  readonly ground: readonly StatementId[];
  /** What would prove it. */
  readonly missing: string;
}

interface Remark {
  readonly of: CheckId;
  readonly pass: string;
  /** `pass` under emulated roots. */
  readonly emulatedPass?: string;
  /** Where it did not pass; nothing is said if absent. */
  readonly other?: string;
}

/* In the order in which they are shown, also by docs/security/what-verify-checks.md, which is made from them. */
export const STATEMENTS: Readonly<Record<StatementId, StatementEntry>> = {
  HARDWARE: {
    text: 'A genuine AMD processor signed this report, and its firmware is not older than demanded.',
    emulatedText: 'An emulated processor signed this report; there is no real hardware.',
    needs: [
      ...(['REPORT_LENGTH', 'REPORT_VERSION', 'REPORT_RESERVED', 'SIG_ALGO', 'SIGNING_KEY'] as const),
      ...(['CHIP_KEY_MASKED', 'PRODUCT', 'ENDORSEMENT_FORMAT', 'ROOT_PINNED', 'CHAIN_NAMES'] as const),
      ...([
        'CHAIN',
        'CERT_TIME',
        'VCEK_PROFILE',
        'REPORT_SIGNATURE',
        'HWID',
        'TCB_CERT',
        'TCB_ORDER',
        'TCB_RESERVED',
      ] as const),
    ],
    also: [
      'CRL',
      'TCB_MIN',
      'LAUNCH_TCB',
      'TCB_STATUS',
      'CHIP_ALLOWED',
      'PLATFORM_INFO',
      ...(['REPORT_VERSION_MIN', 'MITIGATIONS', 'FIRMWARE_VERSION', 'COMMITTED_TCB'] as const),
      'PRODUCT_ALLOWED',
      'TRUST_ROOTS',
      'ANCHORS_CONTRACT',
    ],
    ground: [],
    missing: '--report FILE and --certs FILE, with the three certificates of the chip that made the report',
  },
  GUEST: {
    text: 'Microsoft’s utility VM, of a demanded version, ran the containers and enforces the policy.',
    emulatedText:
      'An emulated utility VM, of a demanded version, ran the containers and enforces the policy.',
    needs: [
      ...(['UVM_FORMAT', 'UVM_ALG', 'UVM_CHAIN', 'UVM_CERT_TIME', 'UVM_DID', 'UVM_SIGNATURE'] as const),
      ...(['UVM_FEED', 'UVM_PAYLOAD', 'UVM_SVN', 'MEASUREMENT', 'DEBUG', 'MIGRATE_MA', 'VMPL'] as const),
    ],
    also: [
      ...(['UVM_MISSING', 'UVM_STATUS', 'UVM_CRL', 'UVM_TIMESTAMP', 'UVM_RECEIPT', 'GUEST_SVN'] as const),
      ...(['GUEST_POLICY', 'GUEST_ABI', 'ID_KEY', 'AUTHOR_KEY', 'FAMILY_ID', 'IMAGE_ID'] as const),
    ],
    ground: ['HARDWARE'],
    missing: '--uvm FILE: reference-info-base64 of the room',
  },
  POLICY: {
    text: 'Exactly this policy was enforced.',
    needs: ['HOST_DATA'],
    also: ['POLICY_NOT_PUBLIC'],
    ground: ['GUEST'],
    missing: '--policy FILE or --host-data HEX',
  },
  PROGRAM: {
    text: 'Every container that the policy admits is a known program.',
    needs: ['PROGRAM_KNOWN'],
    ground: ['POLICY'],
    missing:
      '--trust-program DIGEST of a program that you know, or --host-data HEX of a policy that you know',
  },
  CONTRACT: {
    text: 'The room ran under this contract, and could run under no other.',
    needs: ['REPORT_DATA', 'ROOM_DATA', 'CONTRACT_EXPECTED', 'CONTRACT_ROOM', 'CONTRACT_POLICY'],
    also: ['CONTRACT_FORM'],
    ground: ['POLICY'],
    missing:
      'your own contract (-f contract.yaml), and evidence with the policy and the runtime data of the room',
  },
  CONSENT: {
    text: 'The parties that the contract demands have signed it.',
    needs: ['CONSENT_THRESHOLD'],
    also: ['CONSENT_EQUIVOCATION'],
    ground: [],
    missing: 'the signatures of the parties beside the contract, or in the bundle',
  },
  KEYS: {
    text: 'Each owner signed that its key is released to this room alone.',
    needs: ['KEY_STATED', 'KEY_RELEASE_POLICIES', 'KEY_IMMUTABLE'],
    also: [
      ...(['KEY_ATTESTATION', 'KEY_ATTESTATION_MAKER', 'KEY_ATTESTATION_OPERATOR'] as const),
      ...(['KEY_ATTESTATION_KEY', 'KEY_ATTESTATION_ORIGIN', 'KEY_HARDWARE', 'HSM_RELEASE'] as const),
    ],
    remarks: [
      {
        of: 'KEY_HARDWARE',
        pass: 'The HSM’s maker vouches that each was made in it; whose HSM it is, and that it keeps to the release policy, is Microsoft’s word.',
        emulatedPass: 'An emulated HSM vouches that each was made in it; there is no real HSM.',
        other: 'Not shown: that each was made in an HSM.',
      },
      {
        of: 'HSM_RELEASE',
        pass: 'A transparency ledger contains what Microsoft states that its HSMs run; nothing shows that this HSM runs it.',
        emulatedPass: 'An emulated ledger contains a statement of what emulated HSMs run.',
      },
    ],
    ground: ['CONTRACT'],
    missing:
      'the release policy of each dataset’s key, and its owner’s seal statement over it, in the bundle',
  },
  RESULT: {
    text: 'This summary came out of that room, from these owners’ texts, inside the agreed limits.',
    needs: [
      ...(['RECEIPT_SIGNATURE', 'RECEIPT_CONTRACT', 'RECEIPT_KEYS'] as const),
      ...(['RECEIPT_SEALS', 'RECEIPT_RELEASED', 'RECEIPT_BUDGET'] as const),
    ],
    also: [
      'RECEIPT_JKT',
      'RECEIPT_REPORT',
      'RECEIPT_OUTPUT',
      'RECEIPT_SEALED',
      'RECEIPT_INPUTS',
      'RECEIPT_ENTRIES',
      'RECEIPT_PLACE',
    ],
    ground: ['PROGRAM', 'CONTRACT', 'CONSENT'],
    missing:
      'the room’s receipt, and the owners’ seal statements over its inputs; `cleanroom attest` puts both into the bundle',
  },
  FRESH: {
    text: 'The evidence was made for this question, or recently enough.',
    needs: [],
    needsOneOf: ['NONCE', 'MAX_AGE'],
    also: ['RUNTIME_KEY_NOT_PUBLIC'],
    ground: ['HARDWARE'],
    missing:
      '--nonce TEXT that the room was asked with, or --max-age with a signed attestation token (--jwks FILE)',
  },
  SERVICE: {
    text: 'An attestation service with a trusted key confirmed this.',
    needs: [
      ...(['JWT_FORMAT', 'JWT_ALG', 'JWT_CRIT', 'JWT_KID', 'JWT_SIGNATURE', 'JWT_TIME'] as const),
      ...(['CLAIM_TYPE', 'CLAIM_COMPLIANCE', 'CLAIM_DEBUG', 'CLAIM_MIGRATION', 'CLAIM_VMPL'] as const),
    ],
    also: [
      ...([
        'JWT_JKU',
        'JWT_ISS',
        'CLAIM_HOSTDATA',
        'CLAIM_REPORTDATA',
        'CLAIM_NONCE',
        'CLAIM_RUNTIME',
        'CLAIM_POLICY_HASH',
      ] as const),
      'CLAIM_REPORT',
      ...([
        'SERVICE_EVIDENCE',
        'SERVICE_KEY',
        'SERVICE_ROOM',
        'SERVICE_PROGRAM',
        'SERVICE_ATTESTED',
        'SERVICE_RELEASE',
      ] as const),
    ],
    remarks: [
      {
        of: 'SERVICE_ATTESTED',
        pass: 'It is itself attested.',
        other: 'Not shown: that it is itself attested.',
      },
      {
        of: 'SERVICE_RELEASE',
        pass: 'A transparency ledger contains the policy that it runs under, as Microsoft states it.',
        emulatedPass: 'An emulated ledger contains the policy that it runs under.',
      },
    ],
    ground: [],
    missing: '--maa-token FILE, and --jwks FILE with the service’s key set, fetched by a path that you trust',
  },
  LOGGED: {
    text: 'A transparency log contains contract and policy, under a trusted head.',
    needs: ['LOG_PROOF', 'LOG_CONTRACT', 'LOG_POLICY', 'LOG_FRESH'],
    ground: ['CONTRACT'],
    missing:
      'proofs of a transparency log in the bundle, under a head that was signed lately: cleanroom attest --log',
  },
};

/** The checks that each have to pass for a statement. */
export function needsOf(id: StatementId): readonly CheckId[] {
  return STATEMENTS[id].needs;
}

export const STATEMENT_IDS = Object.keys(STATEMENTS) as readonly StatementId[];

export function isStatementId(text: string): text is StatementId {
  return Object.hasOwn(STATEMENTS, text);
}

/**
 * Every statement over the checks that were made, in order; those that are not about what was given included.
 *
 * @param roots - which roots the evidence was checked against: it says in whose words a statement may be made
 */
export function judgeStatements(
  checks: readonly Check[],
  demanded: ReadonlySet<StatementId>,
  roots: Judgement['checkedAgainst'] = 'pinned roots',
): readonly Statement[] {
  const outcome = new Map<string, readonly Check['status'][]>();
  for (const { id, status } of checks) outcome.set(id, [...(outcome.get(id) ?? []), status]);
  const own = new Map(STATEMENT_IDS.map((id) => [id, ownStatus(STATEMENTS[id], outcome)]));
  const settled = new Map<StatementId, StatementStatus>();
  for (const id of STATEMENT_IDS) settled.set(id, onGround(id, own, settled));
  return STATEMENT_IDS.map((id) => {
    const { text, emulatedText = text, missing } = STATEMENTS[id];
    const status = settled.get(id) ?? 'unproven';
    const said = roots === 'emulated roots' ? emulatedText : text;
    const made = checksOf(STATEMENTS[id]).filter((check) => outcome.has(check));
    return {
      id,
      status,
      text: status === 'proven' ? withRemarks(said, STATEMENTS[id], outcome, roots) : said,
      demanded: demanded.has(id),
      checks: made,
      ...(status === 'unproven' ? { missing: whatIsMissing(id, own, settled, missing) } : {}),
    };
  });
}

function withRemarks(
  text: string,
  { remarks = [] }: StatementEntry,
  outcome: ReadonlyMap<string, readonly Check['status'][]>,
  roots: Judgement['checkedAgainst'],
): string {
  const said = remarks.map(({ of, pass, emulatedPass = pass, other = '' }) => {
    const passed = outcome.get(of)?.every((status) => status === 'pass') === true;
    if (!passed) return other;
    return roots === 'emulated roots' ? emulatedPass : pass;
  });
  return [text, ...said.filter((remark) => remark !== '')].join(' ');
}

function checksOf({ needs, needsOneOf = [], also = [] }: StatementEntry): readonly CheckId[] {
  return [...needs, ...needsOneOf, ...also];
}

function ownStatus(
  entry: StatementEntry,
  outcome: ReadonlyMap<string, readonly Check['status'][]>,
): StatementStatus {
  const failed = (id: string): boolean => outcome.get(id)?.includes('fail') === true;
  const passed = (id: string): boolean => outcome.get(id)?.every((status) => status === 'pass') === true;
  if (checksOf(entry).some(failed)) return 'refuted';
  const { needs, needsOneOf } = entry;
  return needs.every(passed) && (needsOneOf === undefined || needsOneOf.some(passed)) ? 'proven' : 'unproven';
}

/* The table is in an order in which every ground comes before what stands on it. */
function onGround(
  id: StatementId,
  own: ReadonlyMap<StatementId, StatementStatus>,
  settled: ReadonlyMap<StatementId, StatementStatus>,
): StatementStatus {
  const status = own.get(id) ?? 'unproven';
  const firm = STATEMENTS[id].ground.every((ground) => settled.get(ground) === 'proven');
  return status === 'proven' && !firm ? 'unproven' : status;
}

function whatIsMissing(
  id: StatementId,
  own: ReadonlyMap<StatementId, StatementStatus>,
  settled: ReadonlyMap<StatementId, StatementStatus>,
  missing: string,
): string {
  const open = STATEMENTS[id].ground.filter((ground) => settled.get(ground) !== 'proven');
  return own.get(id) === 'proven' ? `a proof of ${open.join(' and ')}, on which it stands` : missing;
}
