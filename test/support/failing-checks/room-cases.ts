// A failing case for each check of what a room’s evidence brings besides: one whole bundle, with one thing wrong in each case.

import type { ROOM_CHECKS } from '../../../src/lib/attestation/checks/room-checks.js';
import { nodeSignatureCrypto } from '../../../src/lib/attestation/crypto/node-crypto.js';
import { utf8 } from '../../../src/lib/base/bytes/arrays.js';
import { sha256Hex } from '../../../src/lib/base/bytes/digest.js';
import { checkContract } from '../../../src/lib/contract/check.js';
import type { EvidenceBundle } from '../../../src/lib/evidence/evidence-bundle.js';
import { piecesOfBundle } from '../../../src/lib/evidence/evidence-pieces.js';
import { parseReceipt, type Receipt } from '../../../src/lib/evidence/receipt.js';
import { recordKeys } from '../../../src/lib/evidence/key-statements.js';
import { CheckLog } from '../../../src/lib/attestation/check-log.js';
import { readOwnerSeals } from '../../../src/lib/evidence/owner-seals.js';
import type { VerifierInput } from '../../../src/lib/evidence/verifier-plan.js';
import { freshKeyPairSync } from '../../../src/lib/keys/fresh-key.js';
import { signReceipt } from '../../../src/lib/room/sign-receipt.js';
import { releasePolicyDigest } from '../../../src/lib/contract/release-policy/policy-digest.js';
import type { Check } from '../../../src/lib/base/verdict/check.js';
import { exampleContract } from '../contract.js';
import { wholeRun, type WholeRun } from '../whole-bundle.js';
import { signedTwice, unsigned } from './agreement-cases.js';
import { type CasesOf, checksOf, type FailingCase } from './failing-case.js';
import { attested } from './hsm-cases.js';
import { logged } from './log-cases.js';
import { received } from './received-cases.js';

let made: Promise<readonly [WholeRun, WholeRun]> | undefined;
/* One run, and another under another contract. */
const runs = (): Promise<readonly [WholeRun, WholeRun]> =>
  (made ??= Promise.all([wholeRun('one line'), wholeRun('another line', 'other-notes')]));

interface Wrong {
  readonly bundle?: (run: WholeRun, other: WholeRun) => Partial<EvidenceBundle>;
  /** The verifier's own, which is good but for this. */
  readonly own?: (run: WholeRun) => Partial<VerifierInput>;
}

async function judged({ bundle = () => ({}), own = () => ({}) }: Wrong): Promise<readonly Check[]> {
  const [run, other] = await runs();
  const { anchors, contract } = run.room;
  return checksOf(piecesOfBundle({ ...run.bundle, ...bundle(run, other) }), {
    anchors,
    contract,
    ...own(run),
  });
}

const wrong = (name: string, what: Wrong): FailingCase => ({ name, fails: () => judged(what) });
const open = (name: string, neverFails: string, what: Wrong): FailingCase => ({
  name,
  neverFails,
  skips: () => judged(what),
});

const receiptOf = ({ bundle: { receipts } }: WholeRun): Receipt => parseReceipt(receipts![0]!).receipt;
const withReceipt =
  (change: (receipt: Receipt) => Partial<Receipt>) =>
  (run: WholeRun): Partial<EvidenceBundle> => {
    const own = receiptOf(run);
    return { receipts: [signReceipt({ ...own, ...change(own) }, run.room.receiptKey).jws] };
  };

