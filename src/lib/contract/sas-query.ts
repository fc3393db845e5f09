// What a shared access signature may hold: who may do what until when, and nothing that makes the request another one.

/**
 * Members of service and user delegation SAS (Azure Storage, "Create a service SAS", "Create a user delegation SAS").
 * Not among them are members that steer a request instead of permitting it: `comp`, `restype`, `snapshot`, `versionid`,
 * `rscd` and the like, by which a host would have the room read another state of a blob or do something else with it.
 */
const SAS_MEMBERS = [
  ...['sv', 'sp', 'st', 'se', 'spr', 'sip', 'sr', 'si', 'sdd', 'ses', 'sig'],
  ...['skoid', 'sktid', 'skt', 'ske', 'sks', 'skv', 'saoid', 'suoid', 'scid'],
] as const;

const VALUE = '[A-Za-z0-9%:._~+/,-]+';
const MEMBER = `(?:${SAS_MEMBERS.join('|')})=${VALUE}`;
const MAX_SAS_CHARACTERS = 1000;

/** RE2 for the environment rule of a policy: a SAS query without its question mark. */
export const SAS_PATTERN = `${MEMBER}(?:&${MEMBER})*`;

/** Whether a text is a SAS query without its question mark: known members only, each once, signed. */
export function isSasQuery(text: string): boolean {
  if (text.length > MAX_SAS_CHARACTERS || !new RegExp(`^${SAS_PATTERN}$`).test(text)) return false;
  const names = text.split('&').map((member) => member.slice(0, member.indexOf('=')));
  return new Set(names).size === names.length && names.includes('sig');
}
