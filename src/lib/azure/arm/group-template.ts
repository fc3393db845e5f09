// Container groups as an ARM template and as Bicep. Secrets are secure parameters; neither file holds one.

import type { ContainerGroupDescription } from '../../ports/container-group.js';
import { renderArm } from './render-arm.js';
import { renderBicep as renderTemplateAsBicep } from './render-bicep.js';
import { type Expression, parameter, type Template } from './template.js';
import { describeGroupBody } from './group-body.js';

const API_VERSION = '2023-05-01';

/** The ARM template, for `az deployment group create` or the portal. */
export function renderArmTemplate(groups: readonly ContainerGroupDescription[]): string {
  return renderArm(describeTemplate(groups));
}

/** The same groups as Bicep. */
export function renderBicep(groups: readonly ContainerGroupDescription[]): string {
  return renderTemplateAsBicep(describeTemplate(groups));
}

function describeTemplate(groups: readonly ContainerGroupDescription[]): Template {
  const parameters: Record<string, { readonly type: 'securestring' }> = {};
  const asParameter = (name: string): Expression => {
    parameters[name] = { type: 'securestring' };
    return parameter(name);
  };
  const resources = groups.map((group, index) => ({
    symbol: groups.length === 1 ? 'group' : `group${index + 1}`,
    type: 'Microsoft.ContainerInstance/containerGroups',
    apiVersion: API_VERSION,
    name: group.name,
    body: describeGroupBody(group, asParameter),
  }));
  return { parameters, resources, outputs: {} };
}
