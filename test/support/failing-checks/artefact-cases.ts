// A failing case for each check of single artefacts: a sealed blob, a summary, a transparency log, a policy fragment.

import type { ARTEFACT_CHECKS } from '../../../src/lib/attestation/checks/artefact-checks.js';
import { nodeSignatureCrypto } from '../../../src/lib/attestation/crypto/node-crypto.js';
import { utf8 } from '../../../src/lib/base/bytes/arrays.js';
import { sha256Hex } from '../../../src/lib/base/bytes/digest.js';
import type { Check } from '../../../src/lib/base/verdict/check.js';
import { renderFragment } from '../../../src/lib/cce-policy/text/render-fragment.js';
import { pauseContainer } from '../../../src/lib/cce-policy/text/defaults.js';
import type { TextLimits } from '../../../src/lib/contract/schema.js';
import {
  parseSignedFragment,
  verifyFragment,
} from '../../../src/lib/evidence/policy-fragment/verify-fragment.js';
import { freshKeyPairSync } from '../../../src/lib/keys/fresh-key.js';
import { verifySealed } from '../../../src/lib/parties/sealed-file.js';
import type { SealedLocation } from '../../../src/lib/ports/sealed-location.js';
import { signFragment } from '../../../src/lib/parties/sign-fragment.js';
import { headerSize } from '../../../src/lib/sealed-blob/format/header.js';
import {
  appraiseSealStatement,
  type SealedFacts,
  type SealStatement,
  type VerifiedSealStatement,
  verifySealStatement,
} from '../../../src/lib/sealed-blob/statement/seal-statement.js';
import { signSealStatement } from '../../../src/lib/sealed-blob/statement/sign-seal-statement.js';
import { appraiseDisclosure } from '../../../src/lib/summarizer/disclosure.js';
import { EXAMPLE_LIMITS, exampleContract, freshPublicKey } from '../contract.js';
import { type FragmentSigner, makeFragmentSigner } from '../fragment-signer.js';
import type { CasesOf, FailingCase } from './failing-case.js';
import { logFile } from './log-cases.js';
import { chunksOf, ecParty, sealBytes } from '../sealed.js';

const VAULT = 'fabrikam-hsm.managedhsm.azure.net';
const HEADER = { sha256: sha256Hex('header'), bytes: 6 };
const PAYLOAD = { sha256: sha256Hex('payload'), bytes: 7 };
const STATEMENT: SealStatement = {
  contract: sha256Hex('contract'),
  dataset: 'notes',
  version: '3',
  key: `https://${VAULT}/keys/notes/01`,
  header: HEADER,
  payload: PAYLOAD,
  iat: 1_795_000_000,
};
const FACTS: SealedFacts = {
  contract: STATEMENT.contract,
  dataset: 'notes',
  key: { vault: VAULT, name: 'notes' },
  protected: {
    ...{ enc: 'AES256-GCM-HKDF-1MB', cty: 'text/plain; charset=utf-8' },
    ...{ contract: STATEMENT.contract, dataset: 'notes', version: '3' },
  },
  header: HEADER,
  payload: PAYLOAD,
};

const sealed = (name: string, facts: Partial<SealedFacts>): FailingCase => ({
  name,
  fails: () =>
    appraiseSealStatement({ ...STATEMENT, raw: '' } as VerifiedSealStatement, { ...FACTS, ...facts }),
});

const WORDS = 'one two three four five six seven eight nine ten eleven twelve thirteen fourteen';
const summary = (
  name: string,
  text: string,
  limits: Partial<TextLimits> = {},
  source = 'quite another text '.repeat(100),
): FailingCase => ({
  name,
  fails: () =>
    appraiseDisclosure({ ...EXAMPLE_LIMITS, ...limits }, [{ dataset: 'notes', text: source }], [text]),
});

