// A NodeProto and its AttributeProtos: an operator from the list, attributes of plain values; only If holds graphs.
// onnx.proto3, "NodeProto", "AttributeProto".

import { decodeUtf8 } from '../../base/bytes/arrays.js';
import { BRANCHING, isAllowedOperator, isKnownDomain } from './operators.js';
import { type Field, readFields, readShort, type Span } from './protobuf.js';
import { walkTensor } from './tensor.js';
import { shown, type Walk } from './walk.js';

const NODE = {
  input: 1,
  output: 2,
  name: 3,
  operator: 4,
  attribute: 5,
  docString: 6,
  domain: 7,
  overload: 8,
  metadata: 9,
} as const;
const ATTRIBUTE = { name: 1, tensor: 5, graph: 6, docString: 13, type: 20 } as const;
const KIND = { tensor: 4n, graph: 5n } as const;
/* Fields of values by AttributeProto.type: number, integer, text, tensor, graph, and lists of the first three. */
const SLOT_OF_TYPE: ReadonlyMap<bigint, number> = new Map([
  [1n, 2],
  [2n, 3],
  [3n, 4],
  [KIND.tensor, ATTRIBUTE.tensor],
  [KIND.graph, ATTRIBUTE.graph],
  [6n, 7],
  [7n, 8],
  [8n, 9],
]);
const LISTS: ReadonlySet<number> = new Set([7, 8, 9]);
const SLOTS: ReadonlySet<number> = new Set(SLOT_OF_TYPE.values());

const MAX_NAME = 1024;
const MAX_EDGES = 4096;
const MAX_ATTRIBUTES = 32;

/** Walks a node; `walkBranch` walks a graph within it. @throws Refusal, WireError */
export function walkNode(walk: Walk, span: Span, walkBranch: (graph: Span) => void): void {
  walk.countNode();
  const { operator, domain, attributes } = readNode(walk, span);
  if (!isKnownDomain(domain))
    walk.refuse(`it has the operator ${shown(operator)} of the domain ${shown(domain)}`);
  if (!isAllowedOperator(domain, operator))
    walk.refuse(
      `it has the operator ${shown(operator)}${domain === '' ? '' : ` of ${domain}`}, which no export of a T5 or BART has`,
    );
  const names = new Set<string>();
  for (const attribute of attributes) {
    const { name, graph } = walkAttribute(walk, attribute, operator);
    if (names.has(name)) walk.refuse(`an operator ${operator} has the attribute ${shown(name)} twice`);
    names.add(name);
    if (graph === null) continue;
    const branches: readonly string[] = BRANCHING.branches;
    if (domain === 'com.microsoft' || operator !== BRANCHING.operator || !branches.includes(name))
      walk.refuse(`an operator ${operator} has a graph within it`);
    walkBranch(graph);
  }
}

interface NodeParts {
  readonly operator: string;
  readonly domain: string;
  readonly attributes: readonly Span[];
}

function readNode(walk: Walk, span: Span): NodeParts {
  const texts = new Map<number, string>();
  const attributes: Span[] = [];
  let edges = 0;
  for (const field of readFields(walk.source, span)) {
    walk.step();
    const { number } = field;
    if (field.wire !== 'bytes') return walk.refuse(`an operator has a field ${number} of another form`);
    if (number === NODE.input || number === NODE.output) edges++;
    else if (number === NODE.attribute) attributes.push(field.span);
    else if (number === NODE.operator || number === NODE.domain || number === NODE.overload) {
      if (texts.has(number)) walk.refuse('an operator has two names');
      texts.set(number, nameAt(walk, field.span));
    } else if (number !== NODE.name && number !== NODE.docString && number !== NODE.metadata)
      walk.refuse(`an operator has a field ${number} that is not known there`);
  }
  if (edges > MAX_EDGES) walk.refuse(`an operator has more than ${MAX_EDGES} inputs and outputs`);
  if (attributes.length > MAX_ATTRIBUTES)
    walk.refuse(`an operator has more than ${MAX_ATTRIBUTES} attributes`);
  if ((texts.get(NODE.overload) ?? '') !== '') walk.refuse('an operator means a function of the model');
  return { operator: texts.get(NODE.operator) ?? '', domain: texts.get(NODE.domain) ?? '', attributes };
}

interface AttributeParts {
  readonly name: string;
  readonly graph: Span | null;
}

/* One value, of the kind that `type` says: what another reader would take is what was looked at. */
function walkAttribute(walk: Walk, span: Span, operator: string): AttributeParts {
  const what = `an attribute of ${operator}`;
  let name: string | null = null;
  let type: bigint | null = null;
  const values: Field[] = [];
  for (const field of readFields(walk.source, span)) {
    walk.step();
    if (SLOTS.has(field.number)) values.push(field);
    else if (field.number === ATTRIBUTE.name && field.wire === 'bytes' && name === null)
      name = nameAt(walk, field.span);
    else if (field.number === ATTRIBUTE.type && field.wire === 'varint' && type === null) type = field.value;
    else if (field.number !== ATTRIBUTE.docString)
      walk.refuse(`${what} has a field ${field.number} that is not known there, or twice`);
  }
  const slot = type === null ? undefined : SLOT_OF_TYPE.get(type);
  if (slot === undefined) return walk.refuse(`${what} is of a kind (${type ?? 'none'}) that no export has`);
  if (values.some(({ number }) => number !== slot) || (!LISTS.has(slot) && values.length > 1))
    walk.refuse(`${what} has two values`);
  const [value] = values;
  if (type === KIND.tensor || type === KIND.graph) {
    if (value?.wire !== 'bytes') return walk.refuse(`${what} has no value`);
    if (type === KIND.tensor) walkTensor(walk, value.span, `a constant of ${operator}`);
    else return { name: name ?? '', graph: value.span };
  }
  return { name: name ?? '', graph: null };
}

/* Names that mean something are ASCII; others are none of the list. */
function nameAt(walk: Walk, span: Span): string {
  return decodeUtf8(readShort(walk.source, span, MAX_NAME)) ?? '\ufffd';
}
