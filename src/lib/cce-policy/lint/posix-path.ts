// Paths in a container, which have slashes whatever machine reads the policy.

/** `path` without `.`, `..`, empty parts and the slash at the end; absolute, as the root's parent is the root. */
export function posixNormalize(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}

/** `path` as seen from `directory`. */
export function posixResolve(directory: string, path: string): string {
  return posixNormalize(path.startsWith('/') ? path : `${directory}/${path}`);
}

/** The last part of a path. */
export function posixBasename(path: string): string {
  return path.split('/').findLast((part) => part !== '') ?? '';
}
