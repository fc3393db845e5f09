// What a contract may say and this version cannot keep: refused before anything is made of it, never passed over.

import { CleanroomError } from '../base/errors.js';
import type { Contract } from './schema.js';

/** @throws CleanroomError CONTRACT_UNSUPPORTED, which names the field */
export function refuseUnsupported({ room }: Contract): void {
  if (room.platform === 'virtual-nodes')
    throw unsupported('room.platform', 'policies for pods on virtual nodes');
}

function unsupported(path: string, what: string): CleanroomError {
  return new CleanroomError('CONTRACT_UNSUPPORTED', `${path}: this version of the toolkit makes no ${what}`);
}
