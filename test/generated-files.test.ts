// Files that are generated and committed say what their sources say; the published contract schema accepts what the
// commands accept.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

import { Ajv } from 'ajv';
import * as v from 'valibot';

import { ContractSchema } from '../src/lib/contract/schema.js';
import { renderCommandsPage } from '../tools/commands-page.js';
import { renderContractSchema } from '../tools/contract-schema.js';
import { renderOperationsJson, renderOperationsPage } from '../tools/emulated-operations.js';
import { renderErrorsPage, renderExitCodesPage } from '../tools/errors-page.js';
import { renderPeersPage } from '../tools/peers-page.js';
import {
  renderChecksPage,
  renderLintPage,
  renderPolicyPage,
  renderRoomPage,
  renderStatementsPage,
} from '../tools/rules-pages.js';
import { exampleContract } from './support/contract.js';

const GENERATED: readonly (readonly [string, () => string | Promise<string>])[] = [
  ['docs/reference/commands.md', renderCommandsPage],
  ['docs/reference/errors.md', renderErrorsPage],
  ['docs/reference/exit-codes.md', renderExitCodesPage],
  ['docs/reference/emulated-operations.md', renderOperationsPage],
  ['docs/reference/lint-findings.md', renderLintPage],
  ['docs/security/checks.md', renderChecksPage],
  ['docs/security/what-verify-checks.md', renderStatementsPage],
  ['docs/reference/policy.md', renderPolicyPage],
  ['docs/reference/room-api.md', renderRoomPage],
  ['docs/reference/emulated-operations.json', renderOperationsJson],
  ['docs/reference/peers.md', renderPeersPage],
  ['templates/contract.schema.json', renderContractSchema],
];

describe('generated files', () => {
  for (const [path, render] of GENERATED) {
    it(`${path} is fresh (npm run generate)`, async () => {
      assert.equal(readFileSync(path, 'utf8'), await render());
    });
  }
});

describe('the published contract schema', () => {
  const published = new Ajv({ strict: false }).compile(
    JSON.parse(readFileSync('templates/contract.schema.json', 'utf8')) as object,
  );

  it('accepts the example', () => {
    assert.ok(published(exampleContract()), JSON.stringify(published.errors));
  });

  it('agrees with the commands on every contract with one member removed, added or replaced', () => {
    let refused = 0;
    for (const mutant of mutants(exampleContract())) {
      const ours = v.safeParse(ContractSchema, mutant.value).success;
      assert.equal(published(mutant.value), ours, mutant.what);
      if (!ours) refused++;
    }
    assert.ok(refused > 300, `only ${refused} mutants were refused`);
  });
});

const REPLACEMENTS: readonly unknown[] = [
  null,
  '',
  'x',
  -1,
  0,
  0.5,
  1,
  2,
  1e9,
  true,
  [],
  {},
  'A'.repeat(500),
  'all',
  'sha256:0',
];

/* Every place of the value: without it, with each replacement, and each object with one member more. */
function mutants(value: object): readonly { readonly what: string; readonly value: unknown }[] {
  const found: { what: string; value: unknown }[] = [];
  const at = (
    path: readonly (string | number)[],
    change: (parent: Record<string | number, unknown>, key: string | number) => void,
    what: string,
  ): void => {
    const copy = structuredClone(value) as unknown as Record<string | number, unknown>;
    let parent = copy;
    for (const key of path.slice(0, -1)) parent = parent[key] as Record<string | number, unknown>;
    change(parent, path.at(-1) ?? '');
    found.push({ what: `${path.join('.')} ${what}`, value: copy });
  };
  const walk = (node: unknown, path: readonly (string | number)[]): void => {
    if (path.length > 0) {
      at(
        path,
        (parent, key) =>
          Array.isArray(parent) ? parent.splice(Number(key), 1) : Reflect.deleteProperty(parent, key),
        'removed',
      );
      for (const replacement of REPLACEMENTS)
        at(
          path,
          (parent, key) => (parent[key] = structuredClone(replacement)),
          `= ${JSON.stringify(replacement).slice(0, 20)}`,
        );
    }
    if (typeof node !== 'object' || node === null) return;
    if (!Array.isArray(node)) at([...path, 'surplus'], (parent, key) => (parent[key] = 1), 'added');
    for (const [key, member] of Object.entries(node))
      walk(member, [...path, Array.isArray(node) ? Number(key) : key]);
  };
  walk(value, []);
  return found;
}
