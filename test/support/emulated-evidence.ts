// A whole evidence bundle of a room that does not exist: emulated processor and utility VM, a generated policy that pins
// the contract, runtime data, and a receipt. Keys are made at run time.

import { createHash, createPublicKey, type KeyObject } from 'node:crypto';

import { freshKeyPairSync } from '../../src/lib/keys/fresh-key.js';
import { type Anchors, parseAnchors } from '../../src/lib/attestation/anchors.js';
import { nodeSignatureCrypto } from '../../src/lib/attestation/crypto/node-crypto.js';
import { defaultExpectations } from '../../src/lib/attestation/expectations.js';
import type { Check } from '../../src/lib/base/verdict/check.js';
import { piecesOfBundle } from '../../src/lib/evidence/evidence-pieces.js';
import type { KnownPlace } from '../../src/lib/evidence/receipt-places.js';
import type { SealedBlobKeys } from '../../src/lib/evidence/receipt-keys.js';
import { verificationPlan } from '../../src/lib/evidence/verification-plan.js';
import { type VerifiedFile, verifyPieces } from '../../src/lib/evidence/verify-evidence-file.js';
import { type EvidenceBundle } from '../../src/lib/evidence/evidence-bundle.js';
import type { Receipt, ReceiptInput } from '../../src/lib/evidence/receipt.js';
import { signReceipt } from '../../src/lib/room/sign-receipt.js';
import { buildRoomRuntimeData } from '../../src/lib/evidence/room-runtime-data.js';
import { generateContractPolicy } from '../../src/lib/cce-policy/generate/contract-policy.js';
import { type ParsedContract } from '../../src/lib/contract/check.js';
import type { PublicKeyJwk } from '../../src/lib/contract/schema.js';
import type { AmdProcessor, ReportOptions } from '../../src/lib/emulator/amd/authority.js';
import { renderAnchors } from '../../src/lib/emulator/anchors.js';
import type { UtilityVm } from '../../src/lib/emulator/uvm/authority.js';
import type { MeasuredImage } from '../../src/lib/cce-policy/measured-image.js';
import { sha256Hex } from '../../src/lib/base/bytes/digest.js';
import { exampleParsedContract } from './contract.js';
import { testProcessor, testUtilityVm } from './emulated-trust.js';

export interface EmulatedRoom {
  readonly anchorsText: string;
  readonly anchors: Anchors;
  readonly contract: ParsedContract;
  readonly policy: string;
  readonly nonce: string;
  readonly receiptKey: KeyObject;
  /** Private half of the TLS key that the runtime data binds. */
  readonly tlsKey: KeyObject;
  /** A good bundle, with the members of `changes` in place of its own. */
  bundle(changes?: Partial<EvidenceBundle>): EvidenceBundle;
  /** A report of this room's processor over `runtimeData` and the policy. */
  report(runtimeData: string, policy?: string, options?: ReportOptions): Uint8Array;
  /** Runtime data that binds another nonce or contract. */
  runtimeData(changes?: { readonly nonce?: string; readonly contract?: string }): string;
}

let shared: Promise<EmulatedRoom> | undefined;

/** The room of this process; made once, since its RSA keys take seconds. */
export function emulatedRoom(): Promise<EmulatedRoom> {
  shared ??= makeRoom();
  return shared;
}

/** A room under another contract, of the same processor and utility VM. */
export async function emulatedRoomOf(contract: ParsedContract): Promise<EmulatedRoom> {
  const { anchorsText } = await emulatedRoom();
  return roomOf(await testProcessor(), await testUtilityVm(), anchorsText, contract);
}

async function makeRoom(): Promise<EmulatedRoom> {
  const processor = await testProcessor();
  const utilityVm = await testUtilityVm();
  const anchorsText = renderAnchors({ processors: [processor], utilityVm, attestationServices: [] });
  return roomOf(processor, utilityVm, anchorsText);
}

