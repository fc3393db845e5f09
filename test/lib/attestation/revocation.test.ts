// Revocation lists made by another implementation (@peculiar/x509) for a chain with AMD's names and throw-away keys.

import assert from 'node:assert/strict';
import { webcrypto } from 'node:crypto';

import type { Check } from '../../../src/lib/base/verdict/check.js';
import { PINNED_ANCHORS } from '../../../src/lib/attestation/anchors.js';
import { nodeSignatureCrypto } from '../../../src/lib/attestation/crypto/node-crypto.js';
import { defaultExpectations } from '../../../src/lib/attestation/expectations.js';
import { CheckLog } from '../../../src/lib/attestation/check-log.js';
import { recordRevocation } from '../../../src/lib/attestation/x509/revocation.js';
import { parseUvmEndorsement } from '../../../src/lib/attestation/uvm/endorsement.js';
import { verifyUvmEndorsement } from '../../../src/lib/attestation/uvm/verify.js';
import { parsePemCertificates } from '../../../src/lib/attestation/x509/pem.js';
import { vectorFile } from '../../support/attestation-vectors.js';
import { judgeRaw } from '../../support/judge.js';
import { x509 } from '../../../src/lib/emulator/x509.js';
import { utf8 } from '../../../src/lib/base/bytes/arrays.js';

const PSS = { name: 'RSA-PSS', hash: 'SHA-384', saltLength: 48 };
const RSA = { ...PSS, modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) };
const [MADE, AT, NEXT] = ['2026-01-01', '2026-06-01', '2026-12-01'].map((day) => new Date(day)) as [
  Date,
  Date,
  Date,
];
const [ASK_SERIAL, VCEK_SERIAL] = ['010001', '02'];

interface Chain {
  readonly pem: string;
  readonly ark: webcrypto.CryptoKeyPair;
  readonly ask: webcrypto.CryptoKeyPair;
}

function pair(algorithm: object): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(algorithm as typeof RSA, true, ['sign', 'verify']);
}

async function makeChain(usages: x509.KeyUsageFlags): Promise<Chain> {
  const [ark, ask, vcek] = [
    await pair(RSA),
    await pair(RSA),
    await pair({ name: 'ECDSA', namedCurve: 'P-384' }),
  ];
  const create = (
    serialNumber: string,
    subject: string,
    issuer: string,
    publicKey: webcrypto.CryptoKey,
    signingKey: webcrypto.CryptoKey,
    authority: boolean,
  ) =>
    x509.X509CertificateGenerator.create({
      serialNumber,
      subject: `CN=${subject}`,
      issuer: `CN=${issuer}`,
      notBefore: MADE,
      notAfter: new Date('2045-01-01'),
      publicKey,
      signingKey,
      signingAlgorithm: PSS,
      extensions: authority
        ? [
            new x509.BasicConstraintsExtension(true, undefined, true),
            new x509.KeyUsagesExtension(usages, true),
          ]
        : [],
    });
  const certificates = [
    await create(VCEK_SERIAL, 'SEV-VCEK', 'SEV-Milan', vcek.publicKey, ask.privateKey, false),
    await create(ASK_SERIAL, 'SEV-Milan', 'ARK-Milan', ask.publicKey, ark.privateKey, true),
    await create('010000', 'ARK-Milan', 'ARK-Milan', ark.publicKey, ark.privateKey, true),
  ];
  return { pem: certificates.map((certificate) => certificate.toString('pem')).join('\n'), ark, ask };
}

async function makeList(
  key: webcrypto.CryptoKey,
  {
    issuer = 'ARK-Milan',
    revoked = [],
    thisUpdate = MADE,
    nextUpdate = NEXT,
    extensions = [],
  }: {
    readonly issuer?: string;
    readonly revoked?: readonly string[];
    readonly thisUpdate?: Date;
    readonly nextUpdate?: Date;
    readonly extensions?: x509.Extension[];
  } = {},
): Promise<Uint8Array> {
  const list = await x509.X509CrlGenerator.create({
    issuer: `CN=${issuer}`,
    thisUpdate,
    nextUpdate,
    entries: revoked.map((serialNumber) => ({
      serialNumber,
      revocationDate: MADE,
      reason: x509.X509CrlReason.keyCompromise,
    })),
    extensions,
    signingAlgorithm: PSS,
    signingKey: key,
  });
  return new Uint8Array(list.rawData);
}

