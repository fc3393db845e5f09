// Errors of OCI Distribution 1.1 §"Error codes".

import type { WireResponse } from '../http/wire.js';

/** A refusal by the registry. */
export class RegistryError extends Error {
  override readonly name = 'RegistryError';
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

export function renderRegistryError({ status, code, message }: RegistryError): WireResponse {
  return {
    status,
    headers: { 'content-type': 'application/json', ...API_VERSION },
    body: JSON.stringify({ errors: [{ code, message, detail: null }] }),
  };
}

/** On every answer, so that clients know what they talk to. */
export const API_VERSION = { 'docker-distribution-api-version': 'registry/2.0' } as const;
