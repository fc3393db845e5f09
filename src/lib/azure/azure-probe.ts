// doctor's questions, over https with the profile's TLS roots; one per service, no retries, nothing is changed.

import { request } from 'node:https';

import { parseStrictJson } from '../bytes/strict-json.js';
import { CleanroomError, describeCause } from '../errors.js';
import type { AzureProbe } from '../workflows/doctor/azure-probe.js';
import type { Connection } from './connection.js';
import { createContainerClient } from './container-groups.js';
import { serviceError } from './service-error.js';

const ARM_SCOPE = 'https://management.azure.com/.default';
const TIMEOUT_MS = 15_000;
const MAX_BYTES = 4 * 1024 * 1024;

interface Answer {
  readonly status: number;
  readonly date: string | undefined;
  readonly text: string;
}

export function createAzureProbe(
  connection: Connection,
  {
    resourceManager,
    subscription,
  }: { readonly resourceManager: string; readonly subscription: string | undefined },
): AzureProbe {
  const token = async (scope: string): Promise<string> => {
    try {
      return (await connection.credential.getToken(scope))?.token ?? '';
    } catch (cause) {
      throw serviceError('login', cause);
    }
  };
  return {
    reach: async (url) => {
      const { status, date } = await get(connection, url, null);
      return { status, date: date === undefined ? null : new Date(date) };
    },
    logIn: async (scope) => {
      await token(scope);
    },
    readResource: async (path, apiVersion) => {
      const url = `${resourceManager}${path}?api-version=${apiVersion}`;
      const { status, text } = await get(connection, url, await token(ARM_SCOPE));
      if (status === 200) return parseStrictJson(text);
      const code = status === 401 || status === 403 ? 'SERVICE_FORBIDDEN' : 'SERVICE_REFUSED';
      throw new CleanroomError(code, `Azure Resource Manager: ${path}: ${status}`);
    },
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

function get({ ca }: Connection, url: string, token: string | null): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options = {
      agent: false as const,
      headers: token === null ? {} : { authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(TIMEOUT_MS),
      ...(ca === undefined ? {} : { ca: [...ca] }),
    };
    const failed = (cause: Error): void =>
      reject(new CleanroomError('SERVICE_UNREACHABLE', `not reached (${describeCause(cause)})`, { cause }));
    const outgoing = request(url, options, (incoming) => {
      const chunks: Buffer[] = [];
      let length = 0;
      incoming.on('error', failed);
      incoming.on('data', (chunk: Buffer) => {
        length += chunk.length;
        if (length > MAX_BYTES) incoming.destroy(new RangeError('the answer is too long'));
        else chunks.push(chunk);
      });
      incoming.on('end', () =>
        resolve({
          status: incoming.statusCode ?? 0,
          date: incoming.headers.date,
          text: Buffer.concat(chunks).toString('utf8'),
        }),
      );
    });
    outgoing.on('error', failed);
    outgoing.end();
  });
}
