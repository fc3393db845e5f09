// `deploy --out`: the groups as a file, for people who deploy with az or the portal.

import { writeFileAtomic } from '../base/files/atomic-write.js';
import { renderArmTemplate, renderBicep } from '../azure/arm/group-template.js';
import type { PlannedDeployment } from './prepare-deployment.js';

/** Writes the template; every secret is a secure parameter of it. */
export async function writeDeploymentTemplate(
  { described }: PlannedDeployment,
  path: string,
  form: 'arm' | 'bicep',
): Promise<void> {
  await writeFileAtomic(path, form === 'arm' ? renderArmTemplate(described) : renderBicep(described));
}
