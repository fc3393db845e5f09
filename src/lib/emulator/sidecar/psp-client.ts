// Asks the guest's PSP device for a report.

import { connect } from 'node:net';

import { REPORT_BYTES } from '../../attestation/snp/report.js';

/**
 * A report over `reportData` (64 bytes), from the socket at `path`.
 *
 * @throws Error if the device cannot be reached or answers anything but a report.
 */
export function fetchReport(path: string, reportData: Uint8Array): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const device = connect(path, () => device.write(reportData));
    device.setTimeout(10_000, () => device.destroy(new Error('the PSP device does not answer')));
    device.on('error', reject);
    device.on('data', (chunk: Buffer) => chunks.push(chunk));
    device.on('end', () => {
      const report = Buffer.concat(chunks);
      if (report.length === REPORT_BYTES) resolve(Uint8Array.from(report));
      else reject(new Error(`the PSP device answered ${report.length} bytes`));
    });
  });
}
