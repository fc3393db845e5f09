// Kubernetes' own schemas, closed: kubernetes-models' validators let unknown members pass, as the API's schemas do. What a validator
// never looked at is no member of that kind.

type Validate = {
  (data: unknown): boolean;
  errors?: readonly { instancePath: string; keyword: string }[] | null;
};

/** What is wrong with an object: where a schema is broken, and members that it does not name. */
export function schemaProblems(validate: Validate, object: object): readonly string[] {
  const seen = new Set<string>();
  const valid = validate(watched(object, '', seen));
  const broken = valid
    ? []
    : (validate.errors ?? []).map(({ instancePath, keyword }) => `${instancePath} ${keyword}`);
  return [
    ...broken,
    ...membersOf(object, '')
      .filter((path) => !seen.has(path))
      .map((path) => `${path} unknown`),
  ];
}

function watched(value: object, path: string, seen: Set<string>): object {
  return new Proxy(value, {
    get: (target, name) => {
      const member: unknown = Reflect.get(target, name);
      if (typeof name !== 'string' || !Object.hasOwn(target, name)) return member;
      seen.add(`${path}/${name}`);
      return typeof member === 'object' && member !== null
        ? watched(member, `${path}/${name}`, seen)
        : member;
    },
  });
}

function membersOf(value: unknown, path: string): readonly string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, member]) => [
    `${path}/${name}`,
    ...membersOf(member, `${path}/${name}`),
  ]);
}
