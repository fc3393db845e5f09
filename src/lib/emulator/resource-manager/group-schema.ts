// The body of a container group PUT as the REST specification has it (Microsoft.ContainerInstance, ContainerGroup).

import * as v from 'valibot';

/* Azure Resource Manager takes the words of an enumeration in any case. */
const word = <const W extends readonly string[]>(words: W) =>
  v.pipe(
    v.string(),
    v.transform((text) => words.find((known) => known.toLowerCase() === text.toLowerCase()) ?? text),
    v.picklist(words),
  );

const PortNumber = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_535));
const Port = v.looseObject({ port: PortNumber, protocol: v.optional(word(['TCP', 'UDP']), 'TCP') });

const Seconds = v.pipe(v.number(), v.integer(), v.minValue(0));
/* Defaults of the service, which are Kubernetes' own. */
const Probe = v.looseObject({
  exec: v.optional(v.looseObject({ command: v.array(v.string()) })),
  httpGet: v.optional(
    v.looseObject({
      path: v.optional(v.string(), '/'),
      port: PortNumber,
      scheme: v.optional(v.pipe(v.string(), v.toLowerCase(), v.picklist(['http', 'https'])), 'http'),
    }),
  ),
  initialDelaySeconds: v.optional(Seconds, 0),
  periodSeconds: v.optional(v.pipe(Seconds, v.minValue(1)), 10),
  failureThreshold: v.optional(v.pipe(Seconds, v.minValue(1)), 3),
  timeoutSeconds: v.optional(v.pipe(Seconds, v.minValue(1)), 1),
});

const EnvironmentVariable = v.looseObject({
  name: v.string(),
  value: v.optional(v.nullable(v.string())),
  secureValue: v.optional(v.nullable(v.string())),
});

const VolumeMount = v.looseObject({
  name: v.string(),
  mountPath: v.string(),
  readOnly: v.optional(v.boolean(), false),
});

const UserId = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(0xffff_ffff));

const SecurityContext = v.looseObject({
  privileged: v.optional(v.boolean(), false),
  allowPrivilegeEscalation: v.optional(v.boolean(), true),
  runAsUser: v.optional(UserId),
  runAsGroup: v.optional(UserId),
  capabilities: v.optional(
    v.looseObject({ add: v.optional(v.array(v.string())), drop: v.optional(v.array(v.string())) }),
  ),
});

const Amount = v.pipe(v.number(), v.gtValue(0));

const Container = v.looseObject({
  name: v.string(),
  properties: v.looseObject({
    image: v.pipe(v.string(), v.minLength(1)),
    command: v.optional(v.array(v.string())),
    ports: v.optional(v.array(Port), []),
    environmentVariables: v.optional(v.array(EnvironmentVariable), []),
    livenessProbe: v.optional(Probe),
    readinessProbe: v.optional(Probe),
    // Missing requests have an error of their own.
    resources: v.optional(
      v.looseObject({
        requests: v.optional(v.looseObject({ cpu: v.optional(Amount), memoryInGB: v.optional(Amount) })),
        limits: v.optional(v.looseObject({ cpu: v.optional(Amount), memoryInGB: v.optional(Amount) })),
      }),
    ),
    volumeMounts: v.optional(v.array(VolumeMount), []),
    securityContext: v.optional(SecurityContext),
  }),
});

const InitContainer = v.looseObject({
  name: v.string(),
  properties: v.looseObject({
    image: v.optional(v.string()),
    command: v.optional(v.array(v.string())),
    environmentVariables: v.optional(v.array(EnvironmentVariable), []),
    volumeMounts: v.optional(v.array(VolumeMount), []),
    securityContext: v.optional(SecurityContext),
  }),
});

const Volume = v.looseObject({
  name: v.string(),
  azureFile: v.optional(
    v.looseObject({
      shareName: v.string(),
      storageAccountName: v.string(),
      storageAccountKey: v.optional(v.string()),
      readOnly: v.optional(v.boolean(), false),
    }),
  ),
  emptyDir: v.optional(v.looseObject({})),
  secret: v.optional(v.record(v.string(), v.string())),
  gitRepo: v.optional(v.looseObject({ repository: v.string() })),
});

export const IDENTITY_TYPES = [
  'SystemAssigned',
  'UserAssigned',
  'SystemAssigned, UserAssigned',
  'None',
] as const;

export const GroupSchema = v.looseObject({
  // Missing: an error of its own.
  location: v.optional(v.string()),
  tags: v.optional(v.record(v.string(), v.string())),
  identity: v.optional(
    v.looseObject({
      type: v.optional(word(IDENTITY_TYPES)),
      userAssignedIdentities: v.optional(v.record(v.string(), v.unknown()), {}),
    }),
  ),
  properties: v.looseObject({
    sku: v.optional(word(['NotSpecified', 'Standard', 'Dedicated', 'Confidential']), 'Standard'),
    priority: v.optional(word(['Regular', 'Spot']), 'Regular'),
    confidentialComputeProperties: v.optional(v.looseObject({ ccePolicy: v.optional(v.string()) })),
    // Missing or another: an error of its own.
    osType: v.optional(v.string()),
    restartPolicy: v.optional(word(['Always', 'OnFailure', 'Never']), 'Always'),
    containers: v.array(Container),
    initContainers: v.optional(v.array(InitContainer), []),
    volumes: v.optional(v.array(Volume), []),
    imageRegistryCredentials: v.optional(
      v.array(
        v.looseObject({
          server: v.string(),
          username: v.optional(v.string()),
          password: v.optional(v.string()),
          identity: v.optional(v.string()),
        }),
      ),
      [],
    ),
    subnetIds: v.optional(v.array(v.looseObject({ id: v.string() })), []),
    ipAddress: v.optional(
      v.looseObject({
        ports: v.optional(v.array(Port), []),
        type: word(['Public', 'Private']),
        dnsNameLabel: v.optional(v.string()),
      }),
    ),
  }),
});

export type GroupBody = v.InferOutput<typeof GroupSchema>;
export type GroupProperties = GroupBody['properties'];
export type ContainerBody = v.InferOutput<typeof Container>;
export type VolumeBody = v.InferOutput<typeof Volume>;
export type ProbeBody = v.InferOutput<typeof Probe>;
export type EnvironmentBody = v.InferOutput<typeof EnvironmentVariable>;
