// What `encrypt` did for a dataset, for people.

import type { EncryptResult } from '../workflows/encrypt-dataset.js';

export function renderEncrypted(result: EncryptResult): string {
  if (result.outcome === 'unchanged') {
    return `nothing to change: ${result.dataset} version ${result.version} is this very text, bound to policy ${result.policyHash}`;
  }
  const disabled =
    result.disabledKeys.length === 0
      ? []
      : [
          `disabled ${result.disabledKeys.length} earlier key version(s): earlier blobs cannot be opened any more`,
        ];
  return [
    `sealed and uploaded ${result.dataset} version ${result.version}`,
    `  key          ${result.key}`,
    `  released to  policy ${result.policyHash} only`,
    `  blob         ${result.blob}`,
    ...disabled,
  ].join('\n');
}
