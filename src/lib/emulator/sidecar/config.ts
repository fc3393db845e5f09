// What the sidecar is started with: environment variables, and the security context of the guest (skr).

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';

import * as v from 'valibot';

import { decodeUtf8 } from '../../base/bytes/arrays.js';
import { fromBase64, fromBase64Url } from '../../base/bytes/base64.js';
import { parseStrictJson } from '../../base/bytes/strict-json.js';
import { TLS_ROOTS_VARIABLE } from '../../contract/room-plan.js';
import { PSP_DEVICE_NAME } from '../amd/psp-device.js';
import { ARGUMENTS_VARIABLE, DEFAULT_PORT, PORT_VARIABLE, SECURITY_CONTEXT_VARIABLE } from './constants.js';

const Arguments = v.looseObject({
  certcache: v.optional(
    v.looseObject({ endpoint_type: v.optional(v.string()), endpoint: v.optional(v.string()) }),
  ),
  identity: v.optional(v.looseObject({ client_id: v.optional(v.string()) })),
  maaconfig: v.optional(v.looseObject({ user_agent: v.optional(v.string()) })),
});

export interface SidecarConfig {
  readonly port: number;
  /** Where certificates are fetched when the chip's firmware has moved on; null: nowhere. */
  readonly certificateCache: string | null;
  /** Client id of the managed identity; null: the group's only one. */
  readonly identityClientId: string | null;
  readonly userAgent: string;
  /** PEM: the system's roots, and those of the environment. */
  readonly tlsRoots: readonly string[];
  /** Path of the PSP's socket. */
  readonly pspDevice: string;
  readonly securityContext: SecurityContext;
}

/** The guest agent's files as text; empty where a file is missing. */
export interface SecurityContext {
  readonly policy: string;
  readonly hostCertificates: string;
  readonly referenceInfo: string;
}

/** Reads the configuration. @throws Error naming what is wrong; the sidecar exits on it. */
export async function readConfig(environment: NodeJS.ProcessEnv): Promise<SidecarConfig> {
  const directory = environment[SECURITY_CONTEXT_VARIABLE];
  if (directory === undefined) throw new Error(`${SECURITY_CONTEXT_VARIABLE} is not set`);
  const { certcache, identity, maaconfig } = readArguments(environment[ARGUMENTS_VARIABLE] ?? '');
  return {
    port: readPort(environment[PORT_VARIABLE]),
    certificateCache: readCertificateCache(certcache),
    identityClientId: identity?.client_id ?? null,
    userAgent: maaconfig?.user_agent ?? 'ConfidentialSkrContainer',
    tlsRoots: [...rootCertificates, ...readExtraRoots(environment[TLS_ROOTS_VARIABLE])],
    pspDevice: join(directory, PSP_DEVICE_NAME),
    securityContext: await readSecurityContext(directory, environment),
  };
}

function readArguments(text: string): v.InferOutput<typeof Arguments> {
  if (text === '') return {};
  const json = decodeUtf8(fromBase64(text.replace(/[\r\n]/g, '')) ?? new Uint8Array([0xff]));
  if (json === null) throw new Error(`${ARGUMENTS_VARIABLE} is not base64`);
  return v.parse(Arguments, parseStrictJson(json));
}

function readPort(text: string | undefined): number {
  if (text === undefined || text === '') return DEFAULT_PORT;
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new Error(`${PORT_VARIABLE} is no port`);
  return port;
}

/* An endpoint without a type is an error; the stand-in knows the local one only. */
function readCertificateCache(cache: v.InferOutput<typeof Arguments>['certcache']): string | null {
  const endpoint = cache?.endpoint ?? '';
  if (endpoint === '') return null;
  if (cache?.endpoint_type !== 'LocalTHIM')
    throw new Error(`certcache.endpoint_type ${cache?.endpoint_type ?? '(none)'} is not LocalTHIM`);
  return endpoint;
}

function readExtraRoots(text: string | undefined): readonly string[] {
  if (text === undefined || text === '') return [];
  const pem = decodeUtf8(fromBase64Url(text) ?? new Uint8Array([0xff]));
  const certificates = pem?.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g);
  if (certificates === null || certificates === undefined)
    throw new Error(`${TLS_ROOTS_VARIABLE} is not the base64url of PEM certificates`);
  return certificates;
}

/* Without reference info all three come from the environment, as in the original. */
async function readSecurityContext(
  directory: string,
  environment: NodeJS.ProcessEnv,
): Promise<SecurityContext> {
  const read = (name: string): Promise<string> => readFile(join(directory, name), 'utf8').catch(() => '');
  const referenceInfo = await read('reference-info-base64');
  if (referenceInfo === '')
    return {
      policy: environment['UVM_SECURITY_POLICY'] ?? '',
      hostCertificates: environment['UVM_HOST_AMD_CERTIFICATE'] ?? '',
      referenceInfo: environment['UVM_REFERENCE_INFO'] ?? '',
    };
  return {
    policy: await read('security-policy-base64'),
    hostCertificates: await read('host-amd-cert-base64'),
    referenceInfo,
  };
}
