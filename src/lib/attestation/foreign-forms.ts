// Evidence in other people's containers. Each form is known by its own members; what fits none, or two, is refused.

import * as v from 'valibot';

import { decodeUtf8, utf8 } from '../base/bytes/arrays.js';
import { fromAnyBase64, fromBase64 } from '../base/bytes/base64.js';
import { hasCompactForm } from '../base/bytes/compact-jws.js';
import { fromHex } from '../base/bytes/hex.js';
import { parseStrictJson, StrictJsonError } from '../base/bytes/strict-json.js';
import { CleanroomError } from '../base/errors.js';
import type { EvidenceParts } from './parse-evidence.js';
import { REPORT_BYTES } from './snp/report.js';

export type EvidenceForm =
  | 'snp-report'
  | 'sidecar-raw'
  | 'sidecar-combined'
  | 'sidecar-maa'
  | 'ccf-evidence'
  | 'thim'
  | 'maa-request'
  | 'uvm-endorsement'
  | 'attestation-token';

/** The parts found, with the form they came in. A part that does not decode is kept as bytes that will not parse. */
export interface RecognizedEvidence {
  readonly form: EvidenceForm;
  readonly parts: EvidenceParts;
  readonly token?: string;
}

const Combined = v.strictObject({
  evidence: v.string(),
  endorsements: v.string(),
  uvm_endorsements: v.string(),
  endorsed_tcb: v.optional(v.string()),
});
const Raw = v.strictObject({
  report: v.pipe(
    v.string(),
    v.check((text) => fromHex(text) !== null),
  ),
});
const Token = v.strictObject({ token: v.string() });
const Thim = v.looseObject({ vcekCert: v.string(), certificateChain: v.string() });
const RuntimeData = v.looseObject({ data: v.string(), dataType: v.optional(v.string()) });
const MaaRequest = v.looseObject({ report: v.string(), runtimeData: v.optional(RuntimeData) });
const MaaReport = v.looseObject({
  SnpReport: v.string(),
  VcekCertChain: v.string(),
  Endorsements: v.optional(v.string()),
});
const MaaEndorsements = v.looseObject({ Uvm: v.pipe(v.array(v.string()), v.length(1)) });

/* No known form has more than a few members. */
const LIMITS = { maxMembers: 10_000 };

/**
 * Recognises a file: SKR sidecar answers (`/attest/raw`, `/attest/combined`, `/attest/maa`), CCF evidence JSON, THIM
 * JSON (also as `host-amd-cert-base64`), MAA request body, a UVM endorsement (also as `reference-info-base64`), a bare
 * token, and a report as bytes, hex or base64.
 *
 * @returns the form and its parts, or null if the bytes are in none of these forms.
 */
export function recognizeEvidence(bytes: Uint8Array): RecognizedEvidence | null {
  const binary = recognizeBinary(bytes);
  if (binary !== null) return binary;
  const text = decodeUtf8(bytes)?.trim();
  if (text === undefined) return null;
  if (text.startsWith('{')) return recognizeJson(text);
  if (hasCompactForm(text)) return { form: 'attestation-token', parts: {}, token: text };
  return recognizeDump(text);
}

function recognizeBinary(bytes: Uint8Array): RecognizedEvidence | null {
  if (bytes.length === REPORT_BYTES && bytes[1] === 0 && bytes[2] === 0 && bytes[3] === 0) {
    return { form: 'snp-report', parts: { report: bytes } };
  }
  const taggedSign1 = bytes[0] === 0xd2 && bytes[1] === 0x84;
  return taggedSign1 ? { form: 'uvm-endorsement', parts: { uvm: bytes } } : null;
}

/* What people paste: hex or base64, with line breaks. */
function recognizeDump(text: string): RecognizedEvidence | null {
  const compact = text.replace(/\s/g, '');
  const decoded = fromHex(compact) ?? fromAnyBase64(compact);
  if (decoded === null || decoded.length === 0) return null;
  const binary = recognizeBinary(decoded);
  if (binary !== null) return binary;
  const inner = decodeUtf8(decoded);
  return inner?.startsWith('{') === true ? recognizeJson(inner) : null;
}

function recognizeJson(text: string): RecognizedEvidence | null {
  let value: unknown;
  try {
    value = parseStrictJson(text, LIMITS);
  } catch (cause) {
    if (!(cause instanceof StrictJsonError)) throw cause;
    throw new CleanroomError('EVIDENCE_MALFORMED', `the evidence cannot be read: ${cause.message}`, {
      cause,
    });
  }
  if (v.is(Combined, value)) return combined(value);
  if (v.is(Raw, value))
    return { form: 'sidecar-raw', parts: { report: fromHex(value.report) ?? new Uint8Array() } };
  if (v.is(Token, value)) return { form: 'sidecar-maa', parts: {}, token: value.token };
  if (v.is(Thim, value)) return { form: 'thim', parts: { endorsements: utf8(text) } };
  if (v.is(MaaRequest, value)) return maaRequest(value);
  return null;
}

/* The sidecar and CCF write the same members; CCF's endorsements may hold THIM JSON instead of PEM. */
function combined(value: v.InferOutput<typeof Combined>): RecognizedEvidence {
  return {
    form: value.endorsed_tcb === undefined ? 'ccf-evidence' : 'sidecar-combined',
    parts: {
      report: standard(value.evidence),
      endorsements: standard(value.endorsements),
      ...(value.uvm_endorsements === '' ? {} : { uvm: standard(value.uvm_endorsements) }),
    },
  };
}

/* `report` is base64url of JSON, and `Endorsements` in it base64url of JSON again (MAA). */
function maaRequest(value: v.InferOutput<typeof MaaRequest>): RecognizedEvidence | null {
  const report = nested(MaaReport, value.report);
  if (report === null) return null;
  const uvm = report.Endorsements === undefined ? null : nested(MaaEndorsements, report.Endorsements);
  const [endorsement] = uvm?.Uvm ?? [];
  return {
    form: 'maa-request',
    parts: {
      report: anyAlphabet(report.SnpReport),
      endorsements: anyAlphabet(report.VcekCertChain),
      ...(report.Endorsements === undefined ? {} : { uvm: anyAlphabet(endorsement ?? '') }),
      ...(value.runtimeData === undefined ? {} : { runtimeData: anyAlphabet(value.runtimeData.data) }),
    },
  };
}

function nested<T>(schema: v.GenericSchema<unknown, T>, text: string): T | null {
  const decoded = fromAnyBase64(text);
  const json = decoded === null ? null : decodeUtf8(decoded);
  if (json === null) return null;
  try {
    const outcome = v.safeParse(schema, parseStrictJson(json, LIMITS));
    return outcome.success ? outcome.output : null;
  } catch (cause) {
    if (cause instanceof StrictJsonError) return null;
    throw cause;
  }
}

function standard(text: string): Uint8Array {
  return fromBase64(text.replace(/[\r\n]/g, '')) ?? new Uint8Array();
}

function anyAlphabet(text: string): Uint8Array {
  return fromAnyBase64(text) ?? new Uint8Array();
}