async function judge({ pem }: Chain, ...crls: readonly Uint8Array[]): Promise<Check> {
  const { verdict } = await judgeRaw({
    endorsements: utf8(pem),
    ownCrls: crls,
    anchors: PINNED_ANCHORS,
    expectations: defaultExpectations(AT),
    crypto: nodeSignatureCrypto,
  });
  return verdict.checks.find((check) => check.id === 'CRL')!;
}

describe('revocation lists', function () {
  this.timeout(60_000);
  let chain: Chain;
  before(async () => {
    chain = await makeChain(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign);
  });

  it('lists the check as not made where no list of the chain was given', async () => {
    assert.equal((await judge(chain)).status, 'skip');
    const foreign = await makeList(chain.ark.privateKey, { issuer: 'ARK-Genoa' });
    assert.deepEqual([(await judge(chain, foreign)).status], ['skip']);
  });

  it('passes under a current list of the root that names other certificates, and says of when it is', async () => {
    const check = await judge(chain, await makeList(chain.ark.privateKey, { revoked: ['010002'] }));
    assert.equal(check.status, 'pass');
    assert.match(check.actual ?? '', /2026-01-01/);
  });

  it('I20: does not pass by a list of the intermediate alone, which says nothing of the intermediate', async () => {
    const list = await makeList(chain.ask.privateKey, { issuer: 'SEV-Milan' });
    const { status, reason } = await judge(chain, list);
    assert.deepEqual(
      [status, reason],
      ['skip', 'not every issuer of the chain has a revocation list that was given'],
    );
  });

  it('passes under a list without entries', async () => {
    assert.equal((await judge(chain, await makeList(chain.ark.privateKey))).status, 'pass');
  });

  it('O5: refuses a chain whose intermediate is revoked by the root', async () => {
    const check = await judge(chain, await makeList(chain.ark.privateKey, { revoked: [ASK_SERIAL] }));
    assert.equal(check.status, 'fail');
    assert.match(check.reason ?? '', /010001 is revoked/);
  });

  it('O5: refuses a chain whose leaf is revoked by the intermediate', async () => {
    const list = await makeList(chain.ask.privateKey, { issuer: 'SEV-Milan', revoked: [VCEK_SERIAL] });
    assert.match((await judge(chain, list)).reason ?? '', /is revoked/);
  });

  it('looks for a serial number among those of its own issuer only', async () => {
    const list = await makeList(chain.ask.privateKey, { issuer: 'SEV-Milan', revoked: [ASK_SERIAL] });
    assert.equal((await judge(chain, list, await makeList(chain.ark.privateKey))).status, 'pass');
  });

  it('O5: refuses a list by another key under the issuer’s name', async () => {
    const list = await makeList(chain.ask.privateKey);
    assert.match((await judge(chain, list)).reason ?? '', /not signed by its issuer/);
  });

  it('O5: refuses a list that is out of date, and one of the future', async () => {
    const stale = await makeList(chain.ark.privateKey, { nextUpdate: new Date('2026-05-01') });
    assert.match((await judge(chain, stale)).reason ?? '', /out of date/);
    const early = await makeList(chain.ark.privateKey, { thisUpdate: new Date('2026-07-01') });
    assert.match((await judge(chain, early)).reason ?? '', /later than the check/);
  });

  it('refuses a partial list: its critical extension would change what it means', async () => {
    const extensions = [new x509.Extension('2.5.29.28', true, Uint8Array.of(0x30, 0))];
    const check = await judge(chain, await makeList(chain.ark.privateKey, { extensions }));
    assert.match(check.reason ?? '', /cannot be read/);
  });

  it('refuses a list of an issuer whose key may not sign lists', async () => {
    const other = await makeChain(x509.KeyUsageFlags.keyCertSign);
    assert.match((await judge(other, await makeList(other.ark.privateKey))).reason ?? '', /may not sign/);
  });

  it('refuses the second of two lists where only the first holds', async () => {
    const good = await makeList(chain.ark.privateKey);
    assert.equal((await judge(chain, good, Uint8Array.of(0x30, 0))).status, 'fail');
  });
});

