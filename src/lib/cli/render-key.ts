// Keys, and the paths around attestation, for people.

import type { KeyHolder } from '../evidence/unattested-paths.js';
import type { Finding } from '../base/verdict/finding.js';
import type { KeyAttestationView } from '../parties/key-attestation.js';
import type { KeyView } from '../parties/dataset-keys.js';
import type { Revocation } from '../parties/revoke-key.js';

/** A key with its release policy, one clause a line, as a table. */
export function renderKey(key: KeyView): string {
  const state = [
    key.enabled ? 'enabled' : 'disabled',
    key.exportable ? 'exportable to attested rooms' : 'not exportable',
    ...(key.imported ? ['imported: its private half was outside the HSM'] : []),
  ];
  const policy =
    key.policy === null
      ? ['  no release policy']
      : key.policy.branches.flatMap(({ authority, clauses }) => [
          `  released to rooms attested by ${authority}`,
          ...tableOf(clauses.map((clause) => clause.split(' '))),
        ]);
  return [
    key.id,
    `  ${key.kty}, ${state.join(', ')}`,
    `  fingerprint  ${key.fingerprint ?? 'none (symmetric)'}`,
    `  operations   ${key.operations.join(', ') || 'none'}`,
    ...policy,
    ...(key.policy === null ? [] : [`  the policy is ${key.policy.immutable ? 'immutable' : 'MUTABLE'}`]),
  ].join('\n');
}

/** What the HSM attests, a check a line, and the attributes as they were signed. */
export function renderAttestation(attestation: KeyAttestationView | null): string {
  if (attestation === null)
    return '\n  the HSM attests nothing of it: it is no key of a Managed HSM, or its service is older';
  const { version, checks, attributes } = attestation;
  const words = { pass: 'ok', fail: 'FAIL', skip: 'open' } as const;
  return [
    `\n  attested by its HSM, form ${version}`,
    ...tableOf(checks.map(({ id, status, text }) => [words[status], id, text])),
    ...(attributes.length === 0 ? [] : ['  attributes as they were signed']),
    ...tableOf(attributes.map(({ name, value }) => [name, value.slice(0, 64)])),
  ].join('\n');
}

/** Who may do what with a key; empty where that is not known. */
export function renderHolders(holders: readonly KeyHolder[] | null): string {
  if (holders === null) return '';
  const rows = holders.map(({ principal, role, scope, may }) => [
    principal,
    `${role} at ${scope}`,
    may === null ? 'not known here' : may.join('; ') || 'nothing with keys',
  ]);
  return ['\n  who may do what', ...tableOf(rows)].join('\n');
}

/* Columns as wide as their longest cell; the last one as it is. */
function tableOf(rows: readonly (readonly string[])[]): readonly string[] {
  const width = (column: number): number => Math.max(...rows.map((row) => row[column]?.length ?? 0));
  return rows.map(
    (row) =>
      `    ${row.map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(width(column)))).join('  ')}`,
  );
}

/** What became of each version. */
export function renderRevocation({ refusals }: Revocation, tombstoneFile: string): string {
  return [
    `disabled ${refusals.length} version(s); the tombstone is ${tombstoneFile}`,
    ...refusals.map(
      ({ key, outcome, code, why }) =>
        `  ${key}\n    refusal of release ${outcome.replace('-', ' ')}: ${code}, ${why}`,
    ),
  ].join('\n');
}

/** Paths to the plaintext, each with the edge to cut. */
export function renderPaths(findings: readonly Finding[]): string {
  if (findings.length === 0) return 'attestation is the only way to this key';
  return findings
    .map(
      ({ id, severity, where, message, fix }) =>
        `${severity}  ${id}\n  ${where}\n  ${message}\n  cut: ${fix}`,
    )
    .join('\n');
}
