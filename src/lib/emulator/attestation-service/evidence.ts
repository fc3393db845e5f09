// The body of an attest request: three nested layers of base64url (MAA).

import { decodeUtf8 } from '../../base/bytes/arrays.js';
import { fromAnyBase64 } from '../../base/bytes/base64.js';
import { parseStrictJson, StrictJsonError } from '../../base/bytes/strict-json.js';
import { AzureError } from '../http/azure-error.js';
import { asObject, asStringList, type JsonObject } from '../http/messages.js';

export interface AttestRequest {
  readonly report: Uint8Array;
  /** PEM text: VCEK, ASK, ARK. */
  readonly certificates: Uint8Array;
  /** COSE_Sign1; null where the request has no endorsements. */
  readonly uvm: Uint8Array | null;
  /** The bytes that REPORT_DATA is the hash of. */
  readonly runtimeData: Uint8Array;
  /** The runtime data's JSON object; null for binary data. */
  readonly runtimeClaims: JsonObject | null;
  /** As text: a number of up to 64 bits does not fit a JavaScript number. */
  readonly nonce: string | null;
}

/** Reads an attest request. @throws AzureError 400 InvalidParameter */
export function parseAttestRequest(body: Uint8Array): AttestRequest {
  const text = decodeUtf8(body) ?? '';
  const request = parseObject(text, 'The request');
  const report = parseObject(decodeText(request['report'], 'report'), 'report');
  const runtime = asObject(request['runtimeData']);
  if (runtime === null) throw invalidParameter('runtimeData is missing.');
  const runtimeData = decodeBytes(runtime['data'], 'runtimeData.data');
  return {
    report: decodeBytes(report['SnpReport'], 'SnpReport'),
    certificates: decodeBytes(report['VcekCertChain'], 'VcekCertChain'),
    uvm: readEndorsement(report),
    runtimeData,
    runtimeClaims: readRuntimeClaims(runtime['dataType'], runtimeData),
    nonce: readNonce(request, text),
  };
}

function readEndorsement(report: JsonObject): Uint8Array | null {
  if (report['Endorsements'] === undefined || report['Endorsements'] === '') return null;
  const endorsements = parseObject(decodeText(report['Endorsements'], 'Endorsements'), 'Endorsements');
  const [first] = asStringList(endorsements['Uvm']) ?? [];
  return first === undefined ? null : decodeBytes(first, 'Uvm');
}

function readRuntimeClaims(dataType: JsonObject[string], data: Uint8Array): JsonObject | null {
  if (dataType === 'Binary') return null;
  if (dataType !== 'JSON') throw invalidParameter('runtimeData.dataType is neither JSON nor Binary.');
  return parseObject(decodeUtf8(data) ?? '', 'runtimeData');
}

/* Base64url members cannot hold a quotation mark: the one `"nonce":` in the text is the request's own. */
function readNonce(request: JsonObject, text: string): string | null {
  const nonce = request['nonce'];
  if (nonce === undefined || nonce === null) return null;
  if (typeof nonce === 'string') return nonce;
  const digits = /"nonce"\s*:\s*(\d{1,20})\s*[,}]/.exec(text)?.[1];
  if (typeof nonce !== 'number' || digits === undefined)
    throw invalidParameter('nonce is not a whole number.');
  return digits;
}

function parseObject(text: string, name: string): JsonObject {
  try {
    const value = asObject(parseStrictJson(text));
    if (value !== null) return value;
  } catch (cause) {
    if (!(cause instanceof StrictJsonError)) throw cause;
  }
  throw invalidParameter(`${name} is not a JSON object.`);
}

function decodeText(value: JsonObject[string], name: string): string {
  const text = decodeUtf8(decodeBytes(value, name));
  if (text === null) throw invalidParameter(`${name} is not UTF-8.`);
  return text;
}

function decodeBytes(value: JsonObject[string], name: string): Uint8Array {
  const bytes = typeof value === 'string' ? fromAnyBase64(value) : null;
  if (bytes === null) throw invalidParameter(`${name} is missing or not base64url.`);
  return bytes;
}

/** Azure Attestation's refusal of evidence (LEARN: troubleshooting guide). */
export function invalidParameter(message: string): AzureError {
  return new AzureError(400, 'InvalidParameter', message);
}
