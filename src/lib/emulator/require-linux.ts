// The local Azure gives services and rooms loopback addresses of their own (127.x.y.z), which only Linux has without set-up.

import { CleanroomError } from '../base/errors.js';

/** @throws CleanroomError LOCAL_AZURE_NEEDS_LINUX before anything is made */
export function requireLinux(platform: NodeJS.Platform): void {
  if (platform === 'linux') return;
  throw new CleanroomError(
    'LOCAL_AZURE_NEEDS_LINUX',
    `the local Azure runs on Linux only, and this is ${platform}`,
  );
}
