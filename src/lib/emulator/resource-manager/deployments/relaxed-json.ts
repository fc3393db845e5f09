// Bodies of deployments as Azure takes them: JSON with comments, bare member names and commas too many. az sends `template:{…}` so.

/* A string, a comment, or a bare name before a colon: whatever comes first. */
const PIECE =
  /"(?:[^"\\]|\\[\s\S])*"?|\/\/[^\n\r]*|\/\*(?:[^*]|\*(?!\/))*(?:\*\/|$)|(?<![\w$])([A-Za-z_$][\w$]{0,63})(?=\s*:)/g;
/* A string, or a comma before an end; once the comments are gone. */
const COMMA = /"(?:[^"\\]|\\[\s\S])*"?|,(?=\s*[}\]])/g;

/** The text as JSON: comments and needless commas left out, names in quotation marks. What is neither stays as it is. */
export function relaxedJson(text: string): string {
  return text
    .replaceAll(PIECE, (piece, name: string | undefined) => {
      if (name !== undefined) return JSON.stringify(name);
      return piece.startsWith('"') ? piece : ' ';
    })
    .replaceAll(COMMA, (piece) => (piece.startsWith('"') ? piece : ''));
}
