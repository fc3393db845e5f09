// An offer and a reply as an auditor gets them: each piece swapped for another's, altered or left out. No verdict becomes better.

import assert from 'node:assert/strict';

import { writeZip } from '../../../src/lib/base/files/zip/write-zip.js';
import { generateContractPolicy } from '../../../src/lib/cce-policy/generate/contract-policy.js';
import { generatePartyKey, type PartyKeyPair } from '../../../src/lib/keys/party-keys.js';
import { parseContract, type ParsedContract } from '../../../src/lib/contract/parse.js';
import { releasePolicyOf } from '../../../src/lib/contract/release-policy/build.js';
import { renderReleasePolicy } from '../../../src/lib/contract/release-policy/grammar.js';
import { releasePolicyDigest } from '../../../src/lib/contract/release-policy/policy-digest.js';
import { signConsent } from '../../../src/lib/keys/sign-consent.js';
import { signingKeyOf } from '../../../src/lib/keys/contract-signer.js';
import { signTransfer } from '../../../src/lib/parties/agree/party-statement.js';
import {
  type AgreementFileRequest,
  verifyAgreementFile,
} from '../../../src/lib/parties/verify/verify-agreement-file.js';
import type { SealStatement } from '../../../src/lib/contract/seal-statement-form.js';
import { signSealStatement } from '../../../src/lib/sealed-blob/statement/sign-seal-statement.js';
import { SILENT } from '../../../src/lib/base/progress.js';

import { contractValue, roomImages } from '../../support/room-fixture.js';

type Texts = Readonly<Record<string, string>>;

interface Agreed {
  readonly parsed: ParsedContract;
  readonly offer: Texts;
  readonly reply: Texts;
  readonly policyText: string;
}

