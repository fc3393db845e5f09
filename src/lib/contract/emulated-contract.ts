// A contract for a local Azure works with a local Azure only: its hardware is emulated, so nothing real may depend on it.

import { CleanroomError } from '../base/errors.js';
import type { Contract } from './schema.js';

const LOOPBACK = /^(?:localhost|(?:[a-z0-9-]+\.)+localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/** Whether a host, as a URL or a `HOST:PORT` has it, is this machine. Names are not resolved. */
export function isLoopback(address: string): boolean {
  const host = /^(?:https?:\/\/)?(\[[^\]]*\]|[^/:]*)(?::\d+)?(?:\/.*)?$/.exec(address)?.[1];
  return host !== undefined && LOOPBACK.test(host.toLowerCase());
}

/**
 * Refuses a contract with `trust.emulated` that names a vault, an account or an authority elsewhere. Called before a key is
 * made, a text sealed, a blob uploaded or a room deployed; no flag changes it.
 *
 * @param further - other endpoints that the command is about to use, such as the profile's.
 * @throws CleanroomError EMULATED_CONTRACT
 */
export function requireLoopback(contract: Contract, further: readonly string[] = []): void {
  if (contract.trust === undefined) return;
  const { datasets, room, attestation } = contract;
  const endpoints = [
    ...datasets.flatMap(({ key, blob }) => [
      key.vault,
      blob.account,
      ...(key.login?.authority === undefined ? [] : [key.login.authority]),
    ]),
    room.contractBlob.account,
    room.resultBlob.account,
    ...attestation.authorities,
    ...further,
  ];
  const elsewhere = endpoints.find((endpoint) => !isLoopback(endpoint));
  if (elsewhere !== undefined)
    throw new CleanroomError(
      'EMULATED_CONTRACT',
      `the contract ${contract.name} is for a local Azure (trust.emulated), and ${elsewhere} is not on this machine`,
    );
}
