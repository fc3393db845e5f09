// The machine: one of those that are allowed, and set up as demanded.

import { toHex } from '../base/bytes/hex.js';
import type { CheckLog } from './check-log.js';
import type { Expectations } from './expectations.js';
import { hasPlatformBit, PLATFORM_BITS } from './snp/platform.js';
import { HARDWARE_ID_BYTES } from './snp/product.js';
import type { VerifiedEvidence } from './verify-evidence.js';

/** Records CHIP_ALLOWED and PLATFORM_INFO; skipped where nothing was demanded, or there is no report. */
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
  const demanded = PLATFORM_BITS.filter((bit) => platform?.[bit] !== undefined);
  if (demanded.length === 0) log.skip('no setting of the machine was demanded', 'PLATFORM_INFO');
  else if (report === null) log.skip('there is no report that can be read', 'PLATFORM_INFO');
  else {
    const differing = demanded.filter((bit) => hasPlatformBit(report.platformInfo, bit) !== platform?.[bit]);
    log.record('PLATFORM_INFO', differing.length === 0, {
      expected: demanded.map((bit) => `${bit} ${platform?.[bit] === true ? 'on' : 'off'}`).join(', '),
      actual: demanded
        .map((bit) => `${bit} ${hasPlatformBit(report.platformInfo, bit) ? 'on' : 'off'}`)
        .join(', '),
      reason: `otherwise than demanded: ${differing.join(', ')}`,
    });
  }
}
