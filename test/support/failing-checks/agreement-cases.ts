// A failing case for each check of what parties sign and send before anything runs.

import type { KeyObject } from 'node:crypto';

import type { AGREEMENT_CHECKS } from '../../../src/lib/attestation/checks/agreement-checks.js';
import type { Check } from '../../../src/lib/base/verdict/check.js';
import { SILENT } from '../../../src/lib/base/progress.js';
import { writeZip } from '../../../src/lib/base/files/zip/write-zip.js';
import { generateContractPolicy } from '../../../src/lib/cce-policy/generate/contract-policy.js';
import { checkContract, type ParsedContract } from '../../../src/lib/contract/check.js';
import type { FoundConsent } from '../../../src/lib/contract/consent.js';
import { releasePolicyOf } from '../../../src/lib/contract/release-policy/build.js';
import { renderReleasePolicy } from '../../../src/lib/contract/release-policy/grammar.js';
import { freshKeyPairSync } from '../../../src/lib/keys/fresh-key.js';
import { generatePartyKey } from '../../../src/lib/keys/party-keys.js';
import { appraiseConsent, signConsent } from '../../../src/lib/keys/sign-consent.js';
import { signTransfer } from '../../../src/lib/parties/agree/party-statement.js';
import type {
  AgreementEvidence,
  AgreementQuestion,
} from '../../../src/lib/parties/before/agreement-evidence.js';
import { judgeAgreement } from '../../../src/lib/parties/before/judge-agreement.js';
import { verifyAgreementFile } from '../../../src/lib/parties/verify/verify-agreement-file.js';
import { agreementEvidence, NOBODY_ASKS, NOT_GIVEN } from '../agreement-evidence.js';
import { contractOfKeys, exampleContract } from '../contract.js';
import { contractValue, parsedContract, roomImages } from '../room-fixture.js';
import type { CasesOf, FailingCase } from './failing-case.js';

const parsed = parsedContract();
const policy = generateContractPolicy({ parsed, tlsRoots: null, images: roomImages() });
const recomputed = { kind: 'read', text: policy.text } as const;
const { id: DATASET, owner: OWNER } = parsed.contract.datasets[0]!;

/* What is at hand is good but for this. */
const before = (
  name: string,
  given: Partial<AgreementEvidence>,
  question: Partial<AgreementQuestion> = {},
): FailingCase => ({
  name,
  fails: () =>
    judgeAgreement(agreementEvidence({ parsed, recomputed, ...given }), { ...NOBODY_ASKS, ...question })
      .checks,
});

const changed = (from: string | RegExp, to: string) =>
  ({ kind: 'read', text: policy.text.replaceAll(from, to) }) as const;
const keyWith = (immutable: boolean, releasePolicy: string): Partial<AgreementEvidence> => ({
  keys: new Map([[DATASET, { kind: 'read', releasePolicy, immutable }]]),
});
const demanded = renderReleasePolicy(releasePolicyOf(parsed.contract, policy.hash));

const uncounted = (id: string, name: string, found: () => Promise<readonly FoundConsent[]>): FailingCase => ({
  name,
  neverFails: `a signature that does not count is listed under ${id}, and CONSENT_THRESHOLD fails where one is missing`,
  skips: async () => appraiseConsent(signable, await found()).checks,
});

const keys: Readonly<Record<string, KeyObject>> = {
  contoso: freshKeyPairSync({ type: 'ec', curve: 'P-256' }).privateKey,
  fabrikam: freshKeyPairSync({ type: 'ec', curve: 'P-256' }).privateKey,
};
const signable = contractOfKeys(keys);
const sign = async (over: ParsedContract, party = 'contoso', key = party): Promise<FoundConsent> => ({
  source: `${party}.jws`,
  jws: await signConsent(over, party, keys[key]!, new Date(0)),
});
const otherVersion = checkContract({ ...signable.contract, consent: { threshold: 1 } });
const otherName = checkContract({ ...signable.contract, name: 'other-notes' });
const withStranger = checkContract({
  ...signable.contract,
  parties: signable.contract.parties.map((party) =>
    party.id === 'fabrikam' ? { ...party, id: 'northwind' } : party,
  ),
  datasets: signable.contract.datasets.map((dataset) => ({ ...dataset, owner: 'northwind' })),
});

/** A contract that nobody has signed. */
export function unsigned(): readonly Check[] {
  return appraiseConsent(signable, []).checks;
}

/** A party that signed two versions of the contract of the same name. */
export async function signedTwice(): Promise<readonly Check[]> {
  return appraiseConsent(signable, [await sign(signable), await sign(otherVersion)]).checks;
}

/** What is at hand where the agreed policy allows everything. */
export function allowingAll(): readonly Check[] {
  const text = ['mount_device', 'mount_overlay', 'create_container']
    .map((point) => `${point} := {"allowed": true}\n`)
    .join('');
  const open = { kind: 'read', text: `package policy\n\napi_version := "0.11.0"\n\n${text}` } as const;
  return judgeAgreement(agreementEvidence({ parsed, recomputed: open }), NOBODY_ASKS).checks;
}

