// What a storage request is aimed at, read from host and path.

export interface StorageTarget {
  readonly account: string;
  /** Container; null for the service itself. */
  readonly container: string | null;
  /** Blob name, decoded; null for the container itself. */
  readonly blob: string | null;
}

/** The account that a host names: `ACCOUNT.blob.localhost`; null for any other host. */
export function accountOfHost(host: string | undefined): string | null {
  return /^([a-z0-9]{3,24})\.blob\.localhost(?::\d+)?$/i.exec(host ?? '')?.[1]?.toLowerCase() ?? null;
}

/** Reads a path (percent-encoded) that begins with the account; null where there is no account in it. */
export function parseTarget(path: string): StorageTarget | null {
  const [account, container, ...rest] = path.split('/').slice(1).map(decodeOnce);
  if (account === undefined || account === '') return null;
  return {
    account,
    container: container === undefined || container === '' ? null : container,
    blob: rest.length === 0 || rest.join('/') === '' ? null : rest.join('/'),
  };
}

function decodeOnce(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
