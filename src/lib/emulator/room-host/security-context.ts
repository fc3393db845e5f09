// What a confidential group finds about its guest: three files, and the PSP (skr, pkg/attest).

import { chmod, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { fromBase64 } from '../../base/bytes/base64.js';
import { sha256 } from '../../base/bytes/digest.js';
import { PSP_DEVICE_NAME, servePspDevice } from '../amd/psp-device.js';
import { makeShownDirectory, writeShownFile } from './shown-files.js';

/** A utility VM that has been launched on emulated hardware. */
export interface LaunchedGuest {
  /** Name to content of the security-context files. */
  readonly files: Readonly<Record<string, string>>;
  /** A signed report of 1184 bytes over 64 bytes of REPORT_DATA. */
  readonly signReport: (reportData: Uint8Array) => Uint8Array;
}

/** The hardware below the groups: launches a guest with this HOST_DATA (32 bytes) and CCE policy (base64). */
export type GuestLauncher = (hostData: Uint8Array, ccePolicy: string) => LaunchedGuest;

export interface SecurityContext {
  /** Value of UVM_SECURITY_CONTEXT_DIR. */
  readonly directory: string;
  close(): Promise<void>;
}

/**
 * Launches the guest of a group and lays out its security context in `directory`.
 *
 * HOST_DATA of every report is the SHA-256 of the decoded policy: the host sets it, the container cannot.
 */
export async function openSecurityContext(
  directory: string,
  ccePolicy: string,
  launchGuest: GuestLauncher,
): Promise<SecurityContext> {
  const guest = launchGuest(sha256(fromBase64(ccePolicy) ?? new Uint8Array()), ccePolicy);
  await makeShownDirectory(directory);
  for (const [name, content] of Object.entries(guest.files))
    await writeShownFile(join(directory, name), content);
  const device = await servePspDevice(join(directory, PSP_DEVICE_NAME), guest.signReport);
  // The group's user is another one where the emulator runs as root; nobody else gets into the directory above.
  await chmod(join(directory, PSP_DEVICE_NAME), 0o666);
  return {
    directory,
    close: async () => {
      await device.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