describe('verify of an offer and of a reply', () => {
  let keys: { contoso: PartyKeyPair; fabrikam: PartyKeyPair; other: PartyKeyPair };
  let agreed: Agreed;
  let another: Agreed;

  before(async () => {
    const [contoso, fabrikam, other] = await Promise.all([
      generatePartyKey(),
      generatePartyKey(),
      generatePartyKey(),
    ]);
    keys = { contoso, fabrikam, other };
    agreed = await agree('quarterly-notes');
    another = await agree('other-notes');
  });

  async function agree(name: string): Promise<Agreed> {
    const value = contractValue() as unknown as {
      name: string;
      room: { program: unknown };
      parties: { id: string; contractKey: unknown }[];
    };
    value.name = name;
    value.room.program = { layers: [`sha256:${'3'.repeat(64)}`] };
    for (const party of value.parties)
      party.contractKey = party.id === 'contoso' ? keys.contoso.publicKey : keys.fabrikam.publicKey;
    const contractText = JSON.stringify(value);
    const parsed = parseContract(contractText);
    const policy = generateContractPolicy({ parsed, tlsRoots: null, images: roomImages() });
    const at = new Date(1_700_000_000_000);
    const [host, owner] = await Promise.all([
      signConsent(parsed, 'contoso', signingKeyOf(keys.contoso), at),
      signConsent(parsed, 'fabrikam', signingKeyOf(keys.fabrikam), at),
    ]);
    const transfer = await signTransfer(
      { v: 1, contract: parsed.digest, party: 'contoso', key: keys.other.publicKey },
      keys.contoso,
    );
    const common = { 'contract.yaml': contractText, 'policy.rego': policy.text };
    const releasePolicy = releasePolicyDigest(
      renderReleasePolicy(releasePolicyOf(parsed.contract, policy.hash)),
    );
    return {
      parsed,
      policyText: policy.text,
      offer: {
        'offer.json': JSON.stringify({ v: 1, transfer }),
        ...common,
        'consents.jws': `${host}\n`,
      },
      reply: {
        'reply.json': JSON.stringify({ v: 1, party: 'fabrikam', contract: parsed.digest }),
        ...common,
        'consents.jws': `${host}\n${owner}\n`,
        'seals.jws': `${await seal(parsed, { releasePolicy: { sha256: releasePolicy, immutable: true } })}\n`,
        'access.jwe': 'sealed to the host',
      },
    };
  }

  function seal(
    { contract, digest }: ParsedContract,
    changes: Partial<SealStatement>,
    key: PartyKeyPair = keys.fabrikam,
  ): Promise<string> {
    const [dataset] = contract.datasets;
    assert.ok(dataset);
    const digests = { sha256: 'ab'.repeat(32), bytes: 100 };
    const statement = {
      contract: digest,
      dataset: dataset.id,
      version: '1',
      key: `https://${dataset.key.vault}/keys/${dataset.key.name}/0123456789abcdef`,
      header: digests,
      payload: digests,
      iat: 1_700_000_000,
      ...changes,
    };
    return signSealStatement(statement, signingKeyOf(key));
  }

  const fileOf = (texts: Texts): Uint8Array =>
    writeZip(Object.entries(texts).map(([name, text]) => ({ name, bytes: Buffer.from(text) })));

  /* The program is named by layers that nobody here knows: what is judged is all the rest, and PROGRAM stays unproven. */
  async function judged(
    texts: Texts,
    changes: Partial<AgreementFileRequest> = {},
  ): Promise<Record<string, string>> {
    const { statements, verdict, checks } = await verifyAgreementFile({
      ...request(fileOf(texts)),
      ...changes,
    });
    return Object.fromEntries([
      ['verdict', verdict],
      ...statements.map(({ id, status }) => [id, status]),
      ...checks.filter(({ status }) => status === 'fail').map(({ id }) => [id, 'fail']),
    ]) as Record<string, string>;
  }

  function request(bytes: Uint8Array): AgreementFileRequest {
    return {
      bytes,
      path: 'quarterly-notes.cleanroom',
      contract: null,
      require: [],
      trusted: [],
      emulatedAllowed: false,
      images: undefined,
      environment: null,
      cacheDirectory: '/nonexistent',
      progress: SILENT,
      signal: new AbortController().signal,
    };
  }

  it('proves contract and the host’s consent of an offer, and nothing of keys that are not made yet', async () => {
    const { CONTRACT, CONSENT, KEYS, POLICY } = await judged(agreed.offer);
    assert.deepEqual([CONTRACT, CONSENT, KEYS, POLICY], ['proven', 'proven', 'unproven', 'unproven']);
  });

  it('proves contract, both consents and the owner’s key of a reply', async () => {
    const { CONTRACT, CONSENT, KEYS } = await judged(agreed.reply);
    assert.deepEqual([CONTRACT, CONSENT, KEYS], ['proven', 'proven', 'proven']);
  });

  const SWAPPED: readonly (readonly [
    string,
    'offer' | 'reply',
    () => Promise<Texts> | Texts,
    string,
    string,
  ])[] = [
    [
      'the policy of another contract',
      'offer',
      () => ({ 'policy.rego': another.policyText }),
      'CONTRACT',
      'refuted',
    ],
    [
      'a policy without the pin of the contract',
      'offer',
      () => ({ 'policy.rego': agreed.policyText.replace(agreed.parsed.digest, '.*') }),
      'CONTRACT',
      'refuted',
    ],
    [
      'another contract than policy and signatures are about',
      'offer',
      () => ({ 'contract.yaml': another.offer['contract.yaml'] ?? '' }),
      'CONTRACT',
      'refuted',
    ],
    ['no signature', 'offer', () => ({ 'consents.jws': '' }), 'CONSENT', 'refuted'],
    [
      'the owner’s signature instead of the host’s',
      'offer',
      () => ({ 'consents.jws': (agreed.reply['consents.jws'] ?? '').split('\n')[1] ?? '' }),
      'CONSENT',
      'refuted',
    ],
    [
      'a transfer key of another contract',
      'offer',
      () => ({ 'offer.json': another.offer['offer.json'] ?? '' }),
      'CONSENT',
      'refuted',
    ],
    [
      'the policy of another contract',
      'reply',
      () => ({ 'policy.rego': another.policyText }),
      'CONTRACT',
      'refuted',
    ],
    [
      'the consents of another contract',
      'reply',
      () => ({ 'consents.jws': another.reply['consents.jws'] ?? '' }),
      'CONSENT',
      'refuted',
    ],
    [
      'the consent of its sender left out',
      'reply',
      () => ({ 'consents.jws': agreed.offer['consents.jws'] ?? '' }),
      'CONSENT',
      'refuted',
    ],
    [
      'the consent of the host left out',
      'reply',
      () => ({ 'consents.jws': (agreed.reply['consents.jws'] ?? '').split('\n')[1] ?? '' }),
      'CONSENT',
      'refuted',
    ],
    ['no seal statement', 'reply', () => ({ 'seals.jws': '' }), 'KEYS', 'unproven'],
    [
      'a seal statement of another contract',
      'reply',
      () => ({ 'seals.jws': another.reply['seals.jws'] ?? '' }),
      'KEYS',
      'refuted',
    ],
    [
      'a seal statement that the host signed',
      'reply',
      async () => ({ 'seals.jws': await seal(agreed.parsed, {}, keys.contoso) }),
      'KEYS',
      'refuted',
    ],
    [
      'a seal statement of another dataset',
      'reply',
      async () => ({ 'seals.jws': await seal(agreed.parsed, { dataset: 'minutes' }) }),
      'KEYS',
      'refuted',
    ],
    [
      'a text sealed to another vault’s key',
      'reply',
      async () => ({ 'seals.jws': await seal(agreed.parsed, { key: 'https://evil.example/keys/notes/1' }) }),
      'KEYS',
      'refuted',
    ],
    [
      'a seal statement that says nothing of the release policy',
      'reply',
      async () => ({ 'seals.jws': await seal(agreed.parsed, {}) }),
      'KEYS',
      'unproven',
    ],
    [
      'a key with the release policy of another contract',
      'reply',
      async () => ({
        'seals.jws': await seal(agreed.parsed, {
          releasePolicy: { sha256: 'cd'.repeat(32), immutable: true },
        }),
      }),
      'KEYS',
      'unproven',
    ],
    [
      'two seal statements that differ',
      'reply',
      async () => ({
        'seals.jws': [
          agreed.reply['seals.jws']?.trim(),
          await seal(agreed.parsed, { releasePolicy: { sha256: 'cd'.repeat(32), immutable: true } }),
        ].join('\n'),
      }),
      'KEYS',
      'unproven',
    ],
  ];
  for (const [what, kind, change, statement, status] of SWAPPED)
    it(`I20: finds ${what} in ${kind === 'offer' ? 'an' : 'a'} ${kind}`, async () => {
      const found = await judged({ ...agreed[kind], ...(await change()) });
      assert.equal(found[statement], status);
      assert.notEqual(found['verdict'], 'accepted');
    });

  it('finds a key whose release policy can be changed', async () => {
    const sha256 = releasePolicyDigest(
      renderReleasePolicy(
        releasePolicyOf(
          agreed.parsed.contract,
          generateContractPolicy({ parsed: agreed.parsed, tlsRoots: null, images: roomImages() }).hash,
        ),
      ),
    );
    const seals = await seal(agreed.parsed, { releasePolicy: { sha256, immutable: false } });
    const { KEYS, KEY_POLICY_IMMUTABLE } = await judged({ ...agreed.reply, 'seals.jws': seals });
    assert.deepEqual([KEYS, KEY_POLICY_IMMUTABLE], ['refuted', 'fail']);
  });

  it('names the check that a swapped part fails', async () => {
    const offer = await judged({ ...agreed.offer, 'offer.json': another.offer['offer.json'] ?? '' });
    const reply = await judged({ ...agreed.reply, 'seals.jws': another.reply['seals.jws'] ?? '' });
    assert.deepEqual([offer['TRANSFER_KEY'], reply['SEAL_STATEMENTS']], ['fail', 'fail']);
  });

  it('compares the contract with the verifier’s own, where she gives one', async () => {
    const same = await judged(agreed.offer, { contract: agreed.parsed });
    assert.deepEqual([same['CONTRACT'], same['CONTRACT_SAME']], ['proven', undefined]);
    const other = await judged(agreed.offer, { contract: another.parsed });
    assert.deepEqual(
      [other['verdict'], other['CONTRACT'], other['CONTRACT_SAME']],
      ['refused', 'refuted', 'fail'],
    );
  });

  it('demands what the verifier demands, by the ids that it knows', async () => {
    const { statements } = await verifyAgreementFile({
      ...request(fileOf(agreed.offer)),
      require: ['KEYS,POLICY'],
    });
    const demanded = statements.filter((one) => one.demanded).map(({ id }) => id);
    assert.deepEqual(demanded, ['PROGRAM', 'POLICY', 'CONTRACT', 'CONSENT', 'KEYS']);
    const unknown = verifyAgreementFile({ ...request(fileOf(agreed.offer)), require: ['HARDWARE'] });
    await assert.rejects(unknown, { code: 'USAGE' });
  });

  it('I32: leaves a program that the contract names by layers unproven, and says how to name it oneself', async () => {
    const { statements, verdict } = await verifyAgreementFile(request(fileOf(agreed.offer)));
    const program = statements.find(({ id }) => id === 'PROGRAM');
    assert.deepEqual([verdict, program?.status], ['unproven', 'unproven']);
    assert.match(program?.text ?? '', /--trust-program sha256:/);
  });

  it('V: refuses whatever is not wholly of the form, with one code', async () => {
    const short = Object.fromEntries(Object.entries(agreed.reply).filter(([name]) => name !== 'seals.jws'));
    const files: readonly Uint8Array[] = [
      fileOf(short),
      fileOf({ ...agreed.offer, 'anchors.json': '{}' }),
      fileOf({ ...agreed.offer, 'offer.json': '{"v":1}' }),
      fileOf({
        ...agreed.reply,
        'reply.json': JSON.stringify({ v: 1, party: 'fabrikam', contract: another.parsed.digest }),
      }),
      fileOf({ 'notes.txt': 'text' }),
      fileOf(agreed.offer).subarray(0, 200),
      Buffer.concat([fileOf(agreed.offer), Buffer.from([0])]),
    ];
    for (const bytes of files)
      await assert.rejects(verifyAgreementFile(request(bytes)), { code: 'CLEANROOM_FILE_INVALID' });
    await assert.rejects(verifyAgreementFile(request(fileOf({ 'card.json': '{}' }))), {
      code: 'CLEANROOM_FILE_OTHER',
    });
  });
});