export const AGREEMENT_CASES: CasesOf<typeof AGREEMENT_CHECKS> = {
  CONSENT_PARTY: uncounted('CONSENT_PARTY', 'a party that has not signed', () => Promise.resolve([])),
  CONSENT_SIGNED: before('no signature of the host', {}, { signers: ['contoso'] }),
  CONSENT_FORMAT: uncounted('CONSENT_FORMAT', 'a file that is no signature', () =>
    Promise.resolve([{ source: 'a.jws', jws: 'a.b.c' }]),
  ),
  CONSENT_SIGNATURE: uncounted('CONSENT_SIGNATURE', 'a signature by another party’s key', async () => [
    await sign(signable, 'contoso', 'fabrikam'),
  ]),
  CONSENT_UNKNOWN_SIGNER: uncounted('CONSENT_UNKNOWN_SIGNER', 'a signature of no party', async () => [
    { source: 'n.jws', jws: await signConsent(withStranger, 'northwind', keys['fabrikam']!, new Date(0)) },
  ]),
  CONSENT_OTHER_VERSION: uncounted('CONSENT_OTHER_VERSION', 'a signature over another version', async () => [
    await sign(otherVersion),
  ]),
  CONSENT_REPLAYED: uncounted('CONSENT_REPLAYED', 'a signature over another contract', async () => [
    await sign(otherName),
  ]),
  CONSENT_REPEATED: uncounted('CONSENT_REPEATED', 'a signature that is given twice', async () => [
    await sign(signable),
    await sign(signable),
  ]),
  CONTRACT_PINNED: before('a policy that pins another contract', {
    recomputed: changed(parsed.digest, '0'.repeat(64)),
  }),
  POLICY_RECOMPUTED: {
    name: 'no images to recompute the policy from',
    neverFails:
      'a policy that could not be recomputed is not known: POLICY stays unproven, and POLICY_FILE compares',
    skips: () =>
      judgeAgreement(agreementEvidence({ parsed, recomputed: NOT_GIVEN, file: recomputed }), NOBODY_ASKS)
        .checks,
  },
  POLICY_FILE: before('a policy file with another variable', { file: changed('TERM=xterm', 'TERM=dumb') }),
  POLICY_LINT: before('an agreed policy that gives the host what a container prints', {
    recomputed: changed('"allow_stdio_access":false', '"allow_stdio_access":true'),
  }),
  ROOM_POLICY: before('a room without a policy', {
    room: { kind: 'read', name: 'quarterly-notes', ccePolicy: null },
  }),
  KEY_RELEASE_POLICY: before('a release policy of another room', {
    ...keyWith(true, demanded.replaceAll(policy.hash, '0'.repeat(64))),
  }),
  KEY_POLICY_IMMUTABLE: before('a release policy that can be changed', keyWith(false, demanded)),
  OTHER_KEY_POLICY: {
    name: 'another owner’s key with the release policy of another room',
    fails: () => otherOwner(),
  },
  SEAL_STATEMENTS: { name: 'a reply with a seal statement that is none', fails: () => file('seals') },
  TRANSFER_KEY: { name: 'a transfer key that the owner signed for the host', fails: () => file('transfer') },
  CONTRACT_SAME: { name: 'an offer of another contract than the verifier’s', fails: () => file('contract') },
};

/* Asked by an owner of one dataset, of the key of another owner’s. */
function otherOwner(): readonly Check[] {
  const value = contractValue() as unknown as {
    parties: object[];
    datasets: { key: object; blob: object; budget: object }[];
  };
  const [first] = value.datasets as [(typeof value.datasets)[number]];
  const northwind = exampleContract().parties[1]!;
  value.parties.push({ ...northwind, id: 'northwind' });
  value.datasets.push({
    ...first,
    ...{ id: 'minutes', owner: 'northwind' },
    key: { vault: 'northwind-hsm.managedhsm.azure.net', name: 'minutes' },
    blob: {
      account: 'https://northwinddata.blob.core.windows.net',
      container: 'cleanroom',
      name: 'minutes.sealed',
    },
  });
  const three = parsedContract(value);
  const own = generateContractPolicy({ parsed: three, tlsRoots: null, images: roomImages() });
  return judgeAgreement(
    agreementEvidence({
      parsed: three,
      recomputed: { kind: 'read', text: own.text },
      keys: new Map([['minutes', { kind: 'read', releasePolicy: demanded, immutable: true }]]),
    }),
    { ...NOBODY_ASKS, party: OWNER },
  ).checks;
}

/* An offer or a reply that is wrong in this. */
async function file(wrong: 'seals' | 'transfer' | 'contract'): Promise<readonly Check[]> {
  const pair = await generatePartyKey();
  const transfer = await signTransfer(
    { v: 1, contract: parsed.digest, party: 'contoso', key: pair.publicKey },
    pair,
  );
  const reply = { v: 1, party: 'fabrikam', contract: parsed.digest };
  const head =
    wrong === 'seals'
      ? { 'reply.json': JSON.stringify(reply) }
      : { 'offer.json': JSON.stringify({ v: 1, transfer }) };
  const texts: Readonly<Record<string, string>> = {
    ...head,
    'contract.yaml': JSON.stringify(contractValue()),
    'policy.rego': policy.text,
    'consents.jws': '',
    ...(wrong === 'seals' ? { 'seals.jws': 'a.b.c\n', 'access.jwe': 'sealed to the host' } : {}),
  };
  const bytes = writeZip(Object.entries(texts).map(([name, text]) => ({ name, bytes: Buffer.from(text) })));
  const { checks } = await verifyAgreementFile({
    bytes,
    path: 'quarterly-notes.cleanroom',
    contract: wrong === 'contract' ? checkContract({ ...parsed.contract, name: 'other-notes' }) : null,
    ...{ require: [], trusted: [], emulatedAllowed: false, images: undefined, environment: null },
    ...{ cacheDirectory: '/nonexistent', progress: SILENT, signal: new AbortController().signal },
  });
  return checks;
}