describe('revocation lists that came with the evidence', function () {
  this.timeout(60_000);
  let chain: Chain;
  before(async () => {
    chain = await makeChain(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign);
  });
  const judgeBrought = async (
    brought: readonly Uint8Array[],
    own: readonly Uint8Array[] = [],
  ): Promise<Check> => {
    const { verdict } = await judgeRaw({
      endorsements: utf8(chain.pem),
      crls: brought,
      ownCrls: own,
      anchors: PINNED_ANCHORS,
      expectations: defaultExpectations(AT),
      crypto: nodeSignatureCrypto,
    });
    return verdict.checks.find((check) => check.id === 'CRL')!;
  };

  it('I20: make no check pass: whoever made the evidence chose them', async () => {
    const { status, reason } = await judgeBrought([await makeList(chain.ark.privateKey)]);
    assert.equal(status, 'skip');
    assert.match(reason ?? '', /came with the evidence/);
  });

  it('O5: revoke what they name, also once they are out of date', async () => {
    const revoked = [ASK_SERIAL];
    for (const nextUpdate of [NEXT, new Date('2026-02-01')])
      assert.match(
        (await judgeBrought([await makeList(chain.ark.privateKey, { revoked, nextUpdate })])).reason ?? '',
        /is revoked/,
      );
  });

  it('are no fault of evidence that is verified years later', async () => {
    const stale = await makeList(chain.ark.privateKey, { nextUpdate: new Date('2026-02-01') });
    assert.equal((await judgeBrought([stale])).status, 'skip');
    assert.equal((await judgeBrought([stale], [await makeList(chain.ark.privateKey)])).status, 'pass');
  });

  it('fail that cannot be read, or that another key signed', async () => {
    assert.equal((await judgeBrought([Uint8Array.of(0x30, 0)])).status, 'fail');
    assert.equal((await judgeBrought([await makeList(chain.ask.privateKey)])).status, 'fail');
  });
});

describe('the lists of a chain whose every issuer may revoke', function () {
  this.timeout(60_000);

  it('I20: are one by each issuer: the root’s alone says nothing of the signer', async () => {
    const chain = await makeChain(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign);
    const certificates = parsePemCertificates(chain.pem);
    const status = async (...own: readonly Uint8Array[]): Promise<string | undefined> => {
      const log = new CheckLog();
      const context = { own, brought: [], at: AT, crypto: nodeSignatureCrypto };
      await recordRevocation('UVM_CRL', certificates, [1, 2], context, log);
      return log.checks()[0]?.status;
    };
    const root = await makeList(chain.ark.privateKey);
    const intermediate = await makeList(chain.ask.privateKey, { issuer: 'SEV-Milan' });
    assert.deepEqual(
      [await status(), await status(root), await status(intermediate)],
      ['skip', 'skip', 'skip'],
    );
    assert.equal(await status(root, intermediate), 'pass');
    const revoking = await makeList(chain.ask.privateKey, { issuer: 'SEV-Milan', revoked: [VCEK_SERIAL] });
    assert.equal(await status(root, revoking), 'fail');
  });

  it('I20: of a UVM endorsement are the verifier’s own: those that came with the evidence prove nothing', async () => {
    const chain = await makeChain(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign);
    const lists = [
      await makeList(chain.ark.privateKey),
      await makeList(chain.ask.privateKey, { issuer: 'SEV-Milan' }),
    ];
    const real = parseUvmEndorsement(vectorFile('sets/aci-milan-v3-svn103-ec/reference-info.cose'));
    const uvm = { ...real, chain: parsePemCertificates(chain.pem) };
    const status = async (own: readonly Uint8Array[], brought: readonly Uint8Array[]) => {
      const context = { ...defaultExpectations(AT), crypto: nodeSignatureCrypto, crls: own };
      const checks = await verifyUvmEndorsement(
        { uvm, chain: null, parts: { crls: brought } } as unknown as Parameters<
          typeof verifyUvmEndorsement
        >[0],
        { anchors: PINNED_ANCHORS, uvm: PINNED_ANCHORS.uvm, ...context } as unknown as Parameters<
          typeof verifyUvmEndorsement
        >[1],
      );
      return checks.find(({ id }) => id === 'UVM_CRL')?.status;
    };
    assert.equal(await status(lists, []), 'pass');
    assert.equal(await status([], lists), 'skip');
  });
});
