// `why`: what somebody has in hand when something failed, recognised, decoded to the bottom and explained.

import { claimsToBeBundle } from '../../evidence/evidence-bundle.js';
import { findPolicyDenials, type PolicyDenial, readDecisionValue } from '../../cce-policy/read/denial.js';
import type { Diagnosis, References } from './diagnosis.js';
import { explainDenial } from './explain-denial.js';
import { explainGroup, isContainerGroup } from './explain-group.js';
import { explainCode, explainEnvelope, explainErrorLine, explainReport } from './explain-own.js';
import { explainServiceText, explainStatement, isWrapper } from './explain-service.js';
import { explainToken, findTokens } from './explain-token.js';
import { type Material, type Statement, unfold } from './unfold.js';

/** Longest input that is looked at. */
export const MAX_FAILURE_BYTES = 8 * 1024 * 1024;
const MAX_DIAGNOSES = 20;

/**
 * Every explanation that the text allows, the deepest cause first; empty where nothing in it is known. Never throws for
 * what the text is.
 */
export function diagnose(text: string, references: References): readonly Diagnosis[] {
  const word = text.trim();
  if (/^[A-Za-z][A-Za-z0-9_.]{2,60}$/.test(word)) {
    const code = explainWord(word, references);
    if (code !== null) return [code];
  }
  const material = unfold(text);
  const found = [
    ...denialsIn(material).map((denial) => explainDenial(denial, references)),
    ...tokensIn(material, references),
    ...envelopesIn(material),
    ...statementsIn(material, references),
    ...groupsIn(material),
    ...material.records.flatMap(({ value }) => explainReport(value) ?? []),
  ];
  if (found.length === 0) found.push(...textsIn(material, references), ...documentsIn(material));
  return distinct(found.length === 0 ? unexplained(material) : found).slice(0, MAX_DIAGNOSES);
}

function explainWord(word: string, references: References): Diagnosis | null {
  return (
    explainCode(word) ??
    explainStatement({ code: word, innerCode: null, message: word, path: '' }, references) ??
    explainServiceText(word, references)
  );
}

function denialsIn({ texts, records }: Material): readonly PolicyDenial[] {
  const inTexts = texts.filter((text) => !text.trimStart().startsWith('{')).flatMap(findPolicyDenials);
  const inRecords = records.flatMap(({ value }) => readDecisionValue(value) ?? []);
  const found = [...inTexts, ...inRecords];
  return found.length > 0 ? found : findPolicyDenials(texts[0] ?? '');
}

function tokensIn({ texts }: Material, references: References): readonly Diagnosis[] {
  const tokens = [...new Set(texts.flatMap(findTokens))].slice(0, 5);
  return tokens.flatMap((token) => explainToken(token, references) ?? []);
}

function envelopesIn({ records, texts }: Material): readonly Diagnosis[] {
  const enveloped = records.flatMap(({ value }) => explainEnvelope(value) ?? []);
  if (enveloped.length > 0) return enveloped;
  return texts.flatMap((text) => explainErrorLine(text) ?? []).slice(0, 5);
}

/* Deepest first: what wraps another statement says only that something inside failed. */
function statementsIn({ statements }: Material, references: References): readonly Diagnosis[] {
  return byDepth(statements).flatMap((statement) => explainStatement(statement, references) ?? []);
}

function byDepth(statements: readonly Statement[]): readonly Statement[] {
  const depth = ({ path }: Statement): number => path.split(/[.»[]/).length;
  return [...statements].sort((a, b) => depth(b) - depth(a));
}

function groupsIn({ records }: Material): readonly Diagnosis[] {
  const groups = records.map(({ value }) => value).filter(isContainerGroup);
  // ARM's form holds the same group once more, without its name, as its properties.
  const inner = new Set(groups.map((group) => group['properties']));
  return groups.filter((group) => !inner.has(group)).map(explainGroup);
}

function textsIn({ texts }: Material, references: References): readonly Diagnosis[] {
  return [...texts].reverse().flatMap((text) => explainServiceText(text, references) ?? []);
}

/* No failure at all, but something that another command reads. */
function documentsIn({ records, texts }: Material): readonly Diagnosis[] {
  const [first] = records;
  const whole = texts[0] ?? '';
  if (first !== undefined && claimsToBeBundle(first.value))
    return [otherDocument('An evidence bundle', 'cleanroom verify BUNDLE.evidence.json -f contract.yaml')];
  if (first !== undefined && Array.isArray(first.value['anyOf']) && 'version' in first.value)
    return [otherDocument('A release policy', 'cleanroom key lint --exposure FILE')];
  if (/^\s*package policy\s/.test(whole))
    return [otherDocument('A CCE policy', 'cleanroom policy show FILE --explain')];
  if (whole.startsWith('CLNROOM1')) return [otherDocument('A sealed blob', 'cleanroom blob inspect FILE')];
  return [];
}

function otherDocument(what: string, command: string): Diagnosis {
  return {
    kind: 'other-document',
    code: null,
    what: `${what}, and no failure.`,
    why: [],
    fix: [command],
    claims: [],
  };
}

/* Somebody else's error: what it says, deepest first, and that we do not know more. */
function unexplained({ statements }: Material): readonly Diagnosis[] {
  const [deepest] = byDepth(statements.filter((statement) => !isWrapper(statement)));
  const said = deepest ?? byDepth(statements)[0];
  if (said === undefined) return [];
  return [
    {
      kind: 'service-error',
      code: null,
      what: `${said.code.slice(0, 100)}: ${said.message.slice(0, 600)}`,
      why: [
        'It is in the form of a service error, and its code is none that cleanroom knows.',
        ...(isWrapper(said)
          ? ['It only reports that an operation inside failed: list the operations of the deployment.']
          : []),
      ],
      fix: isWrapper(said)
        ? ['az deployment operation group list --resource-group GROUP --name DEPLOYMENT']
        : [],
      claims: [],
    },
  ];
}

function distinct(found: readonly Diagnosis[]): readonly Diagnosis[] {
  const places = new Map(found.map((diagnosis) => [`${diagnosis.kind} ${diagnosis.what}`, diagnosis]));
  return [...places.values()];
}
