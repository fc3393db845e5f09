// What the emulated storage services know of an account.

/** A storage account of the emulator. */
export interface StorageAccount {
  readonly name: string;
  /** Base64, as the portal shows it. */
  readonly key: string;
  /** From which its user delegation keys are derived. */
  readonly delegationSecret: Uint8Array;
  /** Tenant that it belongs to, named in challenges. */
  readonly tenantId: string;
  /** Azure resource id; scope of role assignments. */
  readonly resourceId: string;
}
