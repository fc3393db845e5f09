// Container rules that somebody wrote before: JSON, as confcom's `containers from_…` prints it.

import type { Json } from '../../base/bytes/canonical-json.js';
import { CleanroomError } from '../../base/errors.js';
import type { ContainerRule } from '../policy-document.js';
import { readContainers, ShapeError } from '../read/policy-shape.js';
import { readRego, RegoFormError } from '../read/rego-reader.js';
import { JsonFields, parseJsonFile } from './json-fields.js';

const CODE = 'CONFCOM_INPUT_INVALID';

/**
 * Reads a list of container rules, or one. `platform`, which confcom writes beside them, must be linux/amd64.
 *
 * @throws CleanroomError JSON_MALFORMED, CONFCOM_INPUT_INVALID
 */
export function parseWrittenContainers(text: string, frameworkVersion: string): readonly ContainerRule[] {
  const value = parseJsonFile(text, 'the file of containers');
  const list: readonly Json[] = Array.isArray(value) ? (value as readonly Json[]) : [value];
  const rules = list.map((item, index) => {
    const fields = JsonFields.of(item, `containers[${index}]`, CODE);
    const platform = fields.optionalString('platform') ?? 'linux/amd64';
    if (platform !== 'linux/amd64')
      throw fields.fail('platform', `is ${platform}; only linux/amd64 is supported`);
    return Object.fromEntries(
      fields
        .ownNames()
        .filter((name) => name !== 'platform')
        .map((name) => [name, fields.get(name)]),
    );
  });
  try {
    const module = readRego(`package policy\n\ncontainers := ${JSON.stringify(rules)}\n`);
    return readContainers(module.assignments[0], frameworkVersion);
  } catch (cause) {
    if (!(cause instanceof ShapeError) && !(cause instanceof RegoFormError)) throw cause;
    throw new CleanroomError(CODE, `the file of containers: ${cause.message}`, { cause });
  }
}
