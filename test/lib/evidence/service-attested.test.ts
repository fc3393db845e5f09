// The attestation service attested: evidence in its signing certificate. No certificate of a real service is published with
// its evidence, so the hierarchies are our own.

import assert from 'node:assert/strict';
import { createPrivateKey, sign, X509Certificate } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { parseAnchors, PINNED_ANCHORS } from '../../../src/lib/attestation/anchors.js';
import { CheckLog } from '../../../src/lib/attestation/check-log.js';
import { nodeSignatureCrypto } from '../../../src/lib/attestation/crypto/node-crypto.js';
import { defaultExpectations } from '../../../src/lib/attestation/expectations.js';
import { parseServiceKeys } from '../../../src/lib/attestation/maa/key-set.js';
import { SERVICE_EXTENSION, signedKeyText } from '../../../src/lib/attestation/maa/service-certificate.js';
import { parseAttestationToken } from '../../../src/lib/attestation/maa/token.js';
import { utf8 } from '../../../src/lib/base/bytes/arrays.js';
import { sha256 } from '../../../src/lib/base/bytes/digest.js';
import { REFERENCE_VALUES } from '../../../src/lib/contract/published/reference-values.js';
import type { ReportOptions } from '../../../src/lib/emulator/amd/authority.js';
import { renderAnchors } from '../../../src/lib/emulator/anchors.js';
import { openAttestationService } from '../../../src/lib/emulator/attestation-service/authority.js';
import {
  evidenceExtensions,
  SERVICE_HOST_DATA,
  type ServiceRoom,
} from '../../../src/lib/emulator/attestation-service/own-evidence.js';
import { memoryStateStore } from '../../../src/lib/emulator/state/state-store.js';
import { issueCertificate, type KeyedCertificate } from '../../../src/lib/emulator/tls/certificates.js';
import { recordService } from '../../../src/lib/evidence/check-service.js';
import { parseBundle, renderBundle } from '../../../src/lib/evidence/evidence-bundle.js';
import { piecesOfBundle } from '../../../src/lib/evidence/evidence-pieces.js';
import { verificationPlan } from '../../../src/lib/evidence/verification-plan.js';
import { verifyPieces } from '../../../src/lib/evidence/verify-evidence-file.js';
import { readKeySet } from '../../../src/lib/parties/attest-room.js';
import { emulatedRoom } from '../../support/emulated-evidence.js';
import { useTemporaryDirectory } from '../../support/temporary-directory.js';
import { testProcessor, testUtilityVm } from '../../support/emulated-trust.js';

type TextExtensions = readonly { readonly oid: string; readonly text: string }[];
const HOST_DATA = Buffer.from(SERVICE_HOST_DATA).toString('hex');

