// What `init` made, for people.

import { relative } from 'node:path';

import type { InitResult } from '../parties/init.js';
import { renderRoomMemory } from './render-memory.js';

/**
 * @param directory - paths are shown relative to it
 * @param next - the host's next command, as its answers have it; null: the usual one
 */
export function renderInit(
  { roles, keysCreated, contractKey, fingerprint, cardFile, contract }: InitResult,
  directory: string,
  next: string | null = null,
): string {
  const shown = (path: string): string => relative(directory, path);
  const isHost = roles.includes('host');
  const lines = [
    `${keysCreated ? 'created' : 'kept'} the keys in keys/ (private: never hand them over)`,
    ...(contractKey.includes('://') ? [`the contract key stays in the vault: ${contractKey}`] : []),
    `fingerprint of the contract key: ${fingerprint} (the other parties compare it with you by another channel)`,
    `wrote ${shown(cardFile)}, the card of this party: ${roles.join(', ')} (public: ${isHost ? 'cleanroom propose puts it into the contract' : 'give it to the host, who proposes the contract'})`,
  ];
  if (contract === null) {
    lines.push(
      `next: ${next ?? (isHost ? 'cleanroom propose CARD, with the card of each other party' : `the host runs cleanroom propose ${shown(cardFile)}`)}`,
    );
  } else {
    lines.push(
      `wrote ${shown(contract.path)}, digest ${contract.digest}`,
      ...(contract.memory === null ? [] : [renderRoomMemory(contract.memory)]),
      'next: cleanroom policy generate -f contract.yaml --out policy.rego',
    );
  }
  return lines.join('\n');
}
