// Work queues through @azure/storage-queue: made and cleared by whoever deploys; rooms get a SAS by user delegation.

import type { QueueServiceClient } from '@azure/storage-queue';

import type { ContractQueue } from '../contract/schema.js';
import type { WorkQueues } from '../ports/ports.js';
import { clientOptions, type Connection } from './connection.js';
import { readServiceFailure, serviceError } from './service-error.js';
import { requireStorageHost } from './storage-hosts.js';

/* A SAS is valid from a little earlier, for clocks that disagree. */
const CLOCK_SKEW_MS = 5 * 60_000;

export function createWorkQueues(connection: Connection, now: () => Date = () => new Date()): WorkQueues {
  const call = async <T>(
    queue: ContractQueue,
    what: string,
    work: (service: QueueServiceClient) => Promise<T>,
  ): Promise<T> => {
    try {
      return await work(await serviceClient(connection, queue.account));
    } catch (cause) {
      throw serviceError(`queue ${queue.name} of ${queue.account}: ${what}`, cause);
    }
  };
  return {
    ensure: (queue) =>
      call(queue, 'create', async (service) => {
        await service.getQueueClient(queue.name).createIfNotExists();
      }),
    clear: (queue) =>
      call(queue, 'clear', async (service) => {
        await service.getQueueClient(queue.name).clearMessages();
      }),
    remove: (queue) =>
      call(queue, 'delete', async (service) => {
        try {
          await service.getQueueClient(queue.name).delete();
          return true;
        } catch (cause) {
          if (readServiceFailure(cause).status === 404) return false;
          throw cause;
        }
      }),
    issueSas: ({ queue, permissions, expiresAt }) =>
      call(queue, 'user delegation SAS', async (service) => {
        const storage = await import('@azure/storage-queue');
        const startsOn = new Date(now().getTime() - CLOCK_SKEW_MS);
        const key = await service.getUserDelegationKey(startsOn, expiresAt);
        const values = {
          queueName: queue.name,
          permissions: storage.QueueSASPermissions.parse(permissions),
          startsOn,
          expiresOn: expiresAt,
          protocol: storage.SASProtocol.Https,
        };
        return storage.generateQueueSASQueryParameters(values, key, service.accountName).toString();
      }),
  };
}

async function serviceClient(connection: Connection, account: string): Promise<QueueServiceClient> {
  requireStorageHost(account, connection);
  const storage = await import('@azure/storage-queue');
  return new storage.QueueServiceClient(account, connection.credential, clientOptions(connection));
}
