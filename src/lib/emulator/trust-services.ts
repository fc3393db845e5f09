// The services that evidence and keys come from: emulated hardware, attestation service, managed HSMs, key vaults.

import { type AmdProcessor, openAmdProcessor } from './amd/authority.js';
import { emulatedAnchors } from './anchors.js';
import { type AttestationService, openAttestationService } from './attestation-service/authority.js';
import { createAttestationHandler } from './attestation-service/handler.js';
import type { Clock } from './clock.js';
import { createJsonFetcher } from './http/fetch-json.js';
import { RESOURCES } from './identity/constants.js';
import { openRoleAssignments, type RoleAssignments } from './identity/role-assignments.js';
import { MANAGED_HSM_ROLES } from './identity/role-definitions.js';
import { copyKeysFromCache, keepKeysInCache } from './key-cache.js';
import { type HsmMaker, type HsmPartition, openHsmMaker } from './managed-hsm/hsm-maker.js';
import { openKeyHost } from './managed-hsm/authority.js';
import { type HostKind, KEY_VAULT_PREMIUM, MANAGED_HSM } from './managed-hsm/constants.js';
import { createKeyHostHandler } from './managed-hsm/handler.js';
import { createOpenIdResolver } from './managed-hsm/openid-resolver.js';
import type { PartyRecord } from './parties.js';
import { putService, type ServiceBase } from './service-base.js';
import { openReleases, type Releases } from './signing-transparency/releases.js';
import type { StateStore } from './state/state-store.js';
import type { IssuedCertificate } from './tls/authority.js';
import { openUtilityVm, type UtilityVm } from './uvm/authority.js';

/** What stands for SEV-SNP: the processor, and the utility VM that every group runs in. */
export interface Hardware {
  readonly processor: AmdProcessor;
  readonly utilityVm: UtilityVm;
  /** Of the HSMs. */
  readonly hsmMaker: HsmMaker;
  /** What attestation service and HSMs run, as a ledger holds it. */
  readonly releases: Releases;
}

/** Opens the hardware; the slow keys come from `cache` where it has them. */
export async function openHardware(
  store: StateStore,
  clock: Clock,
  cache: string | undefined,
): Promise<Hardware> {
  if (cache !== undefined) await copyKeysFromCache(cache, store);
  const [processor, utilityVm, hsmMaker, releases] = await Promise.all([
    openAmdProcessor(store, clock),
    openUtilityVm(store, clock),
    openHsmMaker(store, clock),
    openReleases(store, clock),
  ]);
  if (cache !== undefined) await keepKeysInCache(cache, store);
  return { processor, utilityVm, hsmMaker, releases };
}

/** Opens the attestation service and serves it. */
export async function openAttestation(
  base: ServiceBase,
  { processor, utilityVm }: Pick<Hardware, 'processor' | 'utilityVm'>,
): Promise<AttestationService> {
  const service = await openAttestationService({
    issuer: `https://127.0.0.1:${await base.ports('attestation')}`,
    store: base.store,
    clock: base.clock,
    anchors: emulatedAnchors({ processors: [processor], utilityVm, attestationServices: [] }),
    room: { processor, utilityVm },
  });
  await putService(base, 'attestation', createAttestationHandler(service));
  return service;
}

/* What kind of vault it is shows in its host: Azure's in the domain, ours in the address. */
const KEY_VAULT_ADDRESS = '127.0.0.2';

/** `host:port` of each. */
export interface PartyVaults {
  readonly hsm: string;
  readonly keyVault: string;
}

/** The party's managed HSM, with local RBAC, and its Key Vault Premium, with Azure's; both under one certificate. */
export async function openVaults(
  base: ServiceBase,
  party: PartyRecord,
  { hsmMaker }: Pick<Hardware, 'hsmMaker'>,
  hsmRoles: Map<string, RoleAssignments>,
): Promise<PartyVaults> {
  const [hsm, vault] = [`hsm-${party.name}`, `vault-${party.name}`];
  const vaults = {
    hsm: `127.0.0.1:${await base.ports(hsm)}`,
    keyVault: `${KEY_VAULT_ADDRESS}:${await base.ports(vault)}`,
  };
  const signer = await base.tls.issue(hsm, [
    '127.0.0.1',
    'localhost',
    KEY_VAULT_ADDRESS,
    vaults.hsm,
    vaults.keyVault,
  ]);
  const roles = await openRoleAssignments(base.store, hsm, Object.values(MANAGED_HSM_ROLES));
  hsmRoles.set(party.name, roles);
  const common = { party, signer };
  await putKeyHost(base, {
    ...common,
    service: hsm,
    id: party.name,
    kind: MANAGED_HSM,
    partition: () => hsmMaker.partition(party.name),
    address: vaults.hsm,
    roles,
    scope: '',
  });
  await putKeyHost(base, {
    ...common,
    service: vault,
    id: vault,
    kind: KEY_VAULT_PREMIUM,
    partition: null,
    address: vaults.keyVault,
    roles: base.azureRoles,
    scope: party.vaultId,
  });
  return vaults;
}

interface KeyHostPlace {
  readonly party: PartyRecord;
  readonly signer: IssuedCertificate;
  readonly service: string;
  /** Of its state. */
  readonly id: string;
  readonly kind: HostKind;
  readonly partition: (() => Promise<HsmPartition>) | null;
  readonly address: string;
  readonly roles: RoleAssignments;
  readonly scope: string;
}

async function putKeyHost(
  base: ServiceBase,
  { party, signer, service, id, kind, partition, address, roles, scope }: KeyHostPlace,
): Promise<void> {
  const { store, clock, identity, tls, parties, strictTenants } = base;
  const host = await openKeyHost({
    id,
    kind,
    url: `https://${address}`,
    store,
    clock,
    signer,
    partition,
    resolveAuthority: createOpenIdResolver(createJsonFetcher(tls.rootPem)),
  });
  const handler = createKeyHostHandler({
    host,
    identity,
    roles,
    scope,
    tenantId: party.tenantId,
    alsoTenants: strictTenants ? [] : parties.map(({ tenantId }) => tenantId),
    // Its host name lacks `managedhsm`: Microsoft's sidecar then asks for a token of the vault (Key Vault).
    alsoAudiences: [RESOURCES.vault],
    clock,
  });
  const leaf = { cert: signer.chainPem, key: signer.privateKeyPem };
  await putService(base, service, handler, leaf, address.split(':')[0]);
}
