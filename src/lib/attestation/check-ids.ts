// Every check that a verdict can hold, over evidence or before there is any: its id, what passes, and the specification it comes from.

import { AGREEMENT_CHECKS } from './checks/agreement-checks.js';
import { ARTEFACT_CHECKS } from './checks/artefact-checks.js';
import { GUEST_CHECKS } from './checks/guest-checks.js';
import { HARDWARE_CHECKS } from './checks/hardware-checks.js';
import { RELEASE_CHECKS } from './checks/release-checks.js';
import { ROOM_CHECKS } from './checks/room-checks.js';
import { SERVICE_CHECKS } from './checks/service-checks.js';

/* In the order in which they are shown. docs/security/checks.md is made from it. */
export const CHECKS = {
  ...HARDWARE_CHECKS,
  ...GUEST_CHECKS,
  ...SERVICE_CHECKS,
  ...RELEASE_CHECKS,
  ...ROOM_CHECKS,
  ...AGREEMENT_CHECKS,
  ...ARTEFACT_CHECKS,
} as const;

export type CheckId = keyof typeof CHECKS;

/** Whether `text` is the id of a check. */
export function isCheckId(text: string): text is CheckId {
  return Object.hasOwn(CHECKS, text);
}
