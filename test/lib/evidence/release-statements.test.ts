// Statements of releases in a transparency ledger. Microsoft's are in its ledgers, and no file of one is published: signers,
// ledgers and statements are our own, in the form that its documentation gives.

import assert from 'node:assert/strict';
import { createHash, sign } from 'node:crypto';

import { decode, encode, Tagged } from 'cborg';

import { type Anchors, PINNED_ANCHORS } from '../../../src/lib/attestation/anchors.js';
import { CheckLog } from '../../../src/lib/attestation/check-log.js';
import { nodeSignatureCrypto } from '../../../src/lib/attestation/crypto/node-crypto.js';
import { parseReleaseStatement } from '../../../src/lib/attestation/releases/release-statement.js';
import { MICROSOFT_RELEASES } from '../../../src/lib/attestation/releases/release-anchors.js';
import type { Check } from '../../../src/lib/base/verdict/check.js';
import { REFERENCE_VALUES } from '../../../src/lib/contract/published/reference-values.js';
import {
  SERVICE_HOST_DATA,
  SERVICE_POLICY,
} from '../../../src/lib/emulator/attestation-service/own-evidence.js';
import { makeLedger } from '../../../src/lib/emulator/signing-transparency/ledger.js';
import {
  makeSigner,
  makeTransparent,
  messageOf,
  openReleases,
  type SignedParts,
  signStatement,
  type StatementSigner,
} from '../../../src/lib/emulator/signing-transparency/releases.js';
import { memoryStateStore } from '../../../src/lib/emulator/state/state-store.js';
import { issueCertificate, type KeyedCertificate } from '../../../src/lib/emulator/tls/certificates.js';
import { recordReleases, type ReleaseContext } from '../../../src/lib/evidence/release-statements.js';
import { freshKeyPairSync } from '../../../src/lib/keys/fresh-key.js';

const PROGRAM = Buffer.from(SERVICE_HOST_DATA).toString('hex');
const NOW = new Date();
const AT = Math.floor(NOW.getTime() / 1000) - 60;
const policyOf = (text: string): object => ({
  'security-policy-base64': Buffer.from(text).toString('base64'),
});

/* A signer for the same service, under a root that is nobody's. */
async function foreignSigner() {
  const notBefore = new Date(NOW.getTime() - 3600_000);
  const root = await issueCertificate({
    commonName: 'root of signers',
    notBefore,
    years: 1,
    issuer: null,
    profile: { kind: 'authority', pathLength: 0 },
  });
  return makeSigner('attestation', root, notBefore);
}

