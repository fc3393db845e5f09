// The sidecar's wire for tests of the room: reports of the real shape without a chip's signature, keys from a list.

import type { KeyObject } from 'node:crypto';

import { fromBase64, toBase64 } from '../../../src/lib/base/bytes/base64.js';
import { sha256 } from '../../../src/lib/base/bytes/digest.js';
import type { WireHandler, WireRequest, WireResponse } from '../../../src/lib/emulator/http/wire.js';
import { renderReleasedJwk } from '../../../src/lib/room/key-release/released-key.js';

export interface SidecarService {
  hostData: Uint8Array;
  /** `vault/name/version` to the key that it releases; a text is the error of a refusal. */
  readonly keys: Map<string, KeyObject | string>;
  /** Every release that was asked for. */
  readonly asked: { readonly authority: string; readonly vault: string; readonly key: string }[];
  /** Answers instead of the service, where set. */
  override: ((request: WireRequest) => WireResponse | null) | null;
  readonly handler: WireHandler;
}

export function createSidecarService(): SidecarService {
  const service: SidecarService = {
    hostData: new Uint8Array(32),
    keys: new Map(),
    asked: [],
    override: null,
    handler: (request) => Promise.resolve(service.override?.(request) ?? answer(service, request)),
  };
  return service;
}

function answer(service: SidecarService, request: WireRequest): WireResponse {
  const body = JSON.parse(Buffer.from(request.body).toString('utf8') || '{}') as Record<string, string>;
  switch (request.path) {
    case '/attest/combined':
      return json(200, {
        evidence: toBase64(
          makeReport(service.hostData, fromBase64(body['runtime_data'] ?? '') ?? new Uint8Array(0)),
        ),
        endorsements: toBase64(new TextEncoder().encode('no certificates\n')),
        endorsed_tcb: '0000000000000000',
        uvm_endorsements: '',
      });
    case '/attest/maa':
      return json(403, { error: 'no attestation service here' });
    case '/key/release':
      return release(service, body);
    default:
      return { status: 404 };
  }
}

function release(service: SidecarService, body: Record<string, string>): WireResponse {
  const { maa_endpoint: authority = '', akv_endpoint: vault = '', kid: key = '' } = body;
  service.asked.push({ authority, vault, key });
  const found = service.keys.get(`${vault}/${key}`) ?? 'KeyNotFound: status equal to 404';
  if (typeof found === 'string') return json(403, { error: found });
  return json(200, { key: renderReleasedJwk(found, ['decrypt']) });
}

/* 1184 bytes: version 3, REPORT_DATA at 0x50, HOST_DATA at 0xc0; nothing else is looked at by a room. */
function makeReport(hostData: Uint8Array, runtimeData: Uint8Array): Uint8Array {
  const report = new Uint8Array(1184);
  report[0] = 3;
  report.set(sha256(runtimeData), 0x50);
  report.set(hostData, 0xc0);
  return report;
}

function json(status: number, value: unknown): WireResponse {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) };
}
