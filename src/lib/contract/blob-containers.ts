// The blob containers that `init` writes into a contract and `prereqs` makes.

/** Sealed data and contract; the count of results; results. */
export const BLOB_CONTAINERS = { data: 'cleanroom', budget: 'cleanroom-budget', results: 'results' } as const;
