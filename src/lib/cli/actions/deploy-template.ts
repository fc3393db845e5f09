// `deploy --out`: the group as a file, for people who deploy with az or the portal.

import { writeFileAtomic } from '../../files/atomic-write.js';
import { describeContainerGroup } from '../../workflows/container-group.js';
import { renderArmTemplate, renderBicep } from '../../workflows/group-template.js';
import { roomSasList } from '../../contract/room-plan.js';
import type { PlannedDeployment } from './deploy.js';

/* Stands for a secret that whoever deploys fills in; it never reaches the file, which has a parameter there. */
const TO_BE_FILLED = 'sv=parameter';

/** Writes the template; every secret is a secure parameter of it. */
export async function writeDeploymentTemplate(
  { input }: PlannedDeployment,
  path: string,
  form: 'arm' | 'bicep',
): Promise<void> {
  const variables = roomSasList(input.parsed.contract).map(({ variable }) => variable);
  const parameters = new Map(variables.map((name) => [name, TO_BE_FILLED]));
  const group = describeContainerGroup({ ...input, policy: input.recomputed, parameters });
  await writeFileAtomic(path, form === 'arm' ? renderArmTemplate(group) : renderBicep(group));
}
