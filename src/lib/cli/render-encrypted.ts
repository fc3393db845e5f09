// What `encrypt` did, or would do, for a dataset, for people.

import type { EncryptResult } from '../parties/encrypt-dataset.js';
import type { EncryptionPreview, KeyStep } from '../parties/plan-encryption.js';

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
    ...(result.preserved === null ? [] : [`  kept as      ${result.preserved}, which no write can reach`]),
    ...disabled,
  ].join('\n');
}

const KEY_STEPS: Readonly<Record<KeyStep, string>> = {
  none: 'stays as it is',
  create: 'is created',
  'new-version': 'gets a new version',
  resume: 'has a version already that nothing is sealed to',
  given: 'is used again as given: an older blob can then be put back',
};

export function renderPreview(plan: EncryptionPreview): string {
  const { key } = plan;
  const size = plan.sealedBytes === null ? 'size known at the end of the pipe' : `${plan.sealedBytes} bytes`;
  return [
    plan.then === 'unchanged'
      ? `nothing to change: ${plan.dataset} version ${plan.version} is this very text`
      : `would seal and upload ${plan.dataset} version ${plan.version}; nothing has been changed`,
    `  key          ${key.name} in ${key.vault} (${key.service}) ${KEY_STEPS[key.step]}`,
    ...(key.revoked
      ? ['               (all its versions are disabled; encrypt asks before it makes another one)']
      : []),
    `  released to  policy ${plan.policyHash} only`,
    `  blob         ${plan.blob}`,
    `  payload      ${size}, ${plan.documents} document(s)`,
    ...plan.disables.map((id) => `  disables     ${id}`),
  ].join('\n');
}
