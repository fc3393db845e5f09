// Files and directories that containers are shown: as root the emulator starts them as another user, so their permissions are
// set and not left to the umask of whoever started it.

import { chmod, mkdir, writeFile } from 'node:fs/promises';

/** Writes a file that every user may read, and nobody but this one write. @throws as writeFile */
export async function writeShownFile(path: string, content: string): Promise<void> {
  await writeFile(path, content, { mode: 0o600 });
  await chmod(path, 0o644);
}

/** Makes a directory that every user may enter and list. @throws as mkdir */
export async function makeShownDirectory(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  await chmod(path, 0o755);
}
