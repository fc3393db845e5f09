// A deployment's template: parameters filled in, expressions worked out, resources in the form that they are put in.

import * as v from 'valibot';

import type { Json } from '../../../base/bytes/canonical-json.js';
import { AzureError } from '../../http/azure-error.js';
import type { JsonObject } from '../../http/messages.js';
import { evaluateDeep, evaluateText, type ExpressionScope, invalidTemplate } from './expression.js';

/** Longest text of a template (LEARN "Azure Resource Manager limits": template literal). */
export const MAX_LITERAL = 131_072;

const GROUPS = 'Microsoft.ContainerInstance/containerGroups';

const JsonValue = v.custom<Json>(() => true);
const Parameter = v.looseObject({ type: v.string(), defaultValue: v.optional(JsonValue) });
const Resource = v.looseObject({
  type: v.string(),
  apiVersion: v.string(),
  name: v.string(),
  dependsOn: v.optional(v.array(v.string())),
  comments: v.optional(v.string()),
});
const Template = v.looseObject({
  $schema: v.string(),
  contentVersion: v.string(),
  parameters: v.optional(v.record(v.string(), Parameter), {}),
  variables: v.optional(v.record(v.string(), JsonValue), {}),
  resources: v.union([v.array(Resource), v.record(v.string(), Resource)]),
  outputs: v.optional(v.record(v.string(), v.looseObject({ type: v.string(), value: JsonValue })), {}),
});
const Request = v.looseObject({
  properties: v.looseObject({
    mode: v.optional(v.picklist(['Incremental', 'Complete']), 'Incremental'),
    template: Template,
    parameters: v.optional(v.record(v.string(), v.looseObject({ value: v.optional(JsonValue) })), {}),
  }),
});

/** A container group that a template asks for. */
export interface TemplateGroup {
  readonly id: string;
  readonly name: string;
  readonly apiVersion: string;
  /** As of a PUT. */
  readonly body: JsonObject;
}

export interface EvaluatedTemplate {
  readonly groups: readonly TemplateGroup[];
  /** As a deployment shows them: secure ones without their values. */
  readonly parameters: JsonObject;
  readonly outputs: JsonObject;
}

/** @throws AzureError 400 InvalidTemplate, InvalidRequestContent */
export function evaluateTemplate(
  request: JsonObject,
  place: Pick<ExpressionScope, 'subscription' | 'resourceGroup'>,
): EvaluatedTemplate {
  const outcome = v.safeParse(Request, request);
  if (!outcome.success) {
    const where = v.getDotPath(outcome.issues[0]) ?? 'request';
    throw new AzureError(
      400,
      'InvalidRequestContent',
      `The request content was invalid and could not be deserialized: '${where}: ${outcome.issues[0].message}'.`,
    );
  }
  const { template, parameters: given, mode } = outcome.output.properties;
  if (mode === 'Complete') throw invalidTemplate('the local Azure deploys in mode Incremental only');
  checkLiterals(template as Json);
  const parameters = fillParameters(template.parameters, given, place);
  const bare: ExpressionScope = { ...place, parameters, variables: {} };
  const variables = Object.fromEntries(
    Object.entries(template.variables).map(([name, value]) => [name, evaluateDeep(value, bare)]),
  );
  const scope: ExpressionScope = { ...bare, variables };
  return {
    groups: Object.values(template.resources).map((resource) => readGroup(resource, scope)),
    parameters: showParameters(template.parameters, parameters),
    outputs: Object.fromEntries(
      Object.entries(template.outputs).map(([name, { type, value }]) => [
        name,
        { type: shownType(type), value: evaluateDeep(value, scope) },
      ]),
    ),
  };
}

/* Members of a template's resource that a PUT of it does not have. */
const NOT_OF_A_PUT = ['type', 'apiVersion', 'name', 'dependsOn', 'comments'];

function readGroup(resource: v.InferOutput<typeof Resource>, scope: ExpressionScope): TemplateGroup {
  const { type, apiVersion, name } = resource;
  const body = Object.fromEntries(
    Object.entries(resource).filter(([member]) => !NOT_OF_A_PUT.includes(member)),
  );
  if (type.toLowerCase() !== GROUPS.toLowerCase())
    throw invalidTemplate(`the local Azure deploys no resources of type '${type}'`);
  const evaluated = evaluateText(name, scope);
  if (typeof evaluated !== 'string') throw invalidTemplate(`the name '${name}' is no text`);
  return {
    id: `${scope.resourceGroup.id}/providers/${GROUPS}/${evaluated}`,
    name: evaluated,
    apiVersion,
    body: evaluateDeep(body as Json, scope) as JsonObject,
  };
}

function fillParameters(
  declared: Readonly<Record<string, v.InferOutput<typeof Parameter>>>,
  given: Readonly<Record<string, { readonly value?: Json | undefined }>>,
  place: Pick<ExpressionScope, 'subscription' | 'resourceGroup'>,
): Record<string, Json> {
  const unknown = Object.keys(given).find((name) => declared[name] === undefined);
  if (unknown !== undefined)
    throw invalidTemplate(
      `the template parameters '${unknown}' in the parameters file are not valid; they are not present in the original template and can therefore not be provided at deployment time`,
    );
  const filled: Record<string, Json> = {};
  for (const [name, { defaultValue }] of Object.entries(declared)) {
    const value = given[name]?.value ?? defaultValue;
    if (value === undefined)
      throw invalidTemplate(`the value for the template parameter '${name}' is not provided`);
    filled[name] = evaluateDeep(value, { ...place, parameters: filled, variables: {} });
  }
  return filled;
}

function showParameters(
  declared: Readonly<Record<string, v.InferOutput<typeof Parameter>>>,
  values: Readonly<Record<string, Json>>,
): JsonObject {
  return Object.fromEntries(
    Object.entries(declared).map(([name, { type }]) => {
      const secure = type.toLowerCase().startsWith('secure');
      return [name, { type: shownType(type), ...(secure ? {} : { value: values[name] ?? null }) }];
    }),
  );
}

const SHOWN: Readonly<Record<string, string>> = {
  securestring: 'SecureString',
  secureobject: 'SecureObject',
};

function shownType(type: string): string {
  const lower = type.toLowerCase();
  return SHOWN[lower] ?? `${lower.slice(0, 1).toUpperCase()}${lower.slice(1)}`;
}

function checkLiterals(value: Json): void {
  if (typeof value === 'string' && value.length > MAX_LITERAL)
    throw invalidTemplate(
      `the template literal of ${value.length} characters is longer than the limit of '${MAX_LITERAL}' characters`,
    );
  if (value === null || typeof value !== 'object') return;
  for (const member of Object.values(value)) checkLiterals(member as Json);
}
