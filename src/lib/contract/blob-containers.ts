// The blob containers that `init` writes into a contract and `prereqs` makes.

/** Sealed data and contract; the budget's state; results. */
export const BLOB_CONTAINERS = { data: 'cleanroom', state: 'cleanroom-state', results: 'results' } as const;
