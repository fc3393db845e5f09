// Template deployments of resource groups: what was asked for, without values of secure parameters, and how it ended.

import { randomUUID } from 'node:crypto';

import * as v from 'valibot';

import type { JsonObject } from '../../http/messages.js';
import { createChanges } from '../../state/changes.js';
import { loadDocumentAs } from '../../state/stored-document.js';
import type { StateStore } from '../../state/state-store.js';

const Deployment = v.strictObject({
  id: v.string(),
  name: v.string(),
  /** Names its operation. */
  operation: v.string(),
  status: v.picklist(['Running', 'Succeeded', 'Failed']),
  error: v.nullable(v.strictObject({ code: v.string(), message: v.string() })),
  /** ARM ids of the resources. */
  resources: v.array(v.string()),
  parameters: v.record(v.string(), v.any()),
  outputs: v.record(v.string(), v.any()),
  timestamp: v.string(),
  correlationId: v.string(),
});
const State = v.array(Deployment);

export type Deployment = v.InferOutput<typeof Deployment>;

export interface NewDeployment {
  readonly id: string;
  readonly name: string;
  readonly resources: readonly string[];
  readonly parameters: JsonObject;
  readonly outputs: JsonObject;
}

export interface DeploymentRecords {
  get(id: string): Deployment | null;
  /** Below a scope. */
  list(scope: string): readonly Deployment[];
  /** Begins one; an earlier one of that id is replaced. */
  begin(deployment: NewDeployment): Promise<Deployment>;
  end(deployment: Deployment, error: Deployment['error']): Promise<void>;
}

const DOCUMENT = 'deployments';
/** Azure keeps 800 a resource group. */
const KEPT = 100;

/** @throws CleanroomError EMULATOR_STATE_CORRUPT */
export async function openDeploymentRecords(store: StateStore): Promise<DeploymentRecords> {
  const state = createChanges<Deployment[]>({
    initial: (await loadDocumentAs(store, DOCUMENT, State)) ?? [],
    copy: (kept) => [...kept],
    save: (changed) => store.save(DOCUMENT, changed),
  });
  return {
    get: (id) => state.current.find((kept) => kept.id.toLowerCase() === id.toLowerCase()) ?? null,
    list: (scope) => state.current.filter(({ id }) => id.toLowerCase().startsWith(`${scope.toLowerCase()}/`)),
    begin: (asked) =>
      state.change((kept) => {
        const deployment: Deployment = {
          id: asked.id,
          name: asked.name,
          operation: randomUUID(),
          status: 'Running',
          error: null,
          resources: [...asked.resources],
          parameters: { ...asked.parameters },
          outputs: { ...asked.outputs },
          timestamp: new Date().toISOString(),
          correlationId: randomUUID(),
        };
        const others = kept.filter(({ id }) => id.toLowerCase() !== asked.id.toLowerCase());
        kept.splice(0, kept.length, ...others.slice(1 - KEPT), deployment);
        return deployment;
      }),
    end: ({ operation }, error) =>
      state.change((kept) => {
        const place = kept.findIndex((entry) => entry.operation === operation);
        const found = kept[place];
        if (found !== undefined)
          kept[place] = { ...found, status: error === null ? 'Succeeded' : 'Failed', error };
      }),
  };
}