export const ARTEFACT_CASES: CasesOf<typeof ARTEFACT_CHECKS> = {
  SEAL_STRUCTURE: { name: 'a payload that begins with another length', fails: () => blob() },
  SEAL_SIGNATURE: {
    name: 'a statement that is not signed by the owner',
    neverFails:
      'without the owner’s signature there is no statement to check anything against: SEAL_STATEMENT_REJECTED',
    throws: () => verifySealStatement('a.b.c', freshPublicKey()),
    code: 'SEAL_STATEMENT_REJECTED',
  },
  SEAL_CONTRACT: sealed('a blob under another contract', { contract: sha256Hex('another') }),
  SEAL_DATASET: sealed('a blob of another dataset', { dataset: 'minutes' }),
  SEAL_KEY: sealed('a blob sealed to another key', { key: { vault: VAULT, name: 'minutes' } }),
  SEAL_PROTECTED: sealed('a header of an earlier version', {
    protected: { ...FACTS.protected, version: '2' },
  }),
  SEAL_HEADER: sealed('another header', { header: { ...HEADER, sha256: sha256Hex('another') } }),
  SEAL_PAYLOAD: sealed('another payload', { payload: { ...PAYLOAD, bytes: 8 } }),
  SUMMARY_DOCUMENTS: summary('one document of two', 'A line.', { minDocuments: 2 }),
  SUMMARY_ALPHABET: summary('a summary in Greek letters', 'μηδέν'),
  SUMMARY_CHARACTERS: summary('a summary that is too long', 'word '.repeat(300).trim()),
  SUMMARY_SHARE: summary('half of a short source', 'A line.', {}, 'A short text.'),
  SUMMARY_COPIED_WORDS: summary(
    'a run of fourteen words',
    WORDS,
    {},
    `${WORDS}. ${'other words '.repeat(100)}`,
  ),
  SUMMARY_COPIED_SHARE: summary('a summary all copied', WORDS, {}, `${WORDS}. ${'other words '.repeat(100)}`),
  LOG_FORM: { name: 'a log with a line that is no entry', fails: () => logFile('form') },
  LOG_HEAD: { name: 'a head that a stranger signed', fails: () => logFile('head') },
  LOG_CONTINUES: { name: 'a log that was cut since a head was kept', fails: () => logFile('cut') },
  LOG_STATEMENTS: {
    name: 'an entry that nobody known has stated',
    neverFails:
      'earlier versions wrote no statements, and whoever may write can append: they are counted and shown',
    skips: () => logFile('statement'),
  },
  FRAGMENT_CHAIN: fragment('a root of another signer', 'chain'),
  FRAGMENT_CERT_TIME: fragment('certificates that have ended', 'time'),
  FRAGMENT_ISSUER: fragment('another signer than the policy names', 'issuer'),
  FRAGMENT_SIGNATURE: fragment('another signature', 'signature'),
  FRAGMENT_FEED: fragment('another feed', 'feed'),
  FRAGMENT_SVN: fragment('an older fragment', 'svn'),
};

let made: Promise<readonly [FragmentSigner, FragmentSigner]> | undefined;
const signers = (): Promise<readonly [FragmentSigner, FragmentSigner]> =>
  (made ??= Promise.all([makeFragmentSigner(), makeFragmentSigner()]));

type Broken = 'chain' | 'time' | 'issuer' | 'signature' | 'feed' | 'svn';

/* A function, so that the table above may use it. */
function fragment(name: string, broken: Broken): FailingCase {
  return { name, fails: () => fragmentChecks(broken) };
}

async function fragmentChecks(broken: Broken): Promise<readonly Check[]> {
  const [signer, other] = await signers();
  const containers = [pauseContainer({ stdio: false, signals: [9, 15] })];
  const text = renderFragment({ namespace: 'web', svn: 3, containers, fragments: [] }, '2.2');
  const sign = ({ chain, keyPem }: FragmentSigner): ReturnType<typeof signFragment> =>
    signFragment({ text, chain, privateKeyPem: keyPem, issuer: null, feed: 'web', headerSvn: null });
  const { bytes, issuer } = await sign(signer);
  const signed = parseSignedFragment(bytes);
  if (typeof signed === 'string') throw new Error(signed);
  const { message, chain } = signed;
  const signature = Uint8Array.from(message.signature, (byte, at) => (at === 5 ? byte ^ 1 : byte));
  return verifyFragment(
    {
      ...signed,
      ...(broken === 'signature' ? { message: { ...message, signature } } : {}),
      ...(broken === 'chain' ? { chain: [chain[0]!, other.chain[1]!] } : {}),
    },
    {
      issuer: broken === 'issuer' ? (await sign(other)).issuer : issuer,
      feed: broken === 'feed' ? 'other' : 'web',
      minimumSvn: broken === 'svn' ? 4 : 3,
      at: new Date(broken === 'time' ? '2028-01-01' : '2026-11-30'),
    },
    nodeSignatureCrypto,
  );
}

/* A sealed blob, with a statement of its owner over its header, whose payload does not begin as it should. */
async function blob(): Promise<readonly Check[]> {
  const owner = freshKeyPairSync({ type: 'ec', curve: 'P-256' });
  const bytes = await sealBytes(utf8('text'), ecParty());
  const size = headerSize(bytes);
  bytes[size]! ^= 1;
  const header = bytes.subarray(0, size);
  const statements = await signSealStatement(
    { ...STATEMENT, header: { sha256: sha256Hex(header), bytes: size } },
    owner.privateKey,
  );
  const { x, y } = owner.publicKey.export({ format: 'jwk' });
  const [dataset] = exampleContract().datasets;
  return verifySealed(
    {
      name: 'notes.sealed',
      size: bytes.length,
      read: (offset, length) => Promise.resolve(bytes.subarray(offset, offset + length)),
      stream: (offset) => chunksOf(bytes.subarray(offset)),
      close: () => Promise.resolve(),
    } satisfies SealedLocation,
    {
      statements,
      ownerKey: { kty: 'EC', crv: 'P-256', x: x!, y: y! },
      contract: STATEMENT.contract,
      dataset: dataset!,
    },
  );
}
