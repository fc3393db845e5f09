// Names of a contract's budget entries: the contract's own, so that the count is the contract's; and, where owners share an
// account, one an owner.

import type { ContractDataset } from './schema.js';

/** The datasets with the places at which a contract of that name counts. */
export function withBudgetNames(datasets: readonly ContractDataset[], name: string): ContractDataset[] {
  return datasets.map((dataset) => {
    const shared = datasets.some(
      (other) =>
        other.owner !== dataset.owner &&
        other.blob.account === dataset.blob.account &&
        other.budget.container === dataset.budget.container,
    );
    const own = shared ? `${name}.${dataset.owner}` : name;
    return { ...dataset, budget: { ...dataset.budget, name: own } };
  });
}
