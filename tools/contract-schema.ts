// templates/contract.schema.json from the valibot schema that contracts are checked with.

import { toJsonSchema } from '@valibot/to-json-schema';

import { ContractSchema } from '../src/lib/contract/schema.js';

/** The text of the JSON Schema file. */
export function renderContractSchema(): string {
  const schema = toJsonSchema(ContractSchema, { errorMode: 'ignore' });
  const head = {
    $schema: schema.$schema,
    $id: 'urn:cleanroom:contract:2',
    title: 'cleanroom contract, version 2',
    description: 'The form of contract.yaml. What must agree between its parts is in docs/reference/contract.md.',
  };
  return `${JSON.stringify({ ...head, ...schema }, null, 2)}\n`;
}
