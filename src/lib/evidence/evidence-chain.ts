// The chain from contract to hardware as links for people: which checks stand behind each, and whether it holds.

import { CHECKS, type CheckId } from '../attestation/check-ids.js';
import type { Check, CheckStatus } from '../base/verdict/check.js';

export interface ChainLink {
  readonly name: string;
  /** What it means for someone who is not an engineer. */
  readonly meaning: string;
  /** `fail` if one check failed or warns, `pass` if one was made and none failed, else `skip`. */
  readonly status: CheckStatus;
}

interface LinkEntry extends Omit<ChainLink, 'status'> {
  readonly ids: readonly CheckId[];
  /** Left out of the picture where no check of it was made. */
  readonly optional?: true;
}

const withPrefix = (prefix: RegExp): readonly CheckId[] =>
  (Object.keys(CHECKS) as CheckId[]).filter((id) => prefix.test(id));

const LINKS: readonly LinkEntry[] = [
  {
    name: 'Contract',
    meaning: 'What the parties agreed on.',
    ids: ['CONTRACT_FORM', 'CONTRACT_EXPECTED', 'CONTRACT_ROOM', 'CONTRACT_POLICY', 'ANCHORS_CONTRACT'],
    optional: true,
  },
  {
    name: 'Policy',
    meaning: 'Which programs may run in the room, enforced by the guest.',
    ids: ['HOST_DATA', 'POLICY_NOT_PUBLIC'],
  },
  {
    name: 'Room',
    meaning: 'The keys of the room, and the question that it answers.',
    ids: ['REPORT_DATA', 'NONCE', 'MAX_AGE', 'ROOM_DATA', 'RUNTIME_KEY_NOT_PUBLIC'],
  },
  {
    name: 'Results',
    meaning: 'What the room states that it did.',
    ids: [
      ...(['RECEIPT_SIGNATURE', 'RECEIPT_CONTRACT', 'RECEIPT_KEYS', 'RECEIPT_JKT'] as const),
      ...([
        'RECEIPT_SEALS',
        'RECEIPT_RELEASED',
        'RECEIPT_BUDGET',
        'RECEIPT_ENTRIES',
        'RECEIPT_PLACE',
      ] as const),
    ],
    optional: true,
  },
  {
    name: 'Keys',
    meaning: 'To whom the keys of the texts are released.',
    ids: withPrefix(/^KEY_/),
    optional: true,
  },
  {
    name: 'Guest firmware',
    meaning: 'The software under the programs, endorsed by Microsoft.',
    ids: [...withPrefix(/^UVM_/), 'MEASUREMENT'],
  },
  {
    name: 'Report',
    meaning: 'What the processor states about the guest, under its signature.',
    ids: [
      ...withPrefix(/^REPORT_(?!DATA)/),
      ...([
        'SIG_ALGO',
        'SIGNING_KEY',
        'CHIP_KEY_MASKED',
        'DEBUG',
        'MIGRATE_MA',
        'VMPL',
        'GUEST_SVN',
        'GUEST_POLICY',
        'GUEST_ABI',
        'ID_KEY',
        'AUTHOR_KEY',
        'FAMILY_ID',
        'IMAGE_ID',
      ] as const),
    ],
  },
  {
    name: 'Chip',
    meaning: 'The one processor that it runs on, and the firmware of it.',
    ids: [
      'PRODUCT',
      'PRODUCT_ALLOWED',
      'VCEK_PROFILE',
      'HWID',
      'TCB_CERT',
      'TCB_ORDER',
      'TCB_MIN',
      'LAUNCH_TCB',
      'TCB_STATUS',
      'CHIP_ALLOWED',
      'PLATFORM_INFO',
      'TCB_RESERVED',
      'COMMITTED_TCB',
      'FIRMWARE_VERSION',
      'MITIGATIONS',
    ],
  },
  {
    name: 'AMD',
    meaning: 'The maker of the processor vouches for the chip.',
    ids: ['ENDORSEMENT_FORMAT', 'CHAIN_NAMES', 'CHAIN', 'CERT_TIME', 'CRL', 'ROOT_PINNED', 'TRUST_ROOTS'],
  },
  {
    name: 'Attestation service',
    meaning: 'A service that confirms the same evidence.',
    ids: withPrefix(/^(?:JWT|CLAIM)_/),
    optional: true,
  },
];

/** Whether a check that was not passed is a warning about genuine evidence. */
export function isWarning(check: Check): boolean {
  return check.status === 'skip' && check.reason?.startsWith('warning: ') === true;
}

/* Of a class that is old, but still trusted: to be known, and no fault of the chain. */
const NOTICES: ReadonlySet<string> = new Set<CheckId>(['UVM_STATUS', 'TCB_STATUS']);

/** The links in order, contract first; optional ones only where one of their checks was made. */
export function chainOf(checks: readonly Check[]): readonly ChainLink[] {
  const statusById = new Map(checks.map((check) => [check.id, check.status]));
  return LINKS.flatMap(({ ids, optional, ...link }) => {
    const found = ids.map((id) => statusById.get(id)).filter((status) => status !== undefined);
    const warned = checks.some(
      (check) => ids.some((id) => id === check.id) && isWarning(check) && !NOTICES.has(check.id),
    );
    const status = found.includes('fail') || warned ? 'fail' : found.includes('pass') ? 'pass' : 'skip';
    return optional === true && status === 'skip' ? [] : [{ ...link, status }];
  });
}
