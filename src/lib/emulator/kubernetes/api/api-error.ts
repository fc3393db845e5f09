// A refusal as the API server words it: an object of kind Status (apimachinery, api/errors).

import type { Json } from '../../../base/bytes/canonical-json.js';

const STATUS = {
  BadRequest: 400,
  Unauthorized: 401,
  Forbidden: 403,
  NotFound: 404,
  MethodNotAllowed: 405,
  AlreadyExists: 409,
  Conflict: 409,
  Expired: 410,
  UnsupportedMediaType: 415,
  Invalid: 422,
} as const;

export type Reason = keyof typeof STATUS;

export class ApiError extends Error {
  override readonly name = 'ApiError';

  constructor(
    readonly reason: Reason,
    message: string,
  ) {
    super(message);
  }

  get status(): number {
    return STATUS[this.reason];
  }

  toStatus(): { readonly [name: string]: Json } {
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: this.message,
      reason: this.reason,
      code: this.status,
    };
  }
}

export function notFound(resource: string, name: string): ApiError {
  return new ApiError('NotFound', `${resource} "${name}" not found`);
}
