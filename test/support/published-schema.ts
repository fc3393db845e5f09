// The published schema of a service, as Microsoft's own client carries it (mappers made from the REST specification), with nothing
// beside it allowed: the client itself passes unknown members over in silence.

interface Mapper {
  readonly type: MapperType;
  readonly serializedName?: string;
  readonly required?: boolean;
  readonly readOnly?: boolean;
}

type MapperType =
  | { readonly name: 'Composite'; readonly className: string; readonly modelProperties?: Members }
  | { readonly name: 'Sequence'; readonly element: Mapper }
  | { readonly name: 'Dictionary'; readonly value: Mapper }
  | { readonly name: 'Enum'; readonly allowedValues: readonly string[] }
  | { readonly name: 'String' | 'Number' | 'Boolean' | 'any' };

type Members = Readonly<Record<string, Mapper>>;
export type Mappers = Readonly<Record<string, Mapper>>;

/** What a body has that the schema does not allow, and what it lacks: paths, one a line. */
export function schemaProblems(
  mappers: Mappers,
  name: string,
  body: unknown,
  path = name,
): readonly string[] {
  const mapper = mappers[name];
  return mapper === undefined
    ? [`${path}: the schema has no ${name}`]
    : problemsOf(mappers, mapper, body, path);
}

function problemsOf(mappers: Mappers, { type }: Mapper, value: unknown, path: string): readonly string[] {
  switch (type.name) {
    case 'Composite':
      return problemsOfObject(mappers, type.className, value, path);
    case 'Sequence':
      if (!Array.isArray(value)) return [`${path}: not a list`];
      return value.flatMap((item: unknown, index) =>
        problemsOf(mappers, type.element, item, `${path}[${index}]`),
      );
    case 'Dictionary':
      if (!isObject(value)) return [`${path}: not an object`];
      return Object.entries(value).flatMap(([key, item]) =>
        problemsOf(mappers, type.value, item, `${path}.${key}`),
      );
    case 'Enum':
      return type.allowedValues.includes(value as string) ? [] : [`${path}: ${String(value)}`];
    case 'any':
      return [];
    default:
      return typeof value === type.name.toLowerCase() ? [] : [`${path}: not a ${type.name.toLowerCase()}`];
  }
}

function problemsOfObject(
  mappers: Mappers,
  className: string,
  value: unknown,
  path: string,
): readonly string[] {
  const type = mappers[className]?.type;
  if (type?.name !== 'Composite') return [`${path}: the schema has no ${className}`];
  if (!isObject(value)) return [`${path}: not an object`];
  const members = Object.values(type.modelProperties ?? {});
  const present = members.flatMap((member) => {
    const names = namesOf(member.serializedName ?? '');
    const found = names.reduce<unknown>((at, name) => (isObject(at) ? at[name] : undefined), value);
    const inner = `${path}.${names.join('.')}`;
    if (found === undefined) return member.required === true ? [`${inner}: missing`] : [];
    if (member.readOnly === true) return [`${inner}: the service's own`];
    return problemsOf(mappers, member, found, inner);
  });
  return [
    ...present,
    ...unknownMembers(
      value,
      members.map(({ serializedName = '' }) => namesOf(serializedName)),
      path,
    ),
  ];
}

function unknownMembers(
  value: Readonly<Record<string, unknown>>,
  known: readonly (readonly string[])[],
  path: string,
): readonly string[] {
  return Object.entries(value).flatMap(([name, inner]) => {
    const under = known.filter(([first]) => first === name);
    if (under.length === 0) return [`${path}.${name}: unknown`];
    const deeper = under.map(([, ...rest]) => rest).filter((rest) => rest.length > 0);
    return deeper.length === 0 || !isObject(inner) ? [] : unknownMembers(inner, deeper, `${path}.${name}`);
  });
}

/* `properties.containers` is a member of a member; a dot of the name itself is escaped. */
function namesOf(serializedName: string): readonly string[] {
  return serializedName.split(/(?<!\\)\./).map((name) => name.replaceAll('\\.', '.'));
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}
