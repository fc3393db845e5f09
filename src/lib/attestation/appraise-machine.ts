// The machine: one of those that are allowed, and set up as demanded.

import { toHex } from '../base/bytes/hex.js';
import type { CheckLog } from './check-log.js';
import type { Expectations } from './expectations.js';
import { hasPlatformBit, PLATFORM_BITS, type PlatformBit } from './snp/platform.js';
import { HARDWARE_ID_BYTES } from './snp/product.js';
import type { VerifiedEvidence } from './verify-evidence.js';

/** Records CHIP_ALLOWED and PLATFORM_INFO; without a report, or where nothing was demanded, they are not made. */
export function appraiseMachine(
  { report, product }: VerifiedEvidence,
  { chips, platform }: Expectations,
  log: CheckLog,
): void {
  if (chips === undefined) log.skip('no list of chips was given', 'CHIP_ALLOWED');
  else if (report === null || product === null)
    log.skip('there is no report of a known product', 'CHIP_ALLOWED');
  else {
    const chip = toHex(report.chipId.subarray(0, HARDWARE_ID_BYTES[product]));
    const whole = toHex(report.chipId);
    log.record('CHIP_ALLOWED', chips.includes(chip) || chips.includes(whole), {
      expected: `one of ${chips.length} chips`,
      actual: chip,
      reason: 'the chip is none of those that are allowed',
    });
  }
  if (report === null) {
    log.skip('there is no report that can be read', 'PLATFORM_INFO');
    return;
  }
  const isOn = (bit: PlatformBit): boolean => hasPlatformBit(report.platformInfo, bit);
  const demanded = PLATFORM_BITS.filter((bit) => platform?.[bit] !== undefined);
  const differing = demanded.filter((bit) => isOn(bit) !== platform?.[bit]);
  const expected = demanded.map((bit) => `${bit} ${platform?.[bit] === true ? 'on' : 'off'}`);
  log.demand('PLATFORM_INFO', expected.length === 0 ? undefined : expected.join(', '), {
    actual: PLATFORM_BITS.map((bit) => `${bit} ${isOn(bit) ? 'on' : 'off'}`).join(', '),
    holds: differing.length === 0,
    reason: `otherwise than demanded: ${differing.join(', ')}`,
  });
}
