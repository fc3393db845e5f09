// Contract: YAML or JSON text to a checked value.

import { Composer, type CST, type Document, isScalar, LineCounter, Parser, visit, type YAMLMap } from 'yaml';

import { utf8 } from '../base/bytes/arrays.js';
import { CleanroomError } from '../base/errors.js';
import { checkContract, MAX_CONTRACT_BYTES, type ParsedContract } from './check.js';

export { checkContract, type ParsedContract } from './check.js';

/* Keys are compared below: the reader's own comparison takes the square of their number. */
const OPTIONS = { uniqueKeys: false, strict: true, schema: 'core', prettyErrors: false } as const;
const MAX_DEPTH = 32;

/**
 * Reads a contract from YAML (JSON is YAML). Anchors, aliases, tags and duplicate keys are refused, so that
 * the text has one meaning.
 *
 * @throws CleanroomError CONTRACT_MALFORMED (not unambiguous YAML; names the line of the first error), CONTRACT_VERSION,
 *   CONTRACT_INVALID (names each path), ROOM_PORT_UNUSABLE.
 */
export function parseContract(text: string): ParsedContract {
  return checkContract(readContractYaml(text));
}

/** The value that the text of a contract, of whatever version, stands for. @throws CleanroomError CONTRACT_MALFORMED */
export function readContractYaml(text: string): unknown {
  if (utf8(text).length > MAX_CONTRACT_BYTES)
    throw new CleanroomError('CONTRACT_MALFORMED', `the contract is larger than ${MAX_CONTRACT_BYTES} bytes`);
  const lines = new LineCounter();
  const document = readDocument(text, lines);
  refuseAmbiguity(document, lines);
  return document.toJS();
}

/* Token by token, so that the first error ends it: a text can have a hundred thousand. */
function readDocument(text: string, lines: LineCounter): Document.Parsed {
  const composer = new Composer(OPTIONS);
  const documents: Document.Parsed[] = [];
  const take = (document: Document.Parsed): void => {
    const problem = document.errors[0] ?? document.warnings[0];
    if (problem !== undefined) throw malformed(lines, problem.pos[0], problem.message);
    if (documents.length > 0) throw malformed(lines, document.range[0], 'a second document begins');
    documents.push(document);
  };
  for (const token of new Parser(lines.addNewLine).parse(text)) {
    if (token.type === 'error') throw malformed(lines, token.offset, token.message);
    refuseDepth(token, lines);
    for (const document of composer.next(token)) take(document);
  }
  for (const document of composer.end(true, text.length)) take(document);
  const [document] = documents;
  if (document === undefined) throw malformed(lines, 0, 'there is no document');
  return document;
}

function malformed(lines: LineCounter, offset: number, message: string): CleanroomError {
  const { line } = lines.linePos(offset);
  return new CleanroomError('CONTRACT_MALFORMED', `line ${line}: ${message.split('\n')[0] ?? ''}`);
}

/* Before anything follows the nesting by calling itself. */
function refuseDepth(token: CST.Token, lines: LineCounter): void {
  const open: { readonly token: CST.Token; readonly depth: number }[] = [{ token, depth: 0 }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { token: at, depth } = next;
    if (depth > MAX_DEPTH) throw malformed(lines, at.offset, `nested more than ${MAX_DEPTH} deep`);
    const inner = 'items' in at ? at.items.flatMap(({ key, value }) => [key, value]) : [];
    for (const child of [...inner, 'value' in at ? at.value : null])
      if (child !== null && child !== undefined) open.push({ token: child, depth: depth + 1 });
  }
}

function refuseAmbiguity(document: Document.Parsed, lines: LineCounter): void {
  visit(document, {
    Alias: (_key, node) => refuseNode('an alias', lines, node.range),
    Node: (_key, node) => {
      if (node.tag !== undefined && !isCoreTag(node.tag))
        refuseNode(`the tag ${node.tag}`, lines, node.range);
      if ('anchor' in node) refuseNode('an anchor', lines, node.range);
    },
    Map: (_key, node) => refuseKeys(node, lines),
  });
}

function refuseKeys({ items }: YAMLMap, lines: LineCounter): void {
  const names = new Set<string>();
  for (const { key } of items) {
    const name: unknown = isScalar(key) ? key.value : null;
    const at = isScalar(key) ? key.range : null;
    if (typeof name !== 'string') throw malformed(lines, at?.[0] ?? 0, 'a key that is no text');
    if (names.has(name))
      throw malformed(lines, at?.[0] ?? 0, `keys must be unique, and ${JSON.stringify(name)} is there twice`);
    names.add(name);
  }
}

function isCoreTag(tag: string): boolean {
  return /^tag:yaml\.org,2002:(?:map|seq|str|int|float|bool|null)$/.test(tag);
}

function refuseNode(what: string, lines: LineCounter, range: readonly number[] | null | undefined): void {
  const line = lines.linePos(range?.[0] ?? 0).line;
  throw new CleanroomError(
    'CONTRACT_MALFORMED',
    `line ${line}: ${what} gives the text more than one reading`,
  );
}
