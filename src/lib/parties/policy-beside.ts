// The policy that the parties hold: the file named, else policy.rego beside the contract where there is one.

import { access } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** @returns its path; undefined where none is named and none is there */
export async function policyBesideContract(
  contractPath: string,
  named: string | undefined,
): Promise<string | undefined> {
  if (named !== undefined) return named;
  const path = join(dirname(contractPath), 'policy.rego');
  return access(path).then(
    () => path,
    () => undefined,
  );
}
