// What is concluded before anything runs, statement by statement, from what is at hand; no service is asked.

import assert from 'node:assert/strict';

import { generateContractPolicy } from '../../../../src/lib/cce-policy/generate/contract-policy.js';
import { releasePolicyOf } from '../../../../src/lib/contract/release-policy/build.js';
import { renderReleasePolicy } from '../../../../src/lib/contract/release-policy/grammar.js';
import { signConsent } from '../../../../src/lib/keys/sign-consent.js';
import type {
  AgreementEvidence,
  AgreementQuestion,
} from '../../../../src/lib/parties/before/agreement-evidence.js';
import { judgeAgreement } from '../../../../src/lib/parties/before/judge-agreement.js';
import { requireAccepted } from '../../../../src/lib/parties/before/require-accepted.js';
import { exitCodeOf } from '../../../../src/lib/parties/verify-policy.js';
import { programJudge } from '../../../../src/lib/parties/known-programs.js';
import { checkContract } from '../../../../src/lib/contract/check.js';
import { generatePartyKey } from '../../../../src/lib/keys/party-keys.js';
import { agreementEvidence, NOBODY_ASKS, NOT_GIVEN } from '../../../support/agreement-evidence.js';
import { contractValue, parsedContract, roomImages } from '../../../support/room-fixture.js';
import { useTemporaryDirectory } from '../../../support/temporary-directory.js';

const parsed = parsedContract();
const policy = generateContractPolicy({ parsed, tlsRoots: null, images: roomImages() });
const recomputed = { kind: 'read', text: policy.text } as const;
const OWNER = parsed.contract.datasets[0]!.owner;
const [DATASET] = parsed.contract.datasets.map(({ id }) => id);

function judged(given: Partial<AgreementEvidence>, question: Partial<AgreementQuestion> = {}) {
  return judgeAgreement(agreementEvidence({ parsed, recomputed, ...given }), { ...NOBODY_ASKS, ...question });
}

function statusOf(given: Partial<AgreementEvidence>, id: string): string | undefined {
  return judged(given).checks.find((check) => check.id === id)?.status;
}

function statementOf(
  given: Partial<AgreementEvidence>,
  id: string,
  question: Partial<AgreementQuestion> = {},
): string {
  const { statements, verdict } = judged(given, question);
  const found = statements.find((statement) => statement.id === id) ?? assert.fail(id);
  return `${found.status}, ${found.demanded ? 'demanded' : 'listed'}, ${verdict}`;
}