export const ROOM_CASES: CasesOf<typeof ROOM_CHECKS> = {
  TRUST_ROOTS: wrong('roots that vouch for no hardware', { own: () => ({ emulatedAllowed: false }) }),
  ROOM_DATA: wrong('runtime data of another workload', {
    bundle: () => ({ runtimeData: '{"nonce":"MDEy"}' }),
  }),
  ANCHORS_CONTRACT: wrong('a contract of another local Azure', {
    own: () => {
      const digest = `sha256:${'ab'.repeat(32)}`;
      const trust = { emulated: { anchors: digest, tlsRoots: digest } };
      return { contract: checkContract({ ...exampleContract(), trust }) };
    },
  }),
  CONTRACT_FORM: wrong('a contract that is none', { bundle: () => ({ contract: { version: 1 } }) }),
  CONTRACT_EXPECTED: wrong('another contract than the verifier’s', {
    bundle: (_run, other) => ({ contract: other.bundle.contract! }),
  }),
  CONTRACT_ROOM: wrong('a room that keeps another contract', {
    own: () => ({ contract: checkContract({ ...exampleContract(), name: 'third' }) }),
  }),
  CONTRACT_POLICY: wrong('a policy that pins another contract', {
    bundle: ({ room }) => ({ policy: room.policy.replaceAll(room.contract.digest, '0'.repeat(64)) }),
  }),
  CONSENT_THRESHOLD: { name: 'a contract that nobody has signed', fails: unsigned },
  CONSENT_EQUIVOCATION: { name: 'a party that signed two versions of the contract', fails: signedTwice },
  PROGRAM_KNOWN: wrong('another program than a known one', {
    own: () => ({ judgeProgram: () => ({ kind: 'different', text: 'another program' }) }),
  }),
  KEY_STATED: open(
    'no owner’s word for the key',
    'an owner who says nothing of a key has not lied: KEYS stays unproven',
    { bundle: () => ({ seals: [] }) },
  ),
  KEY_RELEASE_POLICIES: {
    name: 'a release policy that its owner signed and that demands nothing of HOST_DATA',
    fails: () => keys((policy) => policy.replaceAll(/[0-9a-f]{64}/g, '0'.repeat(64)), [true]),
  },
  KEY_IMMUTABLE: {
    name: 'an owner who signed that the release policy can be changed, and that it cannot',
    fails: () => keys((policy) => policy, [true, false]),
  },
  KEY_ATTESTATION: wrong('an attestation that is none', {
    bundle: ({ bundle: { releasePolicies } }) => ({
      releasePolicies: releasePolicies!.map((one) => ({ ...one, keyAttestation: { version: 'MRVL-1' } })),
    }),
  }),
  KEY_ATTESTATION_MAKER: { name: 'a partition of another maker', fails: () => attested('maker') },
  KEY_ATTESTATION_OPERATOR: { name: 'a partition of another operator', fails: () => attested('operator') },
  KEY_ATTESTATION_KEY: { name: 'the attestation of another key', fails: () => attested('key') },
  KEY_ATTESTATION_ORIGIN: {
    name: 'the attestation of an imported key',
    neverFails: 'a key that its owner imported may be used: it is warned of, and proves nothing',
    skips: () => attested('origin'),
  },
  KEY_HARDWARE: { name: 'the attestation of another key', fails: () => attested('key') },
  RECEIPT_SIGNATURE: wrong('a receipt that another key signed', {
    bundle: (run) => {
      const { privateKey } = freshKeyPairSync({ type: 'ec', curve: 'P-256' });
      return { receipts: [signReceipt(receiptOf(run), privateKey).jws] };
    },
  }),
  RECEIPT_CONTRACT: wrong('a receipt about another contract', {
    bundle: withReceipt(() => ({ contract: sha256Hex('another') })),
  }),
  RECEIPT_KEYS: wrong('an input that was opened with another key', {
    bundle: withReceipt(({ inputs }) => ({
      inputs: inputs.map((input) => ({ ...input, key: input.key.replace('fabrikam', 'contoso') })),
    })),
  }),
  RECEIPT_JKT: wrong('a key of another fingerprint than the blob names', {
    bundle: withReceipt(({ inputs }) => ({ inputs: inputs.map((input) => ({ ...input, jkt: 'one' })) })),
    own: (run) => ({
      sealed: receiptOf(run).inputs.map(({ header, key }) => ({
        header,
        recipients: [{ kid: key, jkt: 'another' }],
      })),
    }),
  }),
  RECEIPT_SEALS: open(
    'a text that its owner did not seal',
    'without the owner’s word it is not known whose text it was: RESULT stays unproven',
    { bundle: () => ({ seals: [] }) },
  ),
  RECEIPT_RELEASED: open(
    'the receipt of a run that gave nothing',
    'such a receipt is genuine, and no result: RESULT stays unproven',
    { bundle: withReceipt(() => ({ outcome: 'refused', output: null, refusal: 'NO_RESULT' })) },
  ),
  RECEIPT_BUDGET: wrong('a result past the number that was agreed', {
    bundle: withReceipt(() => ({ budget: { used: 2, of: 1 } })),
  }),
  RECEIPT_ENTRIES: wrong('a budget entry of another run', {
    bundle: (_run, other) => ({ budget: other.bundle.budget! }),
  }),
  RECEIPT_PLACE: wrong('another result in the same place', {
    own: (run) => {
      const { contract, inputsDigest } = receiptOf(run);
      const place = { contract, place: 1, inputs: inputsDigest, output: sha256Hex('another') };
      return { knownPlaces: [{ ...place, from: 'an earlier verdict' }] };
    },
  }),
  RECEIPT_REPORT: { name: 'the receipt of another start', fails: () => received('report') },
  RECEIPT_OUTPUT: { name: 'another text than the receipt’s', fails: () => received('output') },
  RECEIPT_SEALED: { name: 'another file than the receipt’s', fails: () => received('sealed') },
  RECEIPT_INPUTS: { name: 'a text of other inputs', fails: () => received('inputs') },
  LOG_PROOF: wrong('a proof that is none', { bundle: () => ({ logProofs: [utf8('no proof')] }) }),
  LOG_CONTRACT: {
    name: 'a proof of the policy alone',
    neverFails: 'a proof of one entry says nothing of another: LOGGED stays unproven',
    skips: () => logged('policy'),
  },
  LOG_POLICY: {
    name: 'a proof of the contract alone',
    neverFails: 'a proof of one entry says nothing of another: LOGGED stays unproven',
    skips: () => logged('contract'),
  },
  LOG_FRESH: { name: 'a head that is older than demanded', fails: () => logged('contract', 60_000) },
};

/* What an owner signed of its key: which release policy it has, and whether that can be changed. */
async function keys(
  change: (policy: string) => string,
  immutable: readonly boolean[],
): Promise<readonly Check[]> {
  const [run] = await runs();
  const { contract, policy } = run.room;
  const [brought] = run.bundle.releasePolicies!;
  const [seal] = await readOwnerSeals(run.bundle.seals!, contract, nodeSignatureCrypto);
  const changed = { key: brought!.key, policy: change(brought!.policy) };
  const sha256 = releasePolicyDigest(changed.policy);
  const log = new CheckLog();
  recordKeys(
    {
      contract: contract.contract,
      policy,
      receipts: [{ receipt: receiptOf(run), digest: sha256Hex('a receipt') }],
      stated: immutable.map((one) => ({ ...seal!, releasePolicy: { sha256, immutable: one } })),
      brought: [changed],
    },
    log,
  );
  return log.checks();
}
