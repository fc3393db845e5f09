// Rotation policies of keys: read from requests and shown; the local Azure rotates when it is asked, never by itself.
// Shapes: recordings of azure-sdk-for-js keyvault-keys against a real vault, November 2022.

import * as v from 'valibot';

import type { Json } from '../../base/bytes/canonical-json.js';
import type { JsonObject } from '../http/messages.js';
import type { HostKind } from './constants.js';
import { badParameter } from './errors.js';
import { keyId, type HostAddress, type StoredRotationPolicy } from './key-records.js';

/* ISO 8601 durations of years, months, weeks and days. */
const DURATION = /^P(?=\d)(?:\d+Y)?(?:\d+M)?(?:\d+W)?(?:\d+D)?$/;
const Duration = v.pipe(v.string(), v.regex(DURATION));
const ActionType = v.pipe(v.string(), v.toLowerCase(), v.picklist(['rotate', 'notify']));
const Request = v.object({
  lifetimeActions: v.optional(
    v.array(
      v.object({
        trigger: v.object({
          timeAfterCreate: v.optional(v.nullable(Duration)),
          timeBeforeExpiry: v.optional(v.nullable(Duration)),
        }),
        action: v.object({ type: ActionType }),
      }),
    ),
    [],
  ),
  attributes: v.optional(v.object({ expiryTime: v.optional(v.nullable(Duration)) }), {}),
});

type StoredAction = StoredRotationPolicy['actions'][number];

/* Every key of a vault has it, and a policy without one of its own gets it. */
const NOTIFY: StoredAction = { type: 'Notify', trigger: { timeBeforeExpiry: 'P30D' } };

/** The policy of a request; its times are `now`. @throws AzureError 400 */
export function readRotationPolicy(
  kind: HostKind,
  request: JsonObject,
  existing: StoredRotationPolicy | null,
  now: number,
): StoredRotationPolicy {
  const outcome = v.safeParse(Request, request);
  if (!outcome.success) throw badParameter(kind, 'The key rotation policy is not valid.');
  const { lifetimeActions, attributes } = outcome.output;
  return {
    actions: lifetimeActions.map(({ trigger, action }) => ({
      type: action.type === 'rotate' ? 'Rotate' : 'Notify',
      trigger: {
        ...(typeof trigger.timeAfterCreate === 'string' ? { timeAfterCreate: trigger.timeAfterCreate } : {}),
        ...(typeof trigger.timeBeforeExpiry === 'string'
          ? { timeBeforeExpiry: trigger.timeBeforeExpiry }
          : {}),
      },
    })),
    expiryTime: attributes.expiryTime ?? null,
    created: existing?.created ?? now,
    updated: now,
  };
}

/** The policy as it is shown; that of a key without one has no id and no times. */
export function renderRotationPolicy(
  host: HostAddress,
  name: string,
  policy: StoredRotationPolicy | null,
): Record<string, Json> {
  const actions = withNotice(host.kind, policy?.actions ?? []);
  const lifetimeActions = actions.map(({ trigger, type }) => ({ trigger: { ...trigger }, action: { type } }));
  if (policy === null) return { lifetimeActions, attributes: {} };
  const { expiryTime, created, updated } = policy;
  return {
    id: `${keyId(host, name)}/rotationpolicy`,
    lifetimeActions,
    attributes: { ...(expiryTime === null ? {} : { expiryTime }), created, updated },
  };
}

/* A managed HSM sends no notices. */
function withNotice(kind: HostKind, actions: readonly StoredAction[]): readonly StoredAction[] {
  if (kind.name === 'managed-hsm' || actions.some(({ type }) => type === 'Notify')) return actions;
  return [...actions, NOTIFY];
}
