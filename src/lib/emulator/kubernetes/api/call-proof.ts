// Which operations of the cluster real clients were seen to use in the tests; the others follow the documentation alone.

import { documented, type Proof, usedBy } from '../../http/proof.js';
import type { Resource } from '../objects/objects.js';
import type { Verb } from '../objects/resources.js';

export const USED = usedBy('2026-11-30', 'kubectl 1.35, @kubernetes/client-node 1.4');
const DESCRIBED = documented('2026-11-30', 'Kubernetes API reference, v1.35');

const CALLED: Partial<Readonly<Record<Resource, readonly Verb[]>>> = {
  jobs: ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete'],
  secrets: ['get', 'create', 'update', 'delete'],
  pods: ['list'],
  events: ['list'],
};

/** The proof of one operation within a namespace. */
export function proofOf(resource: Resource, verb: Verb): Proof {
  return CALLED[resource]?.includes(verb) === true ? USED : DESCRIBED;
}
