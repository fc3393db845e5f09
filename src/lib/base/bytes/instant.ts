// Times as texts: RFC 3339 §5.6, in which a day has to be one of its month.

const FORM = /^(\d{4}-\d{2}-\d{2})T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|([+-])(\d{2}):(\d{2}))$/;

/**
 * The time of an RFC 3339 text; seconds may be left out. Null for any other spelling (such as `+05`), and for a time that
 * does not exist (30 February, 24:00): `Date` would make an invalid time of the one and another day of the other.
 */
export function parseInstant(text: string): Date | null {
  const match = FORM.exec(text);
  const time = new Date(text);
  if (match === null || Number.isNaN(time.getTime())) return null;
  const [, day, sign, hours = '0', minutes = '0'] = match;
  const offset = (Number(hours) * 60 + Number(minutes)) * (sign === '-' ? -1 : 1);
  const local = new Date(time.getTime() + offset * 60_000);
  return local.toISOString().startsWith(`${day ?? ''}T`) ? time : null;
}

/** Whether `parseInstant` finds a time in the text. */
export function isInstant(text: string): boolean {
  return parseInstant(text) !== null;
}
