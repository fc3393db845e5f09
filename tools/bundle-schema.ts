// templates/evidence-bundle.schema.json from the valibot schema.

import { toJsonSchema } from '@valibot/to-json-schema';

import { BASE64_RULE, EvidenceBundleSchema, JWS_RULE } from '../src/lib/evidence/evidence-bundle.js';

const COMPACT_JWS = '^[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+$';

/** The text of the JSON Schema file. */
export function renderBundleSchema(): string {
  const schema = toJsonSchema(EvidenceBundleSchema, {
    errorMode: 'ignore',
    overrideAction: ({ valibotAction, jsonSchema }) => {
      const rule = 'message' in valibotAction ? valibotAction.message : undefined;
      if (rule === BASE64_RULE) return { ...jsonSchema, contentEncoding: 'base64' };
      return rule === JWS_RULE ? { ...jsonSchema, pattern: COMPACT_JWS } : undefined;
    },
  });
  const head = {
    $schema: schema.$schema,
    $id: 'urn:cleanroom:evidence-bundle:1',
    title: 'cleanroom evidence bundle, version 1',
    description: 'The file is the RFC 8785 text of this value and nothing else. See docs/reference/evidence.md.',
  };
  return `${JSON.stringify({ ...head, ...schema }, null, 2)}\n`;
}
