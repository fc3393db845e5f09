// A page of which one part is made from a table of the program; the rest is written by hand.

/**
 * The page with the part between its two marks replaced.
 *
 * @param name - as in `<!-- NAME: made by npm run generate -->` and `<!-- end of NAME -->`.
 * @throws Error if the page has no such marks.
 */
export function withMadePart(page: string, name: string, text: string): string {
  const begin = `<!-- ${name}: made by npm run generate -->`;
  const end = `<!-- end of ${name} -->`;
  const [before, rest] = page.split(begin);
  const after = rest?.split(end)[1];
  if (before === undefined || after === undefined) throw new Error(`the page has no place for ${name}`);
  return `${before}${begin}\n\n${text}\n${end}${after}`;
}
