// A profile: how a party reaches and logs in to its services. What may be trusted stands in the contract, never here.

export type Credential =
  | { readonly kind: 'azure-cli' }
  | { readonly kind: 'default' }
  | { readonly kind: 'managed-identity'; readonly clientId?: string | undefined }
  | { readonly kind: 'client-secret'; readonly clientId: string; readonly secretFile: string };

export interface ProfileEndpoints {
  readonly authority?: string | undefined;
  readonly resourceManager?: string | undefined;
  /** The attestation authority (MAA) that a contract gets. */
  readonly attestation?: string | undefined;
  /** Registry name in an image reference to its URL, where they differ. */
  readonly registries?: Readonly<Record<string, string>> | undefined;
}

export interface ProfileCluster {
  /** File; what `KUBECONFIG` names, else `~/.kube/config`, if absent. */
  readonly kubeconfig?: string | undefined;
  /** The file's current one if absent. */
  readonly context?: string | undefined;
  /** The context's if absent. */
  readonly namespace?: string | undefined;
}

export interface Profile {
  readonly name: string;
  /** The file that it was read from. */
  readonly source: string;
  /** The party of the contract that acts under this profile. */
  readonly party: string;
  readonly tenant: string;
  /** Tenants besides it that the login is known in. */
  readonly otherTenants?: readonly string[] | undefined;
  readonly subscription?: string | undefined;
  readonly resourceGroup?: string | undefined;
  /** Resource id of the user-assigned identity that rooms run under. */
  readonly roomIdentity?: string | undefined;
  readonly credential: Credential;
  /** The party's own vault, as host[:port]. */
  readonly vault?: string | undefined;
  /** URL of the party's own storage account. */
  readonly storageAccount?: string | undefined;
  /** URL of the account's queue service; the blob service's with `queue` for `blob` if absent. */
  readonly queueAccount?: string | undefined;
  readonly region?: string | undefined;
  /** The cluster of rooms that are pods. */
  readonly kubernetes?: ProfileCluster | undefined;
  readonly endpoints: ProfileEndpoints;
  /** PEM file of TLS roots to trust besides the system's. */
  readonly tlsRoots?: string | undefined;
  /** File of attestation anchors in the form of `verify --anchors`; given by the emulator only. */
  readonly anchors?: string | undefined;
  /** Whether the resource of a vault's challenge is checked; may be false for loopback endpoints only. */
  readonly verifyChallengeResource: boolean;
}
