// Keys, and the paths around attestation, for people.

import type { Finding } from '../verdict/finding.js';
import type { KeyView } from '../workflows/dataset-keys.js';

/** A key with its release policy, one clause a line. */
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
          ...clauses.map((clause) => `    ${clause}`),
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
