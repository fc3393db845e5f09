// The services that evidence and keys come from: emulated hardware, attestation service, managed HSMs.

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
import { openKeyHost } from './managed-hsm/authority.js';
import { MANAGED_HSM } from './managed-hsm/constants.js';
import { createKeyHostHandler } from './managed-hsm/handler.js';
import { createOpenIdResolver } from './managed-hsm/openid-resolver.js';
import type { PartyRecord } from './parties.js';
import { putService, type ServiceBase } from './service-base.js';
import type { StateStore } from './state/state-store.js';
import { openUtilityVm, type UtilityVm } from './uvm/authority.js';

/** What stands for SEV-SNP: the processor, and the utility VM that every group runs in. */
export interface Hardware {
  readonly processor: AmdProcessor;
  readonly utilityVm: UtilityVm;
}

/** Opens the hardware; the slow keys come from `cache` where it has them. */
export async function openHardware(
  store: StateStore,
  clock: Clock,
  cache: string | undefined,
): Promise<Hardware> {
  if (cache !== undefined) await copyKeysFromCache(cache, store);
  const [processor, utilityVm] = await Promise.all([
    openAmdProcessor(store, clock),
    openUtilityVm(store, clock),
  ]);
  if (cache !== undefined) await keepKeysInCache(cache, store);
  return { processor, utilityVm };
}

/** Opens the attestation service and serves it. */
export async function openAttestation(
  base: ServiceBase,
  { processor, utilityVm }: Hardware,
): Promise<AttestationService> {
  const service = await openAttestationService({
    issuer: `https://127.0.0.1:${await base.ports('attestation')}`,
    store: base.store,
    clock: base.clock,
    anchors: emulatedAnchors({ processors: [processor], utilityVm, attestationServices: [] }),
  });
  await putService(base, 'attestation', createAttestationHandler(service));
  return service;
}

/** The party's managed HSM; returns its `host:port`. */
export async function openHsm(
  base: ServiceBase,
  party: PartyRecord,
  hsmRoles: Map<string, RoleAssignments>,
): Promise<string> {
  const { store, clock, identity, tls, parties, strictTenants } = base;
  const service = `hsm-${party.name}`;
  const address = `127.0.0.1:${await base.ports(service)}`;
  const roles = await openRoleAssignments(store, service, Object.values(MANAGED_HSM_ROLES));
  hsmRoles.set(party.name, roles);
  const signer = await tls.issue(service, ['127.0.0.1', 'localhost', address]);
  const host = await openKeyHost({
    id: party.name,
    kind: MANAGED_HSM,
    url: `https://${address}`,
    store,
    clock,
    signer,
    resolveAuthority: createOpenIdResolver(createJsonFetcher(tls.rootPem)),
  });
  const handler = createKeyHostHandler({
    host,
    identity,
    roles,
    scope: '',
    tenantId: party.tenantId,
    alsoTenants: strictTenants ? [] : parties.map(({ tenantId }) => tenantId),
    // Its host name lacks `managedhsm`: Microsoft's sidecar then asks for a token of the vault (azure-wire 4.1).
    alsoAudiences: [RESOURCES.vault],
    clock,
  });
  await putService(base, service, handler, { cert: signer.chainPem, key: signer.privateKeyPem });
  return address;
}
