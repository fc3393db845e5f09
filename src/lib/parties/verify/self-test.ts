// The shipped vectors, run by this very program: attacks have to be refused for their stated reasons, genuine evidence
// accepted. templates/self-test.json holds them (real hardware bytes and changes to them).

import * as v from 'valibot';

import { fromBase64 } from '../../base/bytes/base64.js';
import { parseStrictJson } from '../../base/bytes/strict-json.js';
import { parseAnchors, PINNED_ANCHORS } from '../../attestation/anchors.js';
import { nodeSignatureCrypto } from '../../attestation/crypto/node-crypto.js';
import { defaultExpectations, parseAppraisal } from '../../attestation/expectations.js';
import { parseServiceKeys } from '../../attestation/maa/key-set.js';
import { verificationPlan } from '../../evidence/verification-plan.js';
import { verifyPieces } from '../../evidence/verify-evidence-file.js';

const Case = v.strictObject({
  name: v.string(),
  /** Part to the name of a blob. */
  parts: v.record(
    v.picklist(['report', 'endorsements', 'uvm', 'policy', 'runtimeData', 'token', 'jwks']),
    v.string(),
  ),
  /** Blob with an anchors file; the pinned anchors if absent. */
  anchors: v.optional(v.string()),
  options: v.record(v.string(), v.unknown()),
  reasons: v.array(v.string()),
});

/** The form of templates/self-test.json: blobs in base64, each stored once. */
export const SelfTestSchema = v.strictObject({
  version: v.literal(1),
  blobs: v.record(v.string(), v.string()),
  cases: v.array(Case),
});

export interface SelfTestResult {
  readonly attacks: number;
  readonly attacksRefused: number;
  readonly genuine: number;
  readonly genuineAccepted: number;
  /** Names of the cases that did not come out as stated. */
  readonly wrong: readonly string[];
}

/** Runs every case of the file's text. */
export async function runSelfTest(text: string): Promise<SelfTestResult> {
  const { blobs, cases } = v.parse(SelfTestSchema, parseStrictJson(text));
  const wrong: string[] = [];
  for (const item of cases) {
    if (!(await comesOutAsStated(item, blobs))) wrong.push(item.name);
  }
  const attacks = cases.filter((item) => item.reasons.length > 0);
  const genuine = cases.filter((item) => item.reasons.length === 0);
  const right = (list: typeof cases): number => list.filter((item) => !wrong.includes(item.name)).length;
  return {
    attacks: attacks.length,
    attacksRefused: right(attacks),
    genuine: genuine.length,
    genuineAccepted: right(genuine),
    wrong,
  };
}

async function comesOutAsStated(
  { parts, anchors, options, reasons }: v.InferOutput<typeof Case>,
  blobs: Readonly<Record<string, string>>,
): Promise<boolean> {
  const bytes = (name: string): Uint8Array => fromBase64(blobs[name] ?? '') ?? new Uint8Array();
  const { token, jwks, ...raw } = parts;
  const text = (name: string): string => new TextDecoder().decode(bytes(name));
  const { verdict, checks } = await verifyPieces(
    {
      form: 'pieces',
      parts: Object.fromEntries(Object.entries(raw).map(([part, name]) => [part, bytes(name)])),
      ...(token === undefined ? {} : { token: text(token) }),
    },
    verificationPlan({
      ...(parts.report !== undefined && parts.uvm === undefined ? { scope: 'report' as const } : {}),
      anchors: anchors === undefined ? PINNED_ANCHORS : parseAnchors(text(anchors)),
      expectations: parseAppraisal(JSON.stringify(options), defaultExpectations(new Date(0))),
      tokenKeys: jwks === undefined ? null : parseServiceKeys(parseStrictJson(text(jwks))),
      emulatedAllowed: anchors !== undefined,
      crypto: nodeSignatureCrypto,
    }),
  );
  const failed = checks.filter((check) => check.status === 'fail').map((check) => check.id);
  // The cases ask one floor of the reported firmware; it holds at launch too.
  const named = failed.filter((id) => id !== 'LAUNCH_TCB');
  const asStated = named.toSorted().join() === reasons.toSorted().join();
  return asStated && verdict === (reasons.length === 0 ? 'accepted' : 'refused');
}
