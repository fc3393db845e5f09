// A room's sidecar for tests: the local Azure's own on a chip of the local Azure. It releases keys of a list, not of a vault,
// since a release costs 0.2 s of a processor: sidecar-releases.test.ts holds these answers to those of the vault.

import type { KeyObject } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { toBase64 } from '../../../src/lib/base/bytes/base64.js';
import { utf8 } from '../../../src/lib/base/bytes/arrays.js';
import { sha256 } from '../../../src/lib/base/bytes/digest.js';
import type { AmdProcessor } from '../../../src/lib/emulator/amd/authority.js';
import { PSP_DEVICE_NAME, type PspDevice, servePspDevice } from '../../../src/lib/emulator/amd/psp-device.js';
import { serveWire } from '../../../src/lib/emulator/http/serve.js';
import type { WireHandler, WireRequest, WireResponse } from '../../../src/lib/emulator/http/wire.js';
import { readConfig } from '../../../src/lib/emulator/sidecar/config.js';
import { ERROR_STRING } from '../../../src/lib/emulator/sidecar/constants.js';
import { initialCertificates } from '../../../src/lib/emulator/sidecar/evidence.js';
import { goResponse } from '../../../src/lib/emulator/sidecar/go-json.js';
import { createSidecarHandler } from '../../../src/lib/emulator/sidecar/handler.js';
import type { UtilityVm } from '../../../src/lib/emulator/uvm/authority.js';
import { securityContextFiles } from '../../../src/lib/emulator/uvm/security-context.js';
import { renderReleasedJwk } from '../../../src/lib/room/key-release/released-key.js';
import { testProcessor, testUtilityVm } from '../emulated-trust.js';

/** `vault/name/version` to the key that is released; a text is the error of a refusal. */
export type ReleasedKeys = Map<string, KeyObject | string>;

export interface RoomSidecar {
  readonly port: number;
  /** Of the guest from the next report on. */
  hostData: Uint8Array;
  readonly keys: ReleasedKeys;
  /** Every release that was asked for. */
  readonly asked: { readonly authority: string; readonly vault: string; readonly key: string }[];
  /** Answers instead of the sidecar, where set. */
  override: ((request: WireRequest) => WireResponse | null) | null;
  /** Starts the guest that the sidecar is in, under this policy; its security context is written to `directory`. */
  launch(directory: string, policy: string): Promise<void>;
  close(): Promise<void>;
}

/** Listens at once, so that a contract can name the port; answers once it is launched. */
export async function startRoomSidecar(): Promise<RoomSidecar> {
  let device: PspDevice | null = null;
  let own: WireHandler = () => Promise.resolve({ status: 503 });
  const server = await serveWire(
    async (request) => sidecar.override?.(request) ?? releaseOf(sidecar, request) ?? own(request),
    { port: 0, tls: null },
  );
  const sidecar: RoomSidecar = {
    port: server.port,
    hostData: new Uint8Array(32),
    keys: new Map(),
    asked: [],
    override: null,
    launch: async (directory, policy) => {
      sidecar.hostData = sha256(policy);
      device = await startGuest(directory, policy, () => sidecar.hostData);
      const config = await readConfig({ UVM_SECURITY_CONTEXT_DIR: directory });
      own = createSidecarHandler({ config, certificates: await initialCertificates(config) });
    },
    close: async () => {
      await server.close();
      await device?.close();
    },
  };
  return sidecar;
}

/* The chip and the utility VM of every room of a test process. */
let machine: Promise<readonly [AmdProcessor, UtilityVm]> | undefined;

async function startGuest(directory: string, policy: string, hostData: () => Uint8Array): Promise<PspDevice> {
  const [processor, utilityVm] = await (machine ??= Promise.all([testProcessor(), testUtilityVm()]));
  const files = securityContextFiles(toBase64(utf8(policy)), processor, utilityVm);
  for (const [name, content] of Object.entries(files)) await writeFile(join(directory, name), content);
  return servePspDevice(join(directory, PSP_DEVICE_NAME), (reportData) =>
    processor.signReport(processor.launchGuest(utilityVm.measurement, hostData()), reportData, {}),
  );
}

/* What needs a service outside of the room; the rest, and what is malformed, is the sidecar's own to answer. */
function releaseOf({ keys, asked }: RoomSidecar, request: WireRequest): WireResponse | null {
  if (request.path === '/attest/maa')
    return goResponse(403, { error: failure('attestation failed', 'no service here') }, { token: '' });
  const fields = request.path === '/key/release' ? fieldsOf(request) : {};
  const { maa_endpoint: authority = '', akv_endpoint: vault = '', kid: key = '' } = fields;
  if (authority === '' || vault === '' || key === '') return null;
  asked.push({ authority, vault, key });
  return releaseFrom(keys, vault, key);
}

/** The answer to a well-formed request for a key. */
export function releaseFrom(keys: ReleasedKeys, vault: string, key: string): WireResponse {
  const found = keys.get(`${vault}/${key}`) ?? 'KeyNotFound: status equal to 404';
  if (typeof found === 'string')
    return goResponse(403, { error: failure('secure key release failed', found) });
  const jwk = Object.entries(JSON.parse(renderReleasedJwk(found, ['decrypt'])) as Record<string, unknown>);
  return goResponse(200, {
    key: JSON.stringify(Object.fromEntries(jwk.sort(([a], [b]) => (a < b ? -1 : 1)))),
  });
}

function fieldsOf({ body }: WireRequest): Record<string, string> {
  try {
    return JSON.parse(Buffer.from(body).toString('utf8')) as Record<string, string>;
  } catch {
    return {};
  }
}

function failure(what: string, why: string): string {
  return `${what}\n${ERROR_STRING}: ${why}`;
}
