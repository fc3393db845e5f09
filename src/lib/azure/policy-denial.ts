// A policy denial as ACI reports it: the guest agent's decision, base64 of JSON between two marks, inside the error text.

import * as v from 'valibot';

import { decodeUtf8 } from '../bytes/arrays.js';
import { fromBase64 } from '../bytes/base64.js';
import { parseStrictJson } from '../bytes/strict-json.js';

const DECISION = /policyDecision<\s*([A-Za-z0-9+/=]+)\s*>policyDecision/;

const DecisionSchema = v.looseObject({
  decision: v.literal('deny'),
  input: v.optional(v.looseObject({ rule: v.optional(v.string()) })),
  reason: v.looseObject({ errors: v.array(v.string()) }),
});

export interface PolicyDenial {
  /** Enforcement point, such as create_container. */
  readonly rule: string;
  readonly errors: readonly string[];
}

/** The denial in a text; null where there is none that can be read. */
export function findPolicyDenial(text: string): PolicyDenial | null {
  const bytes = fromBase64(DECISION.exec(text)?.[1] ?? '');
  const json = bytes === null || bytes.length === 0 ? null : decodeUtf8(bytes);
  if (json === null) return null;
  try {
    const outcome = v.safeParse(DecisionSchema, parseStrictJson(json, { maxDepth: 16 }));
    if (!outcome.success) return null;
    return { rule: outcome.output.input?.rule ?? 'unknown rule', errors: outcome.output.reason.errors };
  } catch {
    return null;
  }
}
