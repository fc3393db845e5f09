// docs/reference/emulated-operations.md and .json: what the local Azure answers, who may ask, and what proves it.

import {
  type Access,
  EMULATED_SERVICES,
  type EmulatedOperation,
} from '../src/lib/emulator/emulated-operations.js';
import { PROOF_KINDS, type ProofKind } from '../src/lib/emulator/http/proof.js';

/** The text of docs/reference/emulated-operations.md. */
export function renderOperationsPage(): string {
  return [
    '# Operations of the local Azure\n',
    'Generated from `src/lib/emulator/emulated-operations.ts`; do not edit. Each operation with the permission that it needs and the strongest',
    'proof that it behaves as Azure does. Recordings of the real service were published with Microsoft’s SDKs and are replayed by the tests',
    '(`test/vectors/azure-rest`). The same as data: [emulated-operations.json](emulated-operations.json).\n',
    renderTables(),
  ].join('\n');
}

/** The same as JSON. */
export function renderOperationsJson(): string {
  return `${JSON.stringify({ proofKinds: PROOF_KINDS, services: EMULATED_SERVICES }, null, 1)}\n`;
}

function renderTables(): string {
  const counts = Object.keys(PROOF_KINDS).map((kind) => {
    const count = EMULATED_SERVICES.flatMap(({ operations }) => operations).filter(
      ({ proof }) => proof.kind === kind,
    ).length;
    return `| ${PROOF_KINDS[kind as ProofKind]} | ${count} |`;
  });
  const tables = EMULATED_SERVICES.map(({ service, operations }) =>
    [`### ${capital(service)}`, '', '| operation | who may ask | proof |', '|---|---|---|', ...rows(operations)].join('\n'),
  );
  return ['| proof | operations |', '|---|---|', ...counts, '', ...tables.map((table) => `${table}\n`)].join('\n');
}

function rows(operations: readonly EmulatedOperation[]): readonly string[] {
  return operations.map(({ method, path, query, access, proof }) => {
    const asked = Object.entries(query).filter(([, value]) => value !== null);
    const search = asked.length === 0 ? '' : `?${asked.map(([name, value]) => `${name}=${value ?? ''}`).join('&')}`;
    const kind = PROOF_KINDS[proof.kind];
    return `| \`${method} ${path}${search}\` | ${describeAccess(access)} | ${kind}, ${proof.date}: ${proof.source} |`;
  });
}

function describeAccess(access: Access): string {
  switch (access.kind) {
    case 'open':
      return `anybody: ${access.because}`;
    case 'login':
      return `any login: ${access.because}`;
    case 'permission':
      return access.anyOf.map((action) => `\`${action}\``).join(' or ');
  }
}

function capital(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
}
