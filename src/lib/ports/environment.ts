// What a use case acts in: the party's profile, its directory, and the services that its login reaches.

import type { SasIssuer } from './ports.js';
import type { Profile } from './profile.js';
import type { Services } from './services.js';

/** A party at work. */
export interface Environment {
  readonly profile: Profile;
  readonly directory: string;
  readonly services: Services;
}

/** Finds out who acts, when that is needed. */
export interface Desk {
  /** @throws CleanroomError NO_ENVIRONMENT, PROFILE_UNKNOWN, PROFILE_INVALID */
  open(): Promise<Environment>;
  /** As open, but null where there is neither a profile nor an emulator: for work that can be done offline. */
  openIfThere(): Promise<Environment | null>;
  /** SAS by a storage account's own key: needs no login, and so no profile. */
  sasByAccountKey(accountKey: string): Promise<SasIssuer>;
}
