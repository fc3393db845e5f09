// A refusal in Azure's words: status, code and text. Each service renders it in its own shape.

/** Thrown by the rules of a service, turned into a response by its handler. */
export class AzureError extends Error {
  override readonly name = 'AzureError';

  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    /** Code of `innererror`, where the service gives one. */
    readonly innerCode?: string,
  ) {
    super(message);
  }
}
