// A service of the local Azure is a function from request to response; one adapter puts it on a socket.

export interface WireRequest {
  readonly method: string;
  /** Scheme, host and port the client used, no trailing slash. */
  readonly origin: string;
  /** Path, percent-decoded once, without query. */
  readonly path: string;
  /** Path and query as sent. */
  readonly target: string;
  /** Query with decoded names (the Azure SDKs send `api%2Dversion`). */
  readonly query: URLSearchParams;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Uint8Array;
}

export interface WireResponse {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
}

export type WireHandler = (request: WireRequest) => Promise<WireResponse>;
