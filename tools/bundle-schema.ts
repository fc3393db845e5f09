// templates/evidence-bundle.schema.json from the valibot schema.

import { toJsonSchema } from '@valibot/to-json-schema';

import { BASE64_RULE, EvidenceBundleSchema } from '../src/lib/evidence/evidence-bundle.js';

/** The text of the JSON Schema file. */
export function renderBundleSchema(): string {
  const schema = toJsonSchema(EvidenceBundleSchema, {
    errorMode: 'ignore',
    overrideAction: ({ valibotAction, jsonSchema }) =>
      'message' in valibotAction && valibotAction.message === BASE64_RULE
        ? { ...jsonSchema, contentEncoding: 'base64' }
        : undefined,
  });
  const head = {
    $schema: schema.$schema,
    $id: 'urn:cleanroom:evidence-bundle:1',
    title: 'cleanroom evidence bundle, version 1',
    description: 'The file is the RFC 8785 text of this value and nothing else. See docs/reference/evidence.md.',
  };
  return `${JSON.stringify({ ...head, ...schema }, null, 2)}\n`;
}
