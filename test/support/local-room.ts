// A container group's surroundings on loopback: vault, attestation service, PSP device, metadata service, security
// context, and the stand-in sidecar as a process of its own.

import { spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Guest, ReportOptions } from '../../src/lib/emulator/amd/authority.js';
import { servePspDevice, PSP_DEVICE_NAME } from '../../src/lib/emulator/amd/psp-device.js';
import { emulatedAnchors } from '../../src/lib/emulator/anchors.js';
import { openAttestationService } from '../../src/lib/emulator/attestation-service/authority.js';
import { createAttestationHandler } from '../../src/lib/emulator/attestation-service/handler.js';
import { createJsonFetcher } from '../../src/lib/emulator/http/fetch-json.js';
import { serveWire } from '../../src/lib/emulator/http/serve.js';
import type { WireHandler } from '../../src/lib/emulator/http/wire.js';
import { createMetadataHandler } from '../../src/lib/emulator/identity/metadata-handler.js';
import { MANAGED_HSM_ROLES } from '../../src/lib/emulator/identity/role-definitions.js';
import { createOpenIdResolver } from '../../src/lib/emulator/managed-hsm/openid-resolver.js';
import {
  createCertificatesHandler,
  securityContextFiles,
} from '../../src/lib/emulator/uvm/security-context.js';
import { createSidecarClient } from '../../src/lib/room/key-release/sidecar-client.js';
import { testProcessor, testUtilityVm } from './emulated-trust.js';
import { startLocalVault } from './local-vault.js';

const IDENTITY =
  '/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/room';
export const ROOM_POLICY = 'package policy\n\ndefault allow := false\n';
export const ROOM_HOST_DATA = createHash('sha256').update(ROOM_POLICY).digest('hex');

/** Starts everything but the sidecar; `stop()` ends it. */
export async function startLocalRoom() {
  const vault = await startLocalVault({
    roles: [MANAGED_HSM_ROLES.cryptoUser],
    resolveAuthority: (rootPem) => createOpenIdResolver(createJsonFetcher(rootPem)),
  });
  const processor = await testProcessor();
  const utilityVm = await testUtilityVm();

  let attestation: WireHandler = () => Promise.resolve({ status: 503 });
  const maa = await vault.serve((request) => attestation(request));
  const anchors = emulatedAnchors({ processors: [processor], utilityVm, attestationServices: [] });
  const { store, clock } = vault;
  const service = await openAttestationService({ issuer: maa.url, store, clock, anchors });
  attestation = createAttestationHandler(service);

  const directory = await mkdtemp(join(tmpdir(), 'cleanroom-room-'));
  const ccePolicy = Buffer.from(ROOM_POLICY).toString('base64');
  const files = securityContextFiles(ccePolicy, processor, utilityVm);
  for (const [name, content] of Object.entries(files)) await writeFile(join(directory, name), content);
  let guest: Guest = processor.launchGuest(utilityVm.measurement, Buffer.from(ROOM_HOST_DATA, 'hex'));
  let options: ReportOptions = {};
  const device = await servePspDevice(join(directory, PSP_DEVICE_NAME), (reportData) =>
    processor.signReport(guest, reportData, options),
  );

  const identity = await vault.identity.directory.ensureManagedIdentity(vault.tenant, IDENTITY);
  const metadata = await serveWire(
    createMetadataHandler(
      { resourceId: '/subscriptions/s/groups/room', identities: [IDENTITY] },
      { identity: vault.identity, clock, certificates: createCertificatesHandler(processor) },
    ),
    { port: 0, tls: null },
  );

  return {
    vault,
    maa: { url: maa.url, hostAndPort: maa.url.replace('https://', ''), service },
    processor,
    utilityVm,
    identity,
    directory,
    metadataPort: metadata.port,
    /** A report of the guest, as the device gives it. */
    signReport: (reportData: Uint8Array) => {
      const whole = new Uint8Array(64);
      whole.set(reportData);
      return processor.signReport(guest, whole, options);
    },
    /** Makes the guest another one from the next report on. */
    relaunch: (changed: { hostData?: string; options?: ReportOptions }) => {
      const hostData = Buffer.from(changed.hostData ?? ROOM_HOST_DATA, 'hex');
      guest = processor.launchGuest(utilityVm.measurement, hostData);
      options = changed.options ?? {};
    },
    /** The release policy of this room, as the SDK takes it. */
    releasePolicy: (hostData = ROOM_HOST_DATA) => ({
      encodedPolicy: Buffer.from(
        JSON.stringify({
          version: '1.0.0',
          anyOf: [
            {
              authority: maa.url,
              allOf: [
                { claim: 'x-ms-attestation-type', equals: 'sevsnpvm' },
                { claim: 'x-ms-compliance-status', equals: 'azure-compliant-uvm' },
                { claim: 'x-ms-sevsnpvm-hostdata', equals: hostData },
                { claim: 'x-ms-sevsnpvm-is-debuggable', equals: 'false' },
                { claim: 'x-ms-sevsnpvm-vmpl', equals: '0' },
                { claim: 'x-ms-sevsnpvm-guestsvn', greaterOrEquals: 2 },
              ],
            },
          ],
        }),
      ),
      immutable: true,
    }),
    stop: async () => {
      await metadata.close();
      await device.close();
      await vault.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

export type LocalRoom = Awaited<ReturnType<typeof startLocalRoom>>;

/** The stand-in sidecar as a process with the environment that a room gives it. */
export async function startSidecar(room: LocalRoom, environment: Record<string, string> = {}) {
  const port = await freePort();
  const args = {
    certcache: { endpoint_type: 'LocalTHIM', endpoint: '169.254.169.254/metadata/THIM/amd/certification' },
  };
  const child = spawn(
    process.execPath,
    [
      '--import',
      'tsx',
      '--import',
      './test/support/metadata-redirect.mjs',
      'src/lib/emulator/sidecar/main.ts',
    ],
    {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: {
        PATH: process.env['PATH'] ?? '',
        Port: String(port),
        SkrSideCarArgs: Buffer.from(JSON.stringify(args)).toString('base64'),
        UVM_SECURITY_CONTEXT_DIR: room.directory,
        CLEANROOM_TLS_ROOTS: Buffer.from(room.vault.tls.rootPem).toString('base64url'),
        TEST_METADATA_PORT: String(room.metadataPort),
        ...environment,
      },
    },
  );
  const errors = collect(child);
  const exited = new Promise<number>((resolve) => child.once('exit', (code) => resolve(code ?? -1)));
  const client = createSidecarClient({ port });
  const ready = async (): Promise<void> => {
    for (let tries = 0; tries < 300; tries++) {
      const outcome = await client.status().catch((cause: unknown) => cause);
      if (outcome === undefined) return;
      if (child.exitCode !== null) throw new Error(`the sidecar ended: ${errors()}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error(`the sidecar is not ready: ${errors()}`);
  };
  return {
    client,
    port,
    ready,
    exited,
    errors,
    stop: async () => {
      child.kill();
      await exited;
    },
  };
}

export type Sidecar = Awaited<ReturnType<typeof startSidecar>>;

function collect(child: ChildProcess): () => string {
  let text = '';
  child.stderr?.on('data', (chunk: Buffer) => (text += chunk.toString()));
  return () => text;
}

export async function freePort(): Promise<number> {
  const server = await serveWire(() => Promise.resolve({ status: 200 }), { port: 0, tls: null });
  await server.close();
  return server.port;
}
