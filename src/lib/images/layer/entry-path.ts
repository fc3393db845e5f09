// Names in a layer: cleaned like Go's path.Clean("/" + name), so that none leads out of the layer.

/** The components of a byte-string path; `.`, `..` and empty ones are resolved. Empty for the root. */
export function pathComponents(name: string): readonly string[] {
  const components: string[] = [];
  for (const part of name.split('/')) {
    if (part === '..') components.pop();
    else if (part !== '' && part !== '.') components.push(part);
  }
  return components;
}

/** Directory part (with its slash) and last part of an uncleaned path, as Go's path.Split. */
export function splitPath(name: string): readonly [directory: string, file: string] {
  const slash = name.lastIndexOf('/') + 1;
  return [name.slice(0, slash), name.slice(slash)];
}
