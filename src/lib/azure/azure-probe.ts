// doctor's questions, over https with the profile's TLS roots; one per service, no retries, nothing is changed.

import { CleanroomError } from '../base/errors.js';
import type { AzureProbe } from '../ports/azure-probe.js';
import type { Connection } from './connection.js';
import { createContainerClient } from './container-groups.js';
import { callService } from './service-exchange.js';
import { readResource } from './resource-manager.js';
import { serviceError } from './service-error.js';

export function createAzureProbe(
  connection: Connection,
  { subscription }: { readonly subscription: string | undefined },
): AzureProbe {
  return {
    reach: async (url) => {
      const { status, date } = await callService(connection, { method: 'GET', url, token: null });
      return { status, date: date === undefined ? null : new Date(date) };
    },
    logIn: async (scope) => {
      try {
        await connection.credential.getToken(scope);
      } catch (cause) {
        throw serviceError('login', cause);
      }
    },
    readResource: (path, apiVersion) => readResource(connection, path, apiVersion),
    containerSystems: async (region) => {
      if (subscription === undefined)
        throw new CleanroomError('PROFILE_INVALID', 'the profile names no subscription');
      const client = await createContainerClient(connection, subscription);
      const systems: string[] = [];
      try {
        for await (const { osType } of client.location.listCapabilities(region))
          if (osType !== undefined) systems.push(osType);
      } catch (cause) {
        throw serviceError(`container groups in ${region}`, cause);
      }
      return systems;
    },
  };
}
