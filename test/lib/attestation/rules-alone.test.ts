// Rules that none of the held vectors breaks: each fails over evidence that breaks it.

import assert from 'node:assert/strict';
import { webcrypto } from 'node:crypto';

import { PINNED_ANCHORS } from '../../../src/lib/attestation/anchors.js';
import { nodeSignatureCrypto } from '../../../src/lib/attestation/crypto/node-crypto.js';
import { readAppraisal } from '../../../src/lib/attestation/expectations.js';
import { parseServiceKeys } from '../../../src/lib/attestation/maa/key-set.js';
import type { EvidenceParts } from '../../../src/lib/attestation/parse-evidence.js';
import { parseAmdChain } from '../../../src/lib/attestation/snp/chain.js';
import { readVcek, vcekProfileProblem } from '../../../src/lib/attestation/snp/vcek.js';
import { verifierPlan } from '../../../src/lib/evidence/verifier-plan.js';
import { verifyPieces } from '../../../src/lib/evidence/verify-evidence-file.js';
import {
  evidenceVector,
  TOKEN_VECTORS,
  vectorExpectations,
  vectorFile,
  vectorParts,
} from '../../support/attestation-vectors.js';
import { judgePieces } from '../../support/judge.js';
import { makeEndorsementSigner } from '../../support/uvm-chain.js';

const AT = new Date('2026-11-23T00:00:00Z');
const MILAN = vectorParts(evidenceVector('aci-milan-v3-svn103-rsa'));
const TOKEN = TOKEN_VECTORS.find(({ expected_verdict: verdict }) => verdict === 'accept')!;
const text = (path: string): string => new TextDecoder().decode(vectorFile(path)).trim();

async function failures(parts: EvidenceParts, at = AT): Promise<readonly string[]> {
  const options = { crypto: nodeSignatureCrypto, anchors: PINNED_ANCHORS, appraisal: readAppraisal('{}') };
  const { checks } = await verifyPieces({ form: 'pieces', parts }, verifierPlan(options, at).plan);
  return checks.filter(({ status }) => status === 'fail').map(({ id }) => id);
}

async function failuresOfToken(token: string, expected: object = {}): Promise<readonly string[]> {
  const { verdict } = await judgePieces(
    { form: 'pieces', parts: {}, token },
    {
      anchors: PINNED_ANCHORS,
      tokenKeys: parseServiceKeys(JSON.parse(text(TOKEN.inputs.jwks))),
      expectations: { ...vectorExpectations(TOKEN), ...expected },
      crypto: nodeSignatureCrypto,
    },
  );
  return verdict.checks.filter(({ status }) => status === 'fail').map(({ id }) => id);
}

describe('rules that no vector breaks', () => {
  it('hold over the evidence that is changed below', async () => {
    assert.deepEqual(await failures(MILAN), []);
    assert.deepEqual(await failuresOfToken(text(TOKEN.inputs.token)), []);
  });

  it('CHIP_KEY_MASKED: a report that hides its chip', async () => {
    const report = Uint8Array.from(MILAN.report!);
    report[0x48]! |= 2;
    assert.ok((await failures({ ...MILAN, report })).includes('CHIP_KEY_MASKED'));
  });

  it('VCEK_PROFILE: a certificate of AMD’s that is no chip’s', () => {
    const { vcek, ask } = parseAmdChain(MILAN.endorsements!);
    assert.equal(vcekProfileProblem(vcek), null);
    assert.equal(vcekProfileProblem(readVcek(ask)), 'its key is not on P-384');
    const { certificate } = vcek;
    assert.match(
      vcekProfileProblem({ ...vcek, certificate: { ...certificate, subject: ask.subject } }) ?? '',
      /common name is SEV-Milan/,
    );
    const signatureAlgorithm = { kind: 'rsa-pss', hash: 'sha256', saltLength: 32 } as const;
    assert.match(
      vcekProfileProblem({ ...vcek, certificate: { ...certificate, signatureAlgorithm } }) ?? '',
      /SHA-384, salt 48/,
    );
  });

  it('UVM_PAYLOAD: a signed endorsement whose payload is in no published form', async () => {
    const signer = await makeEndorsementSigner(webcrypto.subtle, null);
    for (const payload of ['[]', '{"x-ms-sevsnpvm-guestsvn":"104"}', 'no JSON', '{"a":1,"a":2}']) {
      const uvm = await signer.sign(signer.leaf, payload);
      assert.ok((await failures({ ...MILAN, uvm })).includes('UVM_PAYLOAD'), payload);
    }
  });

  it('UVM_CERT_TIME: an endorsement that says that it was signed in the future', async () => {
    const signer = await makeEndorsementSigner(webcrypto.subtle, null);
    const at = async (ms: number): Promise<boolean> => {
      const uvm = await signer.sign(signer.leaf, undefined, new Date(AT.getTime() + ms));
      return (await failures({ ...MILAN, uvm })).includes('UVM_CERT_TIME');
    };
    assert.deepEqual([await at(0), await at(60_000), await at(61_000)], [false, false, true]);
    const alone = await signer.sign(signer.leaf, undefined, new Date('2030-01-01T00:00:00Z'));
    assert.ok((await failures({ uvm: alone })).includes('UVM_CERT_TIME'));
    // Before any certificate of AMD's was valid, it is the time of the check that is wrong.
    const early = { ...MILAN, uvm: await signer.sign(signer.leaf) };
    assert.deepEqual(
      (await failures(early, new Date('2010-01-01T00:00:00Z'))).filter((id) => id.endsWith('CERT_TIME')),
      ['CERT_TIME'],
    );
  });

  it('JWT_CRIT: a token that demands an extension', async () => {
    const [header = '', ...rest] = text(TOKEN.inputs.token).split('.');
    const stated = JSON.parse(Buffer.from(header, 'base64url').toString()) as object;
    const demanding = Buffer.from(JSON.stringify({ ...stated, crit: ['b64'] })).toString('base64url');
    assert.ok((await failuresOfToken([demanding, ...rest].join('.'))).includes('JWT_CRIT'));
  });

  it('CLAIM_RUNTIME: a token about other keys than those that are demanded', async () => {
    assert.deepEqual(await failuresOfToken(text(TOKEN.inputs.token), { runtimeKeys: ['another'] }), [
      'CLAIM_RUNTIME',
    ]);
  });
});