describe('an agreement before anything runs', () => {
  it('has nothing to judge without images, file or room', () => {
    assert.throws(() => judged({ recomputed: NOT_GIVEN }), { code: 'USAGE' });
  });

  it('does not pass a room for agreeing with itself', () => {
    const room = { kind: 'read', name: 'quarterly-notes', ccePolicy: policy.base64 } as const;
    assert.equal(statusOf({ recomputed: NOT_GIVEN, room }, 'ROOM_POLICY'), 'skip');
    assert.equal(statusOf({ recomputed: NOT_GIVEN, room }, 'CONTRACT_PINNED'), 'pass');
  });

  it('compares a room with the policy file where there are no images', () => {
    const room = { kind: 'read', name: 'quarterly-notes', ccePolicy: policy.base64 } as const;
    const given = { recomputed: NOT_GIVEN, file: recomputed, room };
    assert.equal(statusOf(given, 'ROOM_POLICY'), 'pass');
    assert.equal(statusOf({ ...given, room: { ...room, ccePolicy: null } }, 'ROOM_POLICY'), 'fail');
    assert.equal(statusOf({ ...given, room: { ...room, ccePolicy: 'bm90IHJlZ28=' } }, 'ROOM_POLICY'), 'fail');
  });

  it('fails for evidence that was had and does not hold, and only skips what was not had', () => {
    const refused = { kind: 'refused', reason: 'REPORT_SIGNATURE' } as const;
    assert.equal(statusOf({}, 'HOST_DATA'), 'skip');
    assert.equal(statusOf({ hostData: refused }, 'HOST_DATA'), 'fail');
    assert.equal(exitCodeOf(judged({ hostData: refused })), 5);
  });

  it('I19: is refused where the policy admits another program, and unproven where nobody knows it', () => {
    const different = { judgeProgram: () => ({ kind: 'different', text: 'another program' }) as const };
    const unknown = { judgeProgram: () => ({ kind: 'unknown', text: 'no base here' }) as const };
    assert.equal(statementOf(different, 'PROGRAM'), 'refuted, demanded, refused');
    assert.equal(statementOf(unknown, 'PROGRAM'), 'unproven, demanded, unproven');
    for (const [given, code] of [
      [different, 'STATEMENT_REFUTED'],
      [unknown, 'STATEMENT_UNPROVEN'],
    ] as const)
      assert.throws(
        () => {
          requireAccepted(judged(given), 'ask the host');
        },
        { code, statements: ['PROGRAM'], exitCode: 5 },
      );
  });

  it('is refused by a file with other bytes, by lint and by a policy that pins another contract', () => {
    const drifted = { kind: 'read', text: policy.text.replace('"TERM=xterm"', '"TERM=dumb"') } as const;
    assert.equal(statementOf({ file: drifted }, 'POLICY'), 'refuted, listed, refused');
    assert.equal(exitCodeOf(judged({ file: drifted })), 4);
    const other = { kind: 'read', text: policy.text.replaceAll(parsed.digest, '0'.repeat(64)) } as const;
    assert.equal(statementOf({ recomputed: other }, 'CONTRACT'), 'refuted, demanded, refused');
    assert.equal(exitCodeOf(judged({ recomputed: other })), 5);
  });

  it('leaves POLICY unproven without images, which counts where it is required', () => {
    const given = { recomputed: NOT_GIVEN, file: recomputed };
    assert.equal(statementOf(given, 'POLICY'), 'unproven, listed, accepted');
    assert.equal(statementOf(given, 'POLICY', { required: ['POLICY'] }), 'unproven, demanded, unproven');
    assert.equal(judged(given, { required: ['POLICY_RECOMPUTED'] }).verdict, 'unproven');
    assert.equal(judged({}, { required: ['POLICY_RECOMPUTED'] }).verdict, 'accepted');
  });

  it('N4: demands the signatures whose turn has passed, and lists the others', async () => {
    const keys = await Promise.all([generatePartyKey(), generatePartyKey(), generatePartyKey()]);
    const value = contractValue();
    const parties = (value['parties'] as { id: string }[]).map((party, index) => ({
      ...party,
      contractKey: keys[index]!.publicKey,
    }));
    const signed = checkContract(JSON.parse(JSON.stringify({ ...value, parties })));
    const own = generateContractPolicy({ parsed: signed, tlsRoots: null, images: roomImages() });
    const { host } = signed.contract.room;
    const consentOf = async (id: string) => ({
      source: id,
      jws: await signConsent(
        signed,
        id,
        keys[signed.contract.parties.findIndex((party) => party.id === id)]!.privateKey,
        new Date(),
      ),
    });
    const given = { parsed: signed, recomputed: { kind: 'read', text: own.text } as const };
    const hosts = { ...given, consents: [await consentOf(host)] };
    assert.equal(statementOf(given, 'CONSENT', { signers: [host] }), 'refuted, demanded, refused');
    assert.equal(statementOf(hosts, 'CONSENT', { signers: [host] }), 'proven, demanded, accepted');
    assert.equal(statementOf(hosts, 'CONSENT', { signers: 'demanded' }), 'refuted, demanded, refused');
    assert.equal(statementOf(hosts, 'CONSENT'), 'unproven, listed, accepted');
    const all = { ...given, consents: [await consentOf(host), await consentOf(OWNER)] };
    assert.equal(statementOf(all, 'CONSENT', { signers: 'demanded' }), 'proven, demanded, accepted');
  });

  describe('and the keys', () => {
    const text = renderReleasePolicy(releasePolicyOf(parsed.contract, policy.hash));
    const keyOf = (releasePolicy: string | null, immutable: boolean | null = true) => ({
      keys: new Map([[DATASET!, { kind: 'read', releasePolicy, immutable } as const]]),
    });

    it('are demanded of whoever owns one, and listed for everybody else', () => {
      assert.equal(statementOf({}, 'KEYS', { party: OWNER }), 'unproven, demanded, unproven');
      assert.equal(statementOf({}, 'KEYS'), 'unproven, listed, accepted');
      assert.equal(statementOf(keyOf(text), 'KEYS', { party: OWNER }), 'proven, demanded, accepted');
    });

    it('I2: are refuted by another policy, a clause that is weaker, none at all, or one that can be changed', () => {
      const refuted = 'refuted, demanded, refused';
      for (const [given, what] of [
        [keyOf(text.replaceAll(policy.hash, 'f'.repeat(64))), 'another policy'],
        [keyOf(text.replace(/"x-ms-sevsnpvm-is-debuggable"/, '"x-ms-sevsnpvm-else"')), 'a clause less'],
        [keyOf(null), 'none'],
        [keyOf(text, false), 'one that can be changed'],
      ] as const)
        assert.equal(statementOf(given, 'KEYS', { party: OWNER }), refuted, what);
    });

    it('are judged as they will be made where they are not there yet', () => {
      const keys = new Map([[DATASET!, { kind: 'planned' } as const]]);
      assert.equal(statementOf({ keys }, 'KEYS', { party: OWNER }), 'proven, demanded, accepted');
    });

    it('I13: are refuted where the contract names an attestation service that a party may own', () => {
      for (const authority of [
        'https://contosoattest.weu.attest.azure.net',
        'https://attest.contoso.example',
      ]) {
        const value = contractValue();
        const other = parsedContract({
          ...value,
          attestation: { ...(value['attestation'] as object), authorities: [authority] },
        });
        const own = generateContractPolicy({ parsed: other, tlsRoots: null, images: roomImages() });
        const given = {
          parsed: other,
          recomputed: { kind: 'read', text: own.text } as const,
          keys: new Map([[DATASET!, { kind: 'planned' } as const]]),
        };
        assert.equal(statementOf(given, 'KEYS', { party: OWNER }), 'refuted, demanded, refused', authority);
      }
    });
  });
});

describe('the program of an agreement', () => {
  const directory = useTemporaryDirectory();
  const cacheBefore = process.env['XDG_CACHE_HOME'];
  before(() => {
    process.env['XDG_CACHE_HOME'] = directory();
  });
  after(() => {
    if (cacheBefore === undefined) delete process.env['XDG_CACHE_HOME'];
    else process.env['XDG_CACHE_HOME'] = cacheBefore;
  });

  it('I32: is not known where the room’s base is not at hand', async () => {
    assert.equal(parsed.contract.trust, undefined);
    assert.equal((await programJudge(parsed))(policy.text).kind, 'unknown');
  });
});