function roomOf(
  processor: AmdProcessor,
  utilityVm: UtilityVm,
  anchorsText: string,
  contract: ParsedContract = exampleParsedContract(),
): EmulatedRoom {
  const images = new Map(
    contract.contract.room.containers.map(({ name, image }) => [name, measuredImage(image)]),
  );
  const policy = generateContractPolicy({ parsed: contract, tlsRoots: null, images }).text;
  const nonce = 'MDEyMzQ1Njc4OWFiY2RlZg';
  const receiptKey = freshKeyPairSync({ type: 'ec', curve: 'P-256' }).privateKey;
  const tlsKey = freshKeyPairSync({ type: 'ec', curve: 'P-256' }).privateKey;
  const tls = publicJwk(tlsKey);
  const runtimeData: EmulatedRoom['runtimeData'] = (changes = {}) =>
    new TextDecoder().decode(
      buildRoomRuntimeData({
        nonce: changes.nonce ?? nonce,
        tls,
        receipt: publicJwk(receiptKey),
        contract: (changes.contract ?? contract.digest) as ParsedContract['digest'],
      }),
    );
  const report: EmulatedRoom['report'] = (data, policyText = policy, options = {}) => {
    const guest = processor.launchGuest(utilityVm.measurement, sha256(policyText));
    return processor.signReport(guest, Buffer.concat([sha256(data), Buffer.alloc(32)]), options);
  };
  const good: EvidenceBundle = {
    collected: new Date('2026-11-23T00:00:00Z'),
    report: report(runtimeData()),
    certificates: processor.chain.vcek + processor.chain.ask + processor.chain.ark,
    uvm: utilityVm.endorsement,
    policy,
    runtimeData: runtimeData(),
    contract: contract.contract,
  };
  return {
    anchorsText,
    anchors: parseAnchors(anchorsText),
    contract,
    policy,
    nonce,
    receiptKey,
    tlsKey,
    bundle: (changes = {}) => ({ ...good, ...changes }),
    report,
    runtimeData,
  };
}

/** A receipt by the room that it gave nothing out, about `inputs`. */
export function refusalReceipt(
  room: EmulatedRoom,
  inputs: readonly ReceiptInput[],
  changes: Partial<Receipt> = {},
  signer: KeyObject = room.receiptKey,
): string {
  const receipt: Receipt = {
    v: 2,
    use: 'cleanroom-receipt',
    outcome: 'refused',
    contract: room.contract.digest,
    policy: sha256Hex(room.policy),
    report: sha256Hex(room.bundle().report),
    inputs: [...inputs],
    inputsDigest: null,
    model: null,
    extractiveLimits: null,
    limits: room.contract.contract.summary.limits,
    output: null,
    budget: null,
    causes: null,
    refusal: 'DATASET_TOO_SMALL',
    time: new Date().toISOString(),
    ...changes,
  };
  return signReceipt(receipt, signer).jws;
}

/** Verifies a bundle under the room's own anchors, with the emulation allowed. */
export function verifyUnderOwnAnchors(
  { anchors }: EmulatedRoom,
  bundle: EvidenceBundle,
  {
    sealed,
    further = [],
    required = [],
    knownPlaces = [],
  }: {
    sealed?: readonly SealedBlobKeys[];
    further?: readonly Check[];
    required?: readonly string[];
    knownPlaces?: readonly KnownPlace[];
  } = {},
): Promise<VerifiedFile> {
  const plan = verificationPlan({
    anchors,
    expectations: defaultExpectations(new Date()),
    emulatedAllowed: true,
    required,
    knownPlaces,
    crypto: nodeSignatureCrypto,
    ...(sealed === undefined ? {} : { sealed }),
  });
  return verifyPieces(piecesOfBundle(bundle), plan, further);
}

function publicJwk(key: KeyObject): PublicKeyJwk {
  const { x, y } = createPublicKey(key).export({ format: 'jwk' });
  return { kty: 'EC', crv: 'P-256', x: x!, y: y! };
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

export function measuredImage(reference: string): MeasuredImage {
  const digest = sha256Hex(reference);
  return {
    reference,
    layers: [{ diffId: digest, rootHash: digest, bytes: 1024 }],
    config: {
      architecture: 'amd64',
      os: 'linux',
      entrypoint: ['node', '/app/lib/main.js'],
      cmd: null,
      env: ['PATH=/usr/bin'],
      workingDir: '/app',
      user: '',
      stopSignal: null,
      labels: {},
    },
  };
}
