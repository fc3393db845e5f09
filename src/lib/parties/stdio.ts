// Whether anything that a container writes can reach its host: the CCE policy says.

import type { RoomState } from '../ports/ports.js';

export type Stdio = 'allowed' | 'denied' | 'unknown';

/** What the policy that the room runs under says; `unknown` where the policy cannot be read or names no such container. */
export async function stdioOf({ ccePolicy }: RoomState, container: string): Promise<Stdio> {
  if (ccePolicy === null) return 'allowed';
  const { parsePolicy } = await import('../cce-policy/read/policy-model.js');
  const policy = parsePolicy(Buffer.from(ccePolicy, 'base64').toString('utf8'));
  if (policy.form === 'unknown') return 'unknown';
  const rule = policy.containers.find(({ name }) => name === container);
  if (rule === undefined) return 'unknown';
  return rule.allow_stdio_access ? 'allowed' : 'denied';
}

export const STDIO_EXPLANATION =
  'the CCE policy denies stdio, so nothing that the container writes leaves the room and there are no logs to read. What it is doing: cleanroom status. A contract with room.stdio: true allows logs, and every party has to agree to it';
