// Label and field selectors, as clients write them into a query (apimachinery, labels.Parse and fields.ParseSelector).

/** Whether an object is selected; its members by path. */
export type Selector = (object: SelectedObject) => boolean;

export interface SelectedObject {
  readonly metadata: { readonly labels?: Readonly<Record<string, string>> };
}

/** Null where the text is no label selector. */
export function labelSelector(text: string): Selector | null {
  const parts = splitOutside(text).map(requirement);
  if (parts.includes(null)) return null;
  return ({ metadata: { labels = {} } }) => parts.every((holds) => holds?.(labels) === true);
}

type Requirement = (labels: Readonly<Record<string, string>>) => boolean;

function requirement(text: string): Requirement | null {
  const set = /^(\S+)\s+(in|notin)\s+\(([^)]*)\)$/.exec(text);
  if (set !== null) {
    const [, key = '', operator, list = ''] = set;
    const values = list.split(',').map((value) => value.trim());
    return (labels) => {
      const value = labels[key];
      const within = value !== undefined && values.includes(value);
      return operator === 'in' ? within : !within;
    };
  }
  const equality = /^([^\s=!]+)\s*(==|=|!=)\s*([^\s=!]*)$/.exec(text);
  if (equality !== null) {
    const [, key = '', operator, value = ''] = equality;
    return (labels) => (operator === '!=' ? labels[key] !== value : labels[key] === value);
  }
  const absent = /^!\s*([^\s=!]+)$/.exec(text)?.[1];
  if (absent !== undefined) return (labels) => labels[absent] === undefined;
  const present = /^[^\s=!]+$/.exec(text)?.[0];
  return present === undefined ? null : (labels) => labels[present] !== undefined;
}

/** Commas that are not in brackets part the requirements. */
function splitOutside(text: string): readonly string[] {
  return text
    .split(/,(?![^(]*\))/)
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

/** Null where the text is no field selector. */
export function fieldSelector(text: string): Selector | null {
  const parts = text
    .split(',')
    .filter((part) => part !== '')
    .map((part) => /^([^=!]+)(==|=|!=)(.*)$/.exec(part));
  if (parts.includes(null)) return null;
  return (object) =>
    parts.every((part) => {
      const [, path = '', operator, value = ''] = part ?? [];
      const found = memberOf(object, path.split('.'));
      const text_ = typeof found === 'string' || typeof found === 'number' ? String(found) : '';
      return operator === '!=' ? text_ !== value : text_ === value;
    });
}

function memberOf(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (found, name) =>
      typeof found === 'object' && found !== null && Object.hasOwn(found, name)
        ? (found as Readonly<Record<string, unknown>>)[name]
        : undefined,
    value,
  );
}
