// A registry as the command line names it: where it is, and how to log in there.

import { homedir } from 'node:os';
import { join } from 'node:path';

import { readDockerCredentials } from '../images/registry/docker-credentials.js';
import { locateRegistry } from '../images/registry/locate-registry.js';
import type { ImageReference } from '../images/registry/reference.js';
import { RegistryClient } from '../images/registry/registry-client.js';
import type { Environment } from '../ports/environment.js';

/* Entra's resource of Azure Container Registry. */
const AZURE_REGISTRY_SCOPE = 'https://containerregistry.azure.net/.default';

/**
 * A client for the reference's repository: at the address that the profile maps its registry to, else at the registry
 * itself; with docker's credentials, else with the profile's login where the registry is one of Azure's.
 *
 * @throws CleanroomError REGISTRY_CREDENTIALS_INVALID, REGISTRY_INSECURE
 */
export async function openRegistry(
  reference: ImageReference,
  environment: Environment | null,
): Promise<RegistryClient> {
  const mapped = environment?.profile.endpoints.registries?.[reference.registry];
  const ca = await environment?.services.tlsRoots();
  return new RegistryClient({
    url: mapped === undefined ? await locateRegistry(reference.registry, ca) : new URL(mapped),
    repository: reference.repository,
    credentials: await readDockerCredentials(dockerConfigPath(), reference.registry),
    azureToken: environment === null ? null : () => environment.services.token(AZURE_REGISTRY_SCOPE),
    ca,
  });
}

function dockerConfigPath(): string {
  return join(process.env['DOCKER_CONFIG'] ?? join(homedir(), '.docker'), 'config.json');
}
