// The part of a Pod that the local cluster runs (k8s.io/api, core/v1, PodSpec). What it does not name is refused, never passed over:
// a member that is dropped would be a pod that runs otherwise than it was written.

import * as v from 'valibot';

const Quantity = v.union([v.string(), v.number()]);
const Amounts = v.optional(v.record(v.string(), Quantity), {});
const Texts = v.optional(v.record(v.string(), v.string()), {});

const Variable = v.strictObject({
  name: v.pipe(v.string(), v.regex(/^[-._a-zA-Z][-._a-zA-Z0-9]*$/, 'is no name of a variable')),
  value: v.optional(v.string()),
  valueFrom: v.optional(
    v.strictObject({
      fieldRef: v.optional(v.strictObject({ apiVersion: v.optional(v.string()), fieldPath: v.string() })),
      secretKeyRef: v.optional(
        v.strictObject({ name: v.string(), key: v.string(), optional: v.optional(v.boolean()) }),
      ),
    }),
  ),
});

const SecurityContext = v.strictObject({
  privileged: v.optional(v.boolean()),
  allowPrivilegeEscalation: v.optional(v.boolean()),
  readOnlyRootFilesystem: v.optional(v.boolean()),
  runAsNonRoot: v.optional(v.boolean()),
  runAsUser: v.optional(v.number()),
  runAsGroup: v.optional(v.number()),
  seccompProfile: v.optional(v.strictObject({ type: v.string() })),
  capabilities: v.optional(
    v.strictObject({ add: v.optional(v.array(v.string())), drop: v.optional(v.array(v.string())) }),
  ),
});

const Container = v.strictObject({
  name: v.pipe(v.string(), v.regex(/^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/, 'is no name of a container')),
  image: v.string(),
  command: v.optional(v.array(v.string())),
  args: v.optional(v.array(v.string())),
  workingDir: v.optional(v.string()),
  env: v.optional(v.array(Variable), []),
  ports: v.optional(
    v.array(
      v.strictObject({
        containerPort: v.number(),
        name: v.optional(v.string()),
        protocol: v.optional(v.string()),
      }),
    ),
    [],
  ),
  resources: v.optional(v.strictObject({ requests: Amounts, limits: Amounts })),
  volumeMounts: v.optional(
    v.array(
      v.strictObject({ name: v.string(), mountPath: v.string(), readOnly: v.optional(v.boolean(), false) }),
    ),
    [],
  ),
  securityContext: v.optional(SecurityContext),
  imagePullPolicy: v.optional(v.string()),
  terminationMessagePath: v.optional(v.string()),
  terminationMessagePolicy: v.optional(v.string()),
});

/* An init container that ends before the others start is not emulated: a native sidecar is. */
const Sidecar = v.strictObject({ ...Container.entries, restartPolicy: v.literal('Always') });

const Volume = v.strictObject({
  name: v.string(),
  emptyDir: v.optional(v.strictObject({ medium: v.optional(v.string()), sizeLimit: v.optional(Quantity) })),
  secret: v.optional(v.strictObject({ secretName: v.string() })),
});

const Toleration = v.strictObject({
  key: v.optional(v.string()),
  operator: v.optional(v.picklist(['Exists', 'Equal']), 'Equal'),
  value: v.optional(v.string()),
  effect: v.optional(v.string()),
  tolerationSeconds: v.optional(v.number()),
});

export const PodSpecSchema = v.strictObject({
  containers: v.pipe(v.array(Container), v.minLength(1)),
  initContainers: v.optional(v.array(Sidecar), []),
  volumes: v.optional(v.array(Volume), []),
  restartPolicy: v.optional(v.picklist(['Always', 'OnFailure', 'Never']), 'Always'),
  nodeSelector: Texts,
  tolerations: v.optional(v.array(Toleration), []),
  nodeName: v.optional(v.string()),
  automountServiceAccountToken: v.optional(v.boolean(), true),
  enableServiceLinks: v.optional(v.boolean(), true),
  serviceAccountName: v.optional(v.string()),
  serviceAccount: v.optional(v.string()),
  securityContext: v.optional(SecurityContext),
  terminationGracePeriodSeconds: v.optional(v.number()),
  activeDeadlineSeconds: v.optional(v.number()),
  dnsPolicy: v.optional(v.string()),
  schedulerName: v.optional(v.string()),
});

export type PodSpec = v.InferOutput<typeof PodSpecSchema>;
export type PodContainer = v.InferOutput<typeof Container> & { readonly restartPolicy?: 'Always' };
export type PodVariable = v.InferOutput<typeof Variable>;
