// Versions of the policy API and framework: three numbers, compared in order (semver without pre-release).

/** Negative, zero or positive as `a` is before, equal to or after `b`; both of the form `1.2.3`. */
export function compareVersions(a: string, b: string): number {
  const left = a.split('.').map(Number);
  const right = b.split('.').map(Number);
  for (let i = 0; i < 3; i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