describe('the evidence of an attestation service', function () {
  this.timeout(60_000);
  let room: ServiceRoom;
  const directory = useTemporaryDirectory();
  before(async () => {
    room = { processor: await testProcessor(), utilityVm: await testUtilityVm() };
  });

  const certificate = (
    textExtensions?: (publicKey: string) => TextExtensions,
    notBefore = new Date(Date.now() - 3600_000),
  ): Promise<KeyedCertificate> =>
    issueCertificate({
      commonName: 'service',
      notBefore,
      years: 1,
      issuer: null,
      profile: { kind: 'authority', pathLength: 0 },
      ...(textExtensions === undefined ? {} : { textExtensions }),
    });

  const x5c = ({ certificatePem }: KeyedCertificate): string[] => [
    new X509Certificate(certificatePem).raw.toString('base64'),
  ];

  const own = (): ReturnType<typeof parseAnchors> => {
    const services = [{ issuer: 'https://maa', jwks: { keys: [] }, hostData: [HOST_DATA] }];
    return parseAnchors(
      renderAnchors({
        processors: [room.processor],
        utilityVm: room.utilityVm,
        attestationServices: services,
      }),
    );
  };

  /* Status by check, of a token by key `one`, whose certificate is this. */
  async function statuses(
    keyed: KeyedCertificate,
    changes: Partial<Parameters<typeof recordService>[2]> = {},
    extraKeys: readonly object[] = [],
  ): Promise<Record<string, string>> {
    const keys = parseServiceKeys({ keys: [{ kty: 'RSA', kid: 'one', x5c: x5c(keyed) }, ...extraKeys] });
    const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const token = parseAttestationToken(`${part({ kid: 'one' })}.${part({})}.AAAA`);
    const log = new CheckLog();
    const context = {
      anchors: own(),
      crypto: nodeSignatureCrypto,
      reference: REFERENCE_VALUES,
      at: new Date(),
      crls: [],
      brought: [],
      ...changes,
    };
    await recordService(token, keys, context, log);
    return Object.fromEntries(log.checks().map(({ id, status }) => [id, status]));
  }

  const good = (publicKey: string): TextExtensions => evidenceExtensions(publicKey, room);
  const withEvidence =
    (change: (evidence: Record<string, string>) => Record<string, string>) =>
    (publicKey: string): TextExtensions => {
      const [evidence, kind] = good(publicKey);
      const changed = change(JSON.parse(evidence!.text) as Record<string, string>);
      return [{ oid: evidence!.oid, text: JSON.stringify(changed) }, kind!];
    };
  const reportFor = (
    publicKey: string,
    hostData = SERVICE_HOST_DATA,
    options: ReportOptions = {},
  ): string => {
    const guest = room.processor.launchGuest(room.utilityVm.measurement, hostData);
    const data = Buffer.concat([sha256(`${publicKey}\0`), Buffer.alloc(32)]);
    return Buffer.from(room.processor.signReport(guest, data, options)).toString('base64url');
  };
  const withReport =
    (make: (publicKey: string) => string) =>
    (publicKey: string): TextExtensions =>
      withEvidence((evidence) => ({ ...evidence, SnpReport: make(publicKey) }))(publicKey);

  const ALL = ['SERVICE_EVIDENCE', 'SERVICE_KEY', 'SERVICE_ROOM', 'SERVICE_PROGRAM', 'SERVICE_ATTESTED'];
  const every = (status: string): Record<string, string> => Object.fromEntries(ALL.map((id) => [id, status]));

  it('hashes the key as PEM with line feeds and one NUL, as Microsoft’s own verifier does', () => {
    const spki = Buffer.from(
      'MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAs+AfUU1TfCR/oN72KXbl4WHbnGsHvXabFlFrLcY/hbjwtexu5EzgCxeXvWYQIp6ZE4T38OHeJP28UEy1be98N8la6nTSnBQc7JNQDQNHMZXHfP43kCVX6ZvLjoeU4Tx+dSymDYKtp2wtsdDeTclpu3x9mbh6OkDxlJxcO6tts6EBd0foLRwX67wL25XcaoemnvATla+DO+5eOaClT5Xj4f+Wi2ZGHe8Dsb2BDZa+ww/lAwQXf085lXlmeLk1YEMkTw5oRJulXQ0aanzhl0FGeIIXAlE0r3AxLcy++RHNQa9Ci7zKmnKV9+6BbX/r/AMIcxzzxOUeszAz1JpKJ8JZdwIDAQAB',
      'base64',
    );
    const text = Buffer.from(signedKeyText(spki)).toString('latin1');
    const lines = text.split('\n');
    assert.equal(lines[1], 'MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAs+AfUU1TfCR/oN72KXbl');
    assert.deepEqual(lines.slice(-3), ['dwIDAQAB', '-----END PUBLIC KEY-----', '\0']);
  });

  it('attests the service whose certificate carries it, under anchors that name its policy', async () => {
    assert.deepEqual(await statuses(await certificate(good)), every('pass'));
  });

  it('O9: leaves it open for a certificate without evidence', async () => {
    assert.deepEqual(await statuses(await certificate()), every('skip'));
  });

  it('is found in another certificate of the set over the same key, and nowhere else', async () => {
    const carrying = await certificate(good);
    const plain = await certificate();
    const other = { kty: 'RSA', kid: 'two', x5c: x5c(carrying) };
    assert.deepEqual(await statuses(plain, {}, [other]), every('skip'));
    const { n, e } = new X509Certificate(carrying.certificatePem).publicKey.export({ format: 'jwk' });
    const keys = parseServiceKeys({ keys: [{ kty: 'RSA', kid: 'one', n, e }, other] });
    assert.equal(keys.filter(({ certificate: found }) => found !== undefined).length, 1);
  });

  describe('in a key set that came in the bundle', () => {
    /* A token by the key of `keyed`, as the service would issue it: enough of one to see which keys count. */
    const tokenOf = (keyed: KeyedCertificate, iss = 'https://maa', kid = 'one'): string => {
      const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
      const iat = Math.floor(Date.now() / 1000) - 60;
      const signed = `${part({ alg: 'RS256', kid })}.${part({ iss, iat, nbf: iat, exp: iat + 3600 })}`;
      const signature = sign('sha256', Buffer.from(signed), createPrivateKey(keyed.privateKeyPem));
      return `${signed}.${signature.toString('base64url')}`;
    };
    const setOf = (keyed: KeyedCertificate) => ({ keys: [{ kty: 'RSA', kid: 'one', x5c: x5c(keyed) }] });

    /* Status of the signature, and of the service, with no key set of the verifier's own. */
    async function judged(
      token: string,
      jwks: object | undefined,
      changes: Partial<Parameters<typeof verificationPlan>[0]> = {},
    ): Promise<readonly (string | undefined)[]> {
      const plan = verificationPlan({
        anchors: own(),
        expectations: defaultExpectations(new Date()),
        emulatedAllowed: true,
        crypto: nodeSignatureCrypto,
        ...changes,
      });
      const pieces = {
        form: 'bundle' as const,
        parts: {},
        token,
        ...(jwks === undefined ? {} : { jwks: { ...jwks } }),
      };
      const { checks } = await verifyPieces(pieces, plan);
      return ['JWT_SIGNATURE', 'SERVICE_ATTESTED'].map(
        (id) => checks.find((check) => check.id === id)?.status,
      );
    }

    it('counts where its own evidence shows it to be an attested service’s, and the signature is by it', async () => {
      const keyed = await certificate(good);
      assert.deepEqual(await judged(tokenOf(keyed), setOf(keyed)), ['pass', 'pass']);
      const token = tokenOf(keyed);
      const forged = `${token.slice(0, token.lastIndexOf('.'))}.${tokenOf(await certificate()).split('.')[2]!}`;
      assert.deepEqual(await judged(forged, setOf(keyed)), ['fail', 'pass']);
    });

    it('is judged at the time at which the token was issued, also when the service’s certificate has long expired', async () => {
      const keyed = await certificate(good);
      const later = defaultExpectations(new Date(Date.now() + 5 * 365 * 86_400_000));
      const kept = await judged(tokenOf(keyed), setOf(keyed), { expectations: later });
      assert.deepEqual(kept, ['pass', 'pass']);
    });

    it('O9: counts for nothing without evidence, with another’s, with an unknown program, issuer or form', async () => {
      const keyed = await certificate(good);
      const plain = await certificate();
      const stolen = new X509Certificate(keyed.certificatePem).publicKey.export({
        type: 'spki',
        format: 'pem',
      });
      const swapped = await certificate(() => good(String(stolen)));
      const other = await certificate(withReport((key) => reportFor(key, Buffer.alloc(32, 7))));
      const open = ['skip', 'skip'];
      for (const one of [plain, swapped, other])
        assert.deepEqual(await judged(tokenOf(one), setOf(one)), open);
      assert.deepEqual(await judged(tokenOf(keyed), undefined), open);
      assert.deepEqual(await judged(tokenOf(keyed), { keys: 'none' }), open);
      assert.deepEqual(
        await judged(tokenOf(keyed, 'https://contoso.weu.attest.azure.net'), setOf(keyed)),
        open,
      );
      assert.deepEqual(await judged(tokenOf(keyed, 'https://maa', 'two'), setOf(keyed)), open);
      // The anchors of hardware know neither the chip nor the service.
      const shared = tokenOf(keyed, 'https://sharedweu.weu.attest.azure.net');
      assert.deepEqual(await judged(shared, setOf(keyed), { anchors: PINNED_ANCHORS }), open);
    });

    it('is read from a file for the bundle, and back from it; what is no key set is refused', async () => {
      const path = join(directory(), 'certs.json');
      const jwks = setOf(await certificate(good));
      writeFileSync(path, JSON.stringify(jwks));
      assert.deepEqual(await readKeySet(path), jwks);
      const { bundle } = await emulatedRoom();
      const read = parseBundle(utf8(renderBundle(bundle({ jwks }))));
      assert.deepEqual([read.jwks, piecesOfBundle(read).jwks], [jwks, jwks]);
      for (const text of ['', '[]', '{"keys":1}', '{"keys":[],"keys":[]}']) {
        writeFileSync(path, text);
        await assert.rejects(readKeySet(path), { code: 'JWKS_INVALID' }, text);
      }
    });

    it('never stands in for the verifier’s own: a key set that was stated decides alone', async () => {
      const keyed = await certificate(good);
      const stated = parseServiceKeys(setOf(await certificate()));
      const [signature] = await judged(tokenOf(keyed), setOf(keyed), { tokenKeys: stated });
      assert.equal(signature, 'fail');
    });
  });

  it('O9: refuses evidence of another service’s key', async () => {
    const victim = await certificate(good);
    const stolen = new X509Certificate(victim.certificatePem).publicKey.export({
      type: 'spki',
      format: 'pem',
    });
    const found = await statuses(await certificate(() => good(String(stolen))));
    assert.deepEqual(found, { ...every('pass'), SERVICE_KEY: 'fail', SERVICE_ATTESTED: 'fail' });
  });

  const broken: Record<string, [(publicKey: string) => TextExtensions, string]> = {
    'a flipped bit in the report': [
      withReport((key) => {
        const report = Buffer.from(reportFor(key), 'base64url');
        report[0xc0]! ^= 1;
        return report.toString('base64url');
      }),
      'SERVICE_ROOM',
    ],
    'a debuggable guest': [
      withReport((key) => reportFor(key, SERVICE_HOST_DATA, { debug: true })),
      'SERVICE_ROOM',
    ],
    'a report that the host asked for': [
      withReport((key) => reportFor(key, SERVICE_HOST_DATA, { vmpl: 3 })),
      'SERVICE_ROOM',
    ],
    'no endorsement of the guest': [
      withEvidence((evidence) => ({
        ...evidence,
        Endorsements: Buffer.from('{"Uvm":["AAAA"]}').toString('base64url'),
      })),
      'SERVICE_ROOM',
    ],
    'a chain that is none': [
      withEvidence((evidence) => ({ ...evidence, VcekCertChain: 'AAAA' })),
      'SERVICE_ROOM',
    ],
    'an evidence member left out': [
      withEvidence(({ SnpReport }) => ({ SnpReport: SnpReport! })),
      'SERVICE_EVIDENCE',
    ],
    'another kind of TEE': [
      (key) => [good(key)[0]!, { oid: SERVICE_EXTENSION.teeKind, text: 'sgx' }],
      'SERVICE_EVIDENCE',
    ],
    'no kind of TEE': [(key) => [good(key)[0]!], 'SERVICE_EVIDENCE'],
    'a kind of TEE and no evidence': [(key) => [good(key)[1]!], 'SERVICE_EVIDENCE'],
  };
  for (const [what, [extensions, failing]] of Object.entries(broken)) {
    it(`O9: refuses ${what}`, async () => {
      const found = await statuses(await certificate(extensions));
      assert.deepEqual([found[failing], found['SERVICE_ATTESTED']], ['fail', 'fail']);
    });
  }

  it('O9: refuses a certificate that has expired, and one that another key signed', async () => {
    const expired = await certificate(good, new Date('2020-01-01T00:00:00Z'));
    assert.equal((await statuses(expired))['SERVICE_EVIDENCE'], 'fail');
    const authority = await certificate();
    const issued = await issueCertificate({
      commonName: 'service',
      notBefore: new Date(Date.now() - 1000),
      years: 1,
      issuer: authority,
      profile: { kind: 'authority', pathLength: 0 },
      textExtensions: good,
    });
    assert.equal((await statuses(issued))['SERVICE_EVIDENCE'], 'fail');
  });

  it('O9: refuses the emulator’s evidence under AMD’s roots', async () => {
    const found = await statuses(await certificate(good), { anchors: PINNED_ANCHORS });
    assert.deepEqual([found['SERVICE_ROOM'], found['SERVICE_ATTESTED']], ['fail', 'fail']);
  });

  it('leaves it open under a policy that nobody here knows', async () => {
    const unknown = withReport((key) => reportFor(key, sha256('another program')));
    const found = await statuses(await certificate(unknown));
    assert.deepEqual(found, { ...every('pass'), SERVICE_PROGRAM: 'skip', SERVICE_ATTESTED: 'skip' });
  });

  it('O9: goes by the dated list under pinned roots: refuses a withdrawn policy, and takes an old one', async () => {
    // Pinned by its source; the roots themselves are the emulator's, whose keys sign here.
    const anchors = { ...own(), source: 'pinned' as const, attestationServices: [] };
    for (const [status, expected] of [['old', 'pass'] as const, ['withdrawn', 'fail'] as const]) {
      const row = { name: 'a service', hostData: HOST_DATA, status, date: '2026-01-01', source: 'here' };
      const reference = { ...REFERENCE_VALUES, services: [row] };
      const found = await statuses(await certificate(good), { anchors, reference });
      assert.deepEqual([found['SERVICE_PROGRAM'], found['SERVICE_ATTESTED']], [expected, expected]);
    }
  });

  it('is made by the emulator’s service, and said by SERVICE; a stated demand for it holds', async () => {
    const { processor, utilityVm } = room;
    const issuer = 'https://127.0.0.1:9443';
    const store = memoryStateStore();
    const clock = (): Date => new Date();
    const service = await openAttestationService({ issuer, store, clock, anchors: own(), room });
    const anchors = parseAnchors(
      renderAnchors({ processors: [processor], utilityVm, attestationServices: [service] }),
    );
    const runtimeData = Buffer.from('{"keys":[]}');
    const guest = processor.launchGuest(utilityVm.measurement, sha256('package policy'));
    const reportData = Buffer.concat([sha256(runtimeData), Buffer.alloc(32)]);
    const token = await service.attest({
      report: processor.signReport(guest, reportData),
      certificates: Buffer.from(processor.chain.vcek + processor.chain.ask + processor.chain.ark),
      uvm: utilityVm.endorsement,
      runtimeData,
      runtimeClaims: { keys: [] },
      nonce: null,
    });
    const plan = verificationPlan({
      anchors,
      expectations: defaultExpectations(new Date()),
      emulatedAllowed: true,
      required: ['SERVICE_ATTESTED'],
      crypto: nodeSignatureCrypto,
    });
    const verdict = await verifyPieces({ form: 'attestation-token', parts: {}, token }, plan);
    assert.equal(verdict.verdict, 'accepted');
    const said = verdict.statements.find(({ id }) => id === 'SERVICE');
    assert.match(said?.text ?? '', /It is itself attested\.$/);

    // The same key set with the evidence left out: SERVICE holds, and no longer says so; the demand is not met.
    const document = (await store.load('attestation-service')) as { privateKeyPem: string };
    const { n, e } = createPrivateKey(document.privateKeyPem).export({ format: 'jwk' });
    const kid = service.jwks.keys[0]!.kid;
    const bare = { ...plan, tokenKeys: parseServiceKeys({ keys: [{ kty: 'RSA', kid, n, e }] }) };
    const without = await verifyPieces({ form: 'attestation-token', parts: {}, token }, bare);
    assert.equal(without.verdict, 'unproven');
    assert.match(without.statements.find(({ id }) => id === 'SERVICE')?.text ?? '', /Not shown: that it is/);
  });
});