describe('a statement of what the attestation service runs', function () {
  this.timeout(60_000);
  let root: KeyedCertificate;
  let service: StatementSigner;
  let hsm: StatementSigner;
  let anchors: Anchors;
  const ledger = makeLedger('ledger.example');
  const others = makeLedger('ledger.example');

  before(async () => {
    const made = { notBefore: new Date(NOW.getTime() - 3600_000), years: 1, issuer: null } as const;
    root = await issueCertificate({
      ...made,
      commonName: 'root of signers',
      profile: { kind: 'authority', pathLength: 0 },
    });
    service = await makeSigner('attestation', root, made.notBefore);
    hsm = await makeSigner('hsm', root, made.notBefore);
    anchors = {
      ...PINNED_ANCHORS,
      source: 'file',
      releases: {
        signers: [service, hsm].map(({ service: about, subject, did }) => ({ service: about, subject, did })),
        ledgers: [{ ...ledger.key, status: 'latest' }],
      },
    };
  });

  async function judge(
    statements: readonly Uint8Array[],
    changes: Partial<ReleaseContext> = {},
  ): Promise<Readonly<Record<string, Check>>> {
    const log = new CheckLog();
    const context = {
      anchors,
      crypto: nodeSignatureCrypto,
      reference: REFERENCE_VALUES,
      at: NOW,
      crls: [],
      brought: [],
      serviceProgram: PROGRAM,
      ...changes,
    };
    await recordReleases(statements, context, log);
    return Object.fromEntries(log.checks().map((check) => [check.id, check]));
  }

  const statusOf = (checks: Readonly<Record<string, Check>>): string =>
    ['STATEMENT_FORM', 'STATEMENT_SIGNATURE', 'STATEMENT_LEDGER', 'SERVICE_RELEASE', 'HSM_RELEASE']
      .map((id) => checks[id]?.status)
      .join(' ');

  const stated = (policy = SERVICE_POLICY): SignedParts => signStatement(service, policyOf(policy), AT);
  const good = (): Uint8Array => makeTransparent(stated(), ledger, AT);
  const ofHsm = (): Uint8Array => makeTransparent(signStatement(hsm, {}, AT), ledger, AT);

  it('names the policy that the service was shown to run under, its version and the place in the ledger', async () => {
    const checks = await judge([good()]);
    assert.equal(statusOf(checks), 'pass pass pass pass skip');
    assert.match(
      checks['SERVICE_RELEASE']?.actual ?? '',
      new RegExp(`^${PROGRAM}: security version 1, commit 0+`),
    );
    assert.match(checks['STATEMENT_LEDGER']?.actual ?? '', /^ledger\.example as 2\.\d+, 20/);
  });

  it('of HSMs is its signer’s word: the digest of its payload and its claims are shown', async () => {
    const checks = await judge([ofHsm()]);
    assert.equal(statusOf(checks), 'pass pass pass skip pass');
    assert.match(
      checks['HSM_RELEASE']?.actual ?? '',
      /^its signer’s word: payload of SHA-256 [0-9a-f]{64}, security version 1/,
    );
    assert.match(checks['SERVICE_RELEASE']?.reason ?? '', /no statement about the attestation service/);
  });

  it('is skipped whole where none came along', async () => {
    assert.equal(statusOf(await judge([])), 'skip skip skip skip skip');
  });

  it('is read again by an emulator as it was made', async () => {
    const store = memoryStateStore();
    const first = await openReleases(store, () => NOW);
    assert.deepEqual(await openReleases(store, () => NOW), first);
    const kept = (await store.load('signing-transparency')) as Record<string, never>;
    await store.save('signing-transparency', { ...kept, statements: { attestation: '!', hsm: '' } });
    await assert.rejects(
      openReleases(store, () => NOW),
      { code: 'EMULATOR_STATE_CORRUPT' },
    );
  });

  it('of an emulator is never signed before its signer’s certificate, however long the keys take', async () => {
    let time = NOW.getTime() - 600_000;
    const made = await openReleases(memoryStateStore(), () => new Date((time += 5000)));
    const ledgers = made.ledgers.map((key) => ({ ...key, status: 'latest' as const }));
    const own = { ...anchors, releases: { signers: made.signers, ledgers } };
    const checks = await judge(Object.values(made.statements), { anchors: own });
    assert.equal(statusOf(checks), 'pass pass pass pass pass');
  });

  it('counts where one of several is about the program that runs, and where none is, fails', async () => {
    const old = makeTransparent(stated('package policy # of last year\n'), ledger, AT);
    assert.equal(statusOf(await judge([old, good(), ofHsm()])), 'pass pass pass pass pass');
    assert.equal(statusOf(await judge([old, old])), 'pass pass pass fail skip');
  });

  it('is compared with nothing where the service is not shown to be attested', async () => {
    const checks = await judge([good()], { serviceProgram: null });
    assert.equal(statusOf(checks), 'pass pass pass skip skip');
    assert.match(checks['SERVICE_RELEASE']?.reason ?? '', /can be compared with nothing/);
  });

  it('says nothing of the program where it states a digest or no policy', async () => {
    const digest = resigned(service, { 258: -16, 3: undefined });
    assert.equal(statusOf(await judge([makeTransparent(digest, ledger, AT)])), 'pass pass pass skip skip');
    const enclave = signStatement(service, { 'sgx-enclave': {} }, AT);
    assert.equal(statusOf(await judge([makeTransparent(enclave, ledger, AT)])), 'pass pass pass skip skip');
  });

  /* The statement of `signer` with members of its protected header set, or taken out where undefined, signed again. */
  function resigned(
    signer: StatementSigner,
    header: Readonly<Record<number, unknown>>,
    claims: Readonly<Record<string | number, unknown>> = {},
    payload?: Uint8Array,
  ): SignedParts {
    const parts = signStatement(signer, policyOf(SERVICE_POLICY), AT);
    const tags = Tagged.preserve(1);
    const map = decode(parts.protectedHeader, { useMaps: true, tags }) as Map<unknown, unknown>;
    const inner = map.get(15) as Map<unknown, unknown>;
    change(map, header);
    change(inner, claims);
    const protectedHeader = encode(map);
    const body = payload ?? parts.payload;
    const toBeSigned = encode(['Signature1', protectedHeader, new Uint8Array(), body]);
    return { protectedHeader, payload: body, signature: signPss(signer, toBeSigned) };
  }

  const change = (map: Map<unknown, unknown>, members: Readonly<Record<string | number, unknown>>): void => {
    for (const [name, value] of Object.entries(members)) {
      const label = /^-?\d+$/.test(name) ? Number(name) : name;
      if (value === undefined) map.delete(label);
      else map.set(label, value);
    }
  };

  const signPss = ({ privateKeyPem }: StatementSigner, bytes: Uint8Array): Uint8Array =>
    Uint8Array.from(sign('sha384', bytes, { key: privateKeyPem, padding: 6, saltLength: -1 }));

  const FORM: Record<string, [RegExp, () => Uint8Array]> = {
    'another subject': [
      /no publisher is trusted/,
      () => messageOf(resigned(service, {}, { 2: 'some-other-service' }), []),
    ],
    'no issuer': [/iss or sub/, () => messageOf(resigned(service, {}, { 1: undefined }), [])],
    'a number for a subject': [/iss or sub/, () => messageOf(resigned(service, {}, { 2: 7 }), [])],
    'no claims': [/no CWT claims/, () => messageOf(resigned(service, { 15: undefined }), [])],
    'claims that are no map': [/no CWT claims/, () => messageOf(resigned(service, { 15: 'claims' }), [])],
    'a negative version': [/svn/, () => messageOf(resigned(service, {}, { svn: -1 }), [])],
    'a version that is a text': [/svn/, () => messageOf(resigned(service, {}, { svn: '1' }), [])],
    'a time that is none': [/iat/, () => messageOf(resigned(service, {}, { 6: 'today' }), [])],
    'a time before 1970': [/iat/, () => messageOf(resigned(service, {}, { 6: -5 }), [])],
    'a content type that is not JSON': [
      /JSON or a digest/,
      () => messageOf(resigned(service, { 3: 'text/plain' }), []),
    ],
    'no content type': [/JSON or a digest/, () => messageOf(resigned(service, { 3: undefined }), [])],
    'a payload that is no JSON': [
      /not JSON/,
      () => messageOf(resigned(service, {}, {}, Buffer.from('policy')), []),
    ],
    'a payload that is not UTF-8': [
      /not UTF-8/,
      () => messageOf(resigned(service, {}, {}, Buffer.from([0xff])), []),
    ],
    'a payload that is a list': [
      /no JSON object/,
      () => messageOf(resigned(service, {}, {}, Buffer.from('[]')), []),
    ],
    'a member of its payload twice': [
      /duplicate member/,
      () => messageOf(resigned(service, {}, {}, Buffer.from('{"source":1,"source":2}')), []),
    ],
    'a policy that is not base64': [
      /not base64/,
      () => messageOf(resigned(service, {}, {}, Buffer.from('{"security-policy-base64":"***"}')), []),
    ],
    'an empty policy': [
      /not base64/,
      () => messageOf(resigned(service, {}, {}, Buffer.from('{"security-policy-base64":""}')), []),
    ],
    'a policy that is no text': [
      /not base64/,
      () => messageOf(resigned(service, {}, {}, Buffer.from('{"security-policy-base64":[]}')), []),
    ],
    'no certificates': [/no x5chain/, () => messageOf(resigned(service, { 33: undefined }), [])],
    'a certificate that cannot be read': [
      /not a DER certificate/,
      () => messageOf(resigned(service, { 33: [Buffer.from('x')] }), []),
    ],
    'a critical header that is not read': [
      /not understood/,
      () => messageOf(resigned(service, { 2: [15, 99], 99: 1 }), []),
    ],
    'a critical header that is absent': [
      /not understood/,
      () => messageOf(resigned(service, { 2: [258] }), []),
    ],
    'an empty critical header': [/not understood/, () => messageOf(resigned(service, { 2: [] }), [])],
    'no tag': [/no tag 18/, () => good().slice(1)],
    'bytes behind it': [/CBOR/, () => Buffer.concat([good(), Buffer.from([0])])],
    'a payload that is elsewhere': [
      /no embedded payload/,
      () => {
        const { protectedHeader, signature } = stated();
        return encode(new Tagged(18, [protectedHeader, new Map(), null, signature]));
      },
    ],
    'an array of indefinite length': [
      /indefinite/,
      () => {
        const bytes = Buffer.from(good());
        bytes[1] = 0x9f;
        return Buffer.concat([bytes, Buffer.from([0xff])]);
      },
    ],
    'a label of its header twice': [
      /repeat map key "1"/,
      () => {
        const { protectedHeader, payload, signature } = stated();
        const twice = Buffer.concat([
          Buffer.from([protectedHeader[0]! + 1]),
          protectedHeader.slice(1),
          encode(1),
          encode(-38),
        ]);
        return encode(new Tagged(18, [twice, new Map(), payload, signature]));
      },
    ],
    'a label of its other header twice': [
      /repeat map key "394"/,
      () => {
        const { protectedHeader, payload, signature } = stated();
        const member = [encode(394), encode([Buffer.from('receipt')])];
        const start = [Buffer.from([0xd2, 0x84]), encode(protectedHeader), Buffer.from([0xa2])];
        return Buffer.concat([...start, ...member, ...member, encode(payload), encode(signature)]);
      },
    ],
    nothing: [/CBOR/, () => new Uint8Array()],
    'more than 4 MiB': [/4194305 bytes/, () => new Uint8Array(4 * 1024 * 1024 + 1)],
  };
  for (const [what, [reason, make]] of Object.entries(FORM))
    it(`is in no known form with ${what}`, async () => {
      const checks = await judge([make()]);
      assert.match(statusOf(checks), /^fail/);
      assert.match(checks['STATEMENT_FORM']?.reason ?? '', reason);
    });

  it('is refused by form where there are more than sixteen', async () => {
    assert.match(statusOf(await judge(Array.from({ length: 17 }, good))), /^fail skip skip skip/);
  });

  it('is malformed evidence where its certificate is, for whoever reads one alone', () => {
    const message = messageOf(resigned(service, { 33: [Buffer.from('x')] }), []);
    assert.throws(() => parseReleaseStatement(message), { code: 'EVIDENCE_MALFORMED' });
  });

  it('is held against revocation lists: one that cannot be read refuses it', async () => {
    const checks = await judge([good()], { crls: [Buffer.from('no list')] });
    assert.equal(statusOf(checks), 'pass fail pass skip skip');
    assert.match(checks['STATEMENT_SIGNATURE']?.reason ?? '', /revocation list/);
  });

  it('may name as critical what is read here', async () => {
    const critical = makeTransparent(resigned(service, { 2: [15, 33] }), ledger, AT);
    assert.equal(statusOf(await judge([critical])), 'pass pass pass pass skip');
  });

  it('may have a time without a tag, a single certificate in no list is none of a trusted issuer', async () => {
    const untagged = makeTransparent(resigned(service, {}, { 6: AT }), ledger, AT);
    assert.equal(statusOf(await judge([untagged])), 'pass pass pass pass skip');
    const leafOnly = makeTransparent(resigned(service, { 33: service.chain[0] }), ledger, AT);
    assert.match(statusOf(await judge([leafOnly])), /^pass fail/);
  });

  const UNSIGNED: Record<string, [() => Uint8Array | Promise<Uint8Array>, RegExp]> = {
    'its payload was swapped': [
      () => {
        const other = signStatement(service, policyOf('package policy # another\n'), AT);
        return makeTransparent({ ...stated(), payload: other.payload }, ledger, AT);
      },
      /did not sign/,
    ],
    'the signer of another service signed it': [
      () => makeTransparent(resigned({ ...hsm, subject: service.subject }, {}), ledger, AT),
      /^statement 1 of 1: it is by/,
    ],
    'another service’s signer writes the issuer of this one': [
      () => makeTransparent(resigned({ ...hsm, subject: service.subject, did: service.did }, {}), ledger, AT),
      /no extended key usage/,
    ],
    'the genuine chain stands over another’s signature': [
      () => makeTransparent(resigned({ ...service, privateKeyPem: hsm.privateKeyPem }, {}), ledger, AT),
      /did not sign/,
    ],
    'its chain leads to another root': [
      async () => {
        const signer = await foreignSigner();
        return makeTransparent(resigned({ ...signer, did: service.did }, {}), ledger, AT);
      },
      /fingerprint/,
    ],
    'the genuine root is appended to another chain': [
      async () => {
        const signer = await foreignSigner();
        const chain = [...signer.chain, service.chain[1]!];
        return makeTransparent(resigned({ ...signer, chain, did: service.did }, {}), ledger, AT);
      },
      /./,
    ],
    'it was signed before its certificate': [
      () => makeTransparent(resigned(service, {}, { 6: AT - 86_400 }), ledger, AT),
      /valid|not before|until/i,
    ],
    'its algorithm stands in the unprotected header only': [
      () => {
        const { protectedHeader, payload, signature } = resigned(service, { 1: undefined });
        return encode(new Tagged(18, [protectedHeader, new Map([[1, -38]]), payload, signature]));
      },
      /no algorithm in the protected header/,
    ],
    'its algorithm stands in both headers': [
      () => {
        const { protectedHeader, payload, signature } = stated();
        return encode(new Tagged(18, [protectedHeader, new Map([[1, -38]]), payload, signature]));
      },
      /unprotected header/,
    ],
    'its algorithm is one of another key': [
      () => messageOf(resigned(service, { 1: -35 }), []),
      /does not fit/,
    ],
    'its thumbprint is of another certificate': [
      () => messageOf(resigned(service, { 34: [-16, Buffer.alloc(32)] }), []),
      /x5t/,
    ],
  };
  for (const [what, [make, reason]] of Object.entries(UNSIGNED))
    it(`is by nobody who may make it where ${what}`, async () => {
      const checks = await judge([await make()]);
      assert.match(statusOf(checks), /^pass fail .* skip skip$/);
      assert.match(checks['STATEMENT_SIGNATURE']?.reason ?? '', reason);
    });

  const kid = (): string => ledger.key.kid;
  const hashed = (...parts: Uint8Array[]): Uint8Array => {
    const hash = createHash('sha256');
    parts.forEach((part) => hash.update(part));
    return Uint8Array.from(hash.digest());
  };
  /* The receipt that `ledger` gave for `statement`, its parts as values. */
  const receiptOf = (parts: SignedParts): Uint8Array[] => {
    const receipt: unknown = decode(ledger.register(messageOf(parts, []), AT), {
      useMaps: true,
      tags: Tagged.preserve(18),
    });
    return (receipt as Tagged).value as Uint8Array[];
  };
  const withProof = (parts: SignedParts, proof: unknown): Uint8Array => {
    const [header, , , signature] = receiptOf(parts);
    const unprotected = new Map([[396, new Map([[-1, [proof]]])]]);
    return encode(new Tagged(18, [header, unprotected, null, signature]));
  };
  const UNHELD: Record<string, [(parts: SignedParts) => unknown[], RegExp]> = {
    'there is no receipt': [() => [], /no receipt/],
    'another ledger, of the same name, gave the receipt': [
      (parts) => [others.register(messageOf(parts, []), AT)],
      /not among those/,
    ],
    'another ledger’s key signed under the key id of this one': [
      (parts) => {
        const [header, unprotected, , signature] = (
          decode(others.register(messageOf(parts, []), AT), {
            useMaps: true,
            tags: Tagged.preserve(18),
          }) as Tagged
        ).value as Uint8Array[];
        const map = decode(header!, { useMaps: true }) as Map<unknown, unknown>;
        map.set(4, Buffer.from(kid()));
        return [encode(new Tagged(18, [encode(map), unprotected, null, signature]))];
      },
      /did not sign the root/,
    ],
    'the receipt is of another statement': [
      () => [ledger.register(messageOf(stated('other'), []), AT)],
      /another statement/,
    ],
    'the tree is another than the one signed': [
      (parts) => {
        const [header, , , signature] = receiptOf(stated('an older one'));
        const [, unprotected] = receiptOf(parts);
        return [encode(new Tagged(18, [header, unprotected, null, signature]))];
      },
      /did not sign the root/,
    ],
    'the proof has no path': [
      (parts) => [
        withProof(
          parts,
          encode(
            new Map<number, unknown>([
              [1, leafOf(parts)],
              [2, []],
            ]),
          ),
        ),
      ],
      /path is empty/,
    ],
    'the path is longer than any tree': [
      (parts) => {
        const path = Array.from({ length: 65 }, () => [true, hashed(Buffer.from('a'))]);
        return [
          withProof(
            parts,
            encode(
              new Map<number, unknown>([
                [1, leafOf(parts)],
                [2, path],
              ]),
            ),
          ),
        ];
      },
      /no short array/,
    ],
    'the proof is of indefinite length': [
      (parts) => [withProof(parts, Buffer.from('bf01ff', 'hex'))],
      /indefinite/,
    ],
    'the receipt says where twice': [(parts) => [withProof(parts, Buffer.from('a2010001', 'hex'))], /./],
    'the evidence of the leaf is no text': [
      (parts) => {
        const [first, , data] = leafOf(parts);
        return [
          withProof(
            parts,
            encode(
              new Map<number, unknown>([
                [1, [first, -1, data]],
                [2, [[true, first]]],
              ]),
            ),
          ),
        ];
      },
      /no text/,
    ],
    'the receipts are seventeen': [
      (parts) => Array.from({ length: 17 }, () => ledger.register(messageOf(parts, []), AT)),
      /1 to 16/,
    ],
    'what stands for a receipt is a number': [() => [-7], /no byte string/],
  };
  const leafOf = (parts: SignedParts): readonly [Uint8Array, string, Uint8Array] => [
    hashed(Buffer.from('transaction')),
    'ce:2.9:beef',
    hashed(messageOf(parts, [])),
  ];
  for (const [what, [receipts, reason]] of Object.entries(UNHELD))
    it(`is held by no known ledger where ${what}`, async () => {
      const parts = stated();
      const found = receipts(parts);
      const unprotected = new Map(found.length === 0 ? [] : [[394, found]]);
      const { protectedHeader, payload, signature } = parts;
      const checks = await judge([
        encode(new Tagged(18, [protectedHeader, unprotected, payload, signature])),
      ]);
      assert.equal(statusOf(checks), 'pass pass skip skip skip');
      assert.match(checks['STATEMENT_LEDGER']?.reason ?? '', reason);
    });

  it('is held where one of two receipts holds, and the other is told', async () => {
    const parts = stated();
    const two = [others.register(messageOf(parts, []), AT), ledger.register(messageOf(parts, []), AT)];
    for (const receipts of [two, [...two].reverse()]) {
      const checks = await judge([messageOf(parts, receipts)]);
      assert.equal(statusOf(checks), 'pass pass pass pass skip');
      assert.match(
        checks['STATEMENT_LEDGER']?.actual ?? '',
        /a further receipt that is not accepted: the ledger ledger\.example/,
      );
    }
  });

  it('is not held by a ledger whose key is of another curve, or withdrawn', async () => {
    const { publicKey } = freshKeyPairSync({ type: 'ec', curve: 'P-256' });
    const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
    const withKey = (key: object): Anchors => ({
      ...anchors,
      releases: { ...anchors.releases, ledgers: [{ ...ledger.key, status: 'latest', ...key }] },
    });
    const curve = await judge([good()], { anchors: withKey({ jwk: { kty: 'EC', crv: 'P-256', x, y } }) });
    assert.match(curve['STATEMENT_LEDGER']?.reason ?? '', /does not fit/);
    const withdrawn = await judge([good()], { anchors: withKey({ status: 'withdrawn' }) });
    assert.match(withdrawn['STATEMENT_LEDGER']?.reason ?? '', /withdrawn/);
    assert.equal(statusOf(withdrawn), 'pass pass skip skip skip');
  });

  it('of one that is not held says nothing for another that is', async () => {
    const open = messageOf(stated(), []);
    const checks = await judge([open, ofHsm()]);
    assert.equal(statusOf(checks), 'pass pass skip skip pass');
    assert.match(checks['SERVICE_RELEASE']?.reason ?? '', /contained in a known ledger/);
  });

  it('under the pinned anchors is Microsoft’s alone, by the keys of the dated table', async () => {
    assert.equal(PINNED_ANCHORS.releases, MICROSOFT_RELEASES);
    const checks = await judge([good()], { anchors: PINNED_ANCHORS });
    assert.match(statusOf(checks), /^fail skip skip skip/);
    const renamed = { ...service, subject: MICROSOFT_RELEASES.signers[0]!.subject };
    const claimed = makeTransparent(signStatement(renamed, policyOf(SERVICE_POLICY), AT), ledger, AT);
    assert.match(statusOf(await judge([claimed], { anchors: PINNED_ANCHORS })), /^pass fail skip skip/);
    const microsoft = { ...renamed, did: MICROSOFT_RELEASES.signers[0]!.did };
    const forged = makeTransparent(signStatement(microsoft, policyOf(SERVICE_POLICY), AT), ledger, AT);
    const found = await judge([forged], { anchors: PINNED_ANCHORS });
    assert.match(found['STATEMENT_SIGNATURE']?.reason ?? '', /fingerprint/);
    const reference = {
      ...REFERENCE_VALUES,
      ledgers: [{ ...ledger.key, status: 'latest' as const, date: '2026-01-01', source: 'this test' }],
    };
    const known = await judge([good()], {
      anchors: { ...anchors, releases: { ...anchors.releases, ledgers: null } },
      reference,
    });
    assert.equal(statusOf(known), 'pass pass pass pass skip');
  });
});
