// The policy that allows everything: what attackers deploy, and what no release policy may accept.

import { ENFORCEMENT_POINTS, type EnforcementPoint } from './text-profile.js';

/* With stdio, so that whoever deploys it can look on. */
const WITH_STDIO: ReadonlySet<EnforcementPoint> = new Set(['create_container', 'exec_external']);

/** Text of a policy that answers every question with yes (hcsshim's open door policy). */
export function renderAllowAll(): string {
  const answer = (point: EnforcementPoint): string =>
    WITH_STDIO.has(point) ? '{"allowed": true, "allow_stdio_access": true}' : '{"allowed": true}';
  const points = ENFORCEMENT_POINTS.map((point) => `${point} := ${answer(point)}`);
  return ['package policy', '', 'api_version := "0.10.0"', '', ...points].join('\n');
}
