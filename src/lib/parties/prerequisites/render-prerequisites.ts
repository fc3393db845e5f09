// `prereqs`: every file of one party, rendered from one description. Nothing is sent anywhere.

import { renderArm } from '../../azure/arm/render-arm.js';
import { renderBicep } from '../../azure/arm/render-bicep.js';
import { describeVaultCost, ROOM_PRICES } from '../cost.js';
import { BICEP_FILE, describeSteps, PARAMETERS_FILE, TEMPLATE_FILE } from './az-steps.js';
import { nameResources, type ResourceNames } from './names.js';
import { type PrerequisiteRequest, type Prerequisites, readPrerequisites } from './options.js';
import { describePartyTemplate } from './party-templates.js';
import { renderScript } from './shell.js';

export interface PrerequisiteFile {
  readonly name: string;
  readonly text: string;
  readonly executable: boolean;
}

export interface RenderedPrerequisites {
  readonly files: readonly PrerequisiteFile[];
  /** Type of every resource, in the order of the template. */
  readonly resources: readonly string[];
  readonly names: ResourceNames;
}

/** Renders the files of a party: Bicep, ARM, parameters, and the script of `az` lines. @throws CleanroomError USAGE */
export function renderPrerequisites(request: PrerequisiteRequest): RenderedPrerequisites {
  const options = readPrerequisites(request);
  const names = nameResources(options);
  const template = describePartyTemplate(options);
  const header = [
    `What ${options.party === 'party-1' ? 'party I, the host,' : 'party II, the data owner,'} needs in Azure. Written by cleanroom prereqs; may be run again.`,
    costOf(options),
    'Needs az 2.45 or later, and the rights Owner (or Contributor and User Access Administrator) on the subscription.',
  ];
  const file = (name: string, text: string): PrerequisiteFile => ({ name, text, executable: false });
  return {
    files: [
      file(BICEP_FILE, renderBicep(template)),
      file(TEMPLATE_FILE, renderArm(template)),
      file(PARAMETERS_FILE, renderParameters(options, names)),
      { name: 'setup.sh', text: renderScript(header, describeSteps(options, names)), executable: true },
    ],
    resources: template.resources.map(({ type }) => type),
    names,
  };
}

/* What runs a meter, and how it is stopped. */
function costOf({ party, keyService }: Prerequisites): string {
  if (party === 'party-1')
    return `Cost: a container registry by the day, storage by use; a room by the second while it runs (cleanroom destroy ends that); prices: ${ROOM_PRICES}`;
  return keyService === 'managed-hsm'
    ? `Cost: storage by use, and ${describeVaultCost('Managed HSM')}. Purge protection forbids the purge for 7 days.`
    : `Cost: storage by use, and ${describeVaultCost('Key Vault Premium')}`;
}

function renderParameters({ party, location }: Prerequisites, names: ResourceNames): string {
  const values = {
    location,
    storageAccountName: names.storageAccount,
    ...(party === 'party-1'
      ? { registryName: names.registry, identityName: names.identity }
      : { keyServiceName: names.keyService }),
  };
  const document = {
    $schema: 'https://schema.management.azure.com/schemas/2019-04-01/deploymentParameters.json#',
    contentVersion: '1.0.0.0',
    parameters: Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { value }])),
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}
