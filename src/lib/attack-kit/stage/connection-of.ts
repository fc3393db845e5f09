// The connection under a party's profile, for attacks that speak to Azure where no use case does.

import { type Connection, openConnection } from '../../azure/connection.js';
import type { Environment } from '../../ports/environment.js';
import type { Profile } from '../../ports/profile.js';

const opened = new WeakMap<Profile, Promise<Connection>>();

/** Opened once a profile. */
export function connectionOf({ profile }: Environment): Promise<Connection> {
  const known = opened.get(profile) ?? openConnection(profile);
  opened.set(profile, known);
  return known;
}
