// A directory belongs to a party: `init` says so in cleanroom.config.yaml, with that party's profile as the default.

import { join } from 'node:path';

import { stringify } from 'yaml';

import { CleanroomError } from '../base/errors.js';
import { writeFileAtomic } from '../base/files/atomic-write.js';
import type { Profile } from '../ports/profile.js';
import { CONFIG_FILE, readDirectoryConfig } from './profile.js';

/**
 * Before anything is written for `party`.
 *
 * @throws CleanroomError PROFILE_OF_ANOTHER_PARTY where the directory belongs to another party
 */
export async function requireDirectoryOf(directory: string, party: string): Promise<void> {
  const config = await readDirectoryConfig(directory);
  if (config?.party === undefined || config.party === party) return;
  throw new CleanroomError(
    'PROFILE_OF_ANOTHER_PARTY',
    `this directory belongs to ${config.party}, as ${CONFIG_FILE} says, and not to ${party}`,
    { hint: `Run cleanroom init in another directory for ${party}, or without --party for ${config.party}.` },
  );
}

/**
 * Writes cleanroom.config.yaml for `party` where there is none; one that is there is left as it is.
 *
 * @param profile - the party's own; null where it has none yet.
 */
export async function claimDirectory(
  directory: string,
  party: string,
  profile: Profile | null,
): Promise<void> {
  if ((await readDirectoryConfig(directory)) !== null) return;
  const text = stringify({ party, ...(profile?.party === party ? { default: profile.name } : {}) });
  await writeFileAtomic(join(directory, CONFIG_FILE), `# The party that works in this directory.\n${text}`);
}
