// A bundle in which every statement but SERVICE, FRESH and LOGGED can be proven offline, and another run's beside it to swap
// pieces with. Keys are made at run time.

import { createPublicKey, type KeyObject } from 'node:crypto';

import { freshKeyPairSync } from '../../src/lib/keys/fresh-key.js';
import { utf8 } from '../../src/lib/base/bytes/arrays.js';
import { sha256Hex } from '../../src/lib/base/bytes/digest.js';
import { checkContract, type ParsedContract } from '../../src/lib/contract/check.js';
import { releasePolicyOf } from '../../src/lib/contract/release-policy/build.js';
import { renderReleasePolicy } from '../../src/lib/contract/release-policy/grammar.js';
import { releasePolicyDigest } from '../../src/lib/contract/release-policy/policy-digest.js';
import { signConsent } from '../../src/lib/keys/sign-consent.js';
import type { EvidenceBundle } from '../../src/lib/evidence/evidence-bundle.js';
import { inputsDigest, type Receipt, type ReceiptInput } from '../../src/lib/evidence/receipt.js';
import { signReceipt } from '../../src/lib/room/sign-receipt.js';
import { encodeClosing, encodeEntry } from '../../src/lib/room/budget/entry.js';
import { signSealStatement } from '../../src/lib/sealed-blob/statement/sign-seal-statement.js';
import { encodeResult } from '../../src/lib/summarizer/result-document.js';
import { sealResult } from '../../src/lib/summarizer/sealed-result.js';
import { exampleContract } from './contract.js';
import { type EmulatedRoom, emulatedRoomOf } from './emulated-evidence.js';

export interface WholeRun {
  readonly room: EmulatedRoom;
  readonly bundle: EvidenceBundle;
  /** The sealed result, and the private key of its recipient. */
  readonly sealed: Uint8Array;
  readonly resultKey: KeyObject;
}

const WHEN = new Date('2026-11-20T00:00:00Z');

/** @param text - of the summary: another text makes another run */
export async function wholeRun(text: string, name = 'quarterly-notes'): Promise<WholeRun> {
  const keys = { contoso: ecKey(), fabrikam: ecKey() };
  const result = ecKey();
  const parsed = contractOf(keys, result, name);
  const room = await emulatedRoomOf(parsed);
  const { contract, digest } = parsed;
  const key = `https://fabrikam-hsm.managedhsm.azure.net/keys/quarterly-notes/${sha256Hex(text).slice(0, 32)}`;
  const input: ReceiptInput = {
    dataset: 'notes',
    owner: 'fabrikam',
    kind: 'text',
    version: '1',
    header: sha256Hex(`header ${text}`),
    payload: sha256Hex(`payload ${text}`),
    key,
  };
  const inputs = inputsDigest([input]);
  const document = encodeResult(
    {
      v: 2,
      use: 'cleanroom-result',
      contract: digest,
      inputs,
      method: 'extractive',
      summary: { text },
      documents: [],
      checks: [],
      salt: 'salt',
    },
    900,
  );
  const { x, y } = createPublicKey(result).export({ format: 'jwk' });
  const sealed = utf8(await sealResult(document, [{ kty: 'EC', crv: 'P-256', x: x!, y: y! }]));
  const output = { digest: sha256Hex(document), sealed: sha256Hex(sealed) };
  const good = room.bundle();
  const receipt: Receipt = {
    v: 2,
    use: 'cleanroom-receipt',
    outcome: 'released',
    contract: digest,
    policy: sha256Hex(room.policy),
    report: sha256Hex(good.report),
    inputs: [input],
    inputsDigest: inputs,
    model: { digest: null },
    limits: contract.summary.limits,
    extractiveLimits: contract.summary.extractiveLimits ?? null,
    output,
    budget: { used: 1, of: 1 },
    causes: null,
    refusal: null,
    time: WHEN.toISOString(),
  };
  const policy = renderReleasePolicy(releasePolicyOf(contract, sha256Hex(room.policy)));
  const seal = await signSealStatement(
    {
      contract: digest,
      dataset: 'notes',
      version: '1',
      key,
      header: { sha256: input.header, bytes: 400 },
      payload: { sha256: input.payload, bytes: 4000 },
      releasePolicy: { sha256: releasePolicyDigest(policy), immutable: true },
      iat: 1_790_000_000,
    },
    keys.fabrikam,
  );
  const place = { contract: digest, place: 1, inputs };
  const mac = new Uint8Array(32).fill(1);
  const bundle: EvidenceBundle = {
    ...good,
    consents: [
      await signConsent(parsed, 'contoso', keys.contoso, WHEN),
      await signConsent(parsed, 'fabrikam', keys.fabrikam, WHEN),
    ],
    receipts: [signReceipt(receipt, room.receiptKey).jws],
    seals: [seal],
    releasePolicies: [{ key, policy }],
    budget: [encodeEntry(mac, place), encodeClosing(mac, place, output.digest)].map((bytes) =>
      new TextDecoder().decode(bytes),
    ),
  };
  return { room, bundle, sealed, resultKey: result };
}

function ecKey(): KeyObject {
  return freshKeyPairSync({ type: 'ec', curve: 'P-256' }).privateKey;
}

function contractOf(
  keys: Readonly<Record<string, KeyObject>>,
  result: KeyObject,
  name: string,
): ParsedContract {
  const example = exampleContract();
  const jwk = (key: KeyObject): object => {
    const { x, y } = createPublicKey(key).export({ format: 'jwk' });
    return { kty: 'EC', crv: 'P-256', x, y };
  };
  return checkContract({
    ...example,
    name,
    parties: example.parties.map((party) => ({
      ...party,
      contractKey: jwk(keys[party.id]!),
      ...(party.id === 'contoso' ? { resultKey: jwk(result) } : {}),
    })),
  });
}
