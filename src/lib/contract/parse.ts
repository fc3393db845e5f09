// Contract: YAML or JSON text to a checked value.

import { LineCounter, parseDocument, visit } from 'yaml';

import { CleanroomError } from '../base/errors.js';
import { checkContract, type ParsedContract } from './check.js';

export { checkContract, type ParsedContract } from './check.js';

const MAX_CONTRACT_BYTES = 4 * 1024 * 1024;

/**
 * Reads a contract from YAML (JSON is YAML). Anchors, aliases, tags and duplicate keys are refused, so that
 * the text has one meaning.
 *
 * @throws CleanroomError CONTRACT_MALFORMED (not unambiguous YAML; names the line), CONTRACT_INVALID (names each path).
 */
export function parseContract(text: string): ParsedContract {
  return checkContract(readYaml(text));
}

function readYaml(text: string): unknown {
  if (text.length > MAX_CONTRACT_BYTES) {
    throw new CleanroomError('CONTRACT_MALFORMED', `the contract is larger than ${MAX_CONTRACT_BYTES} bytes`);
  }
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    uniqueKeys: true,
    strict: true,
    schema: 'core',
  });
  const problem = document.errors[0] ?? document.warnings[0];
  if (problem !== undefined) {
    throw new CleanroomError(
      'CONTRACT_MALFORMED',
      `line ${lines.linePos(problem.pos[0]).line}: ${problem.message.split('\n')[0] ?? ''}`,
      { cause: problem },
    );
  }
  visit(document, {
    Alias: (_key, node) => refuseNode('an alias', lines, node.range),
    Node: (_key, node) => {
      if (node.tag !== undefined && !isCoreTag(node.tag))
        refuseNode(`the tag ${node.tag}`, lines, node.range);
      if ('anchor' in node) refuseNode('an anchor', lines, node.range);
    },
  });
  return document.toJS();
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
