// The attestation service: what it refuses, and what its tokens say. Evidence is made here; the sidecar is not in it.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';

import { decodeJwt, decodeProtectedHeader } from 'jose';

import { parseAnchors } from '../../src/lib/attestation/anchors.js';
import { nodeSignatureCrypto } from '../../src/lib/attestation/crypto/node-crypto.js';
import { defaultExpectations } from '../../src/lib/attestation/expectations.js';
import type { ReportOptions } from '../../src/lib/emulator/amd/authority.js';
import { emulatedAnchors, renderAnchors } from '../../src/lib/emulator/anchors.js';
import { openAttestationService } from '../../src/lib/emulator/attestation-service/authority.js';
import { createAttestationHandler } from '../../src/lib/emulator/attestation-service/handler.js';
import { memoryStateStore } from '../../src/lib/emulator/state/state-store.js';
import { testProcessor, testUtilityVm } from '../support/emulated-trust.js';
import { judgePieces } from '../support/judge.js';
import { send } from '../support/wire-request.js';

const ISSUER = 'https://127.0.0.1:9443';
const HOST_DATA = createHash('sha256').update('package policy').digest();
const RUNTIME = JSON.stringify({
  keys: [{ kty: 'RSA', kid: 'one', n: 'AQAB', e: 'AQAB', key_ops: ['encrypt'] }],
});

async function service() {
  const [processor, utilityVm] = [await testProcessor(), await testUtilityVm()];
  const sources = { processors: [processor], utilityVm, attestationServices: [] };
  const opened = await openAttestationService({
    issuer: ISSUER,
    store: memoryStateStore(),
    clock: () => new Date(),
    anchors: emulatedAnchors(sources),
  });
  return { processor, utilityVm, sources, opened, handler: createAttestationHandler(opened) };
}

type Service = Awaited<ReturnType<typeof service>>;

interface Changes {
  readonly runtimeData?: string;
  /** What REPORT_DATA is the hash of, where it is not the runtime data. */
  readonly hashed?: string;
  readonly options?: ReportOptions;
  readonly measurement?: Uint8Array;
  readonly report?: (report: Uint8Array) => Uint8Array;
  readonly chain?: string;
  readonly uvm?: Uint8Array | null;
  readonly encode?: (bytes: Uint8Array) => string;
  /** As text, to be put into the JSON as it is. */
  readonly nonce?: string;
}

const padded = (bytes: Uint8Array): string =>
  Buffer.from(bytes).toString('base64').replaceAll('+', '-').replaceAll('/', '_');
const unpadded = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url');

/* The body as the sidecar writes it. */
function requestBody({ processor, utilityVm }: Service, changes: Changes = {}): string {
  const { encode = padded, runtimeData = RUNTIME, chain, uvm = utilityVm.endorsement } = changes;
  const reportData = Buffer.alloc(64);
  createHash('sha256')
    .update(changes.hashed ?? runtimeData)
    .digest()
    .copy(reportData);
  const guest = processor.launchGuest(changes.measurement ?? utilityVm.measurement, HOST_DATA);
  const signed = processor.signReport(guest, reportData, changes.options);
  const { vcek, ask, ark } = processor.chain;
  const inner = {
    SnpReport: encode(changes.report?.(signed) ?? signed),
    VcekCertChain: encode(Buffer.from(chain ?? vcek + ask + ark)),
    ...(uvm === null ? {} : { Endorsements: encode(Buffer.from(JSON.stringify({ Uvm: [encode(uvm)] }))) }),
  };
  const body = JSON.stringify({
    report: encode(Buffer.from(JSON.stringify(inner))),
    runtimeData: { data: encode(Buffer.from(runtimeData)), dataType: 'JSON' },
    initTimeData: { data: '', dataType: '' },
  });
  return changes.nonce === undefined ? body : `${body.slice(0, -1)},"nonce":${changes.nonce}}`;
}

function attest({ handler }: Service, body: string, path = '/attest/SevSnpVM?api-version=2020-10-01') {
  return send(handler, 'POST', `${ISSUER}${path}`, { body });
}

describe('emulated attestation service', () => {
  let maa: Service;
  before(async () => (maa = await service()));

  it('mints the claims of confidential ACI, with the types that release policies rely on, and no others', async () => {
    const { status, json } = await attest(maa, requestBody(maa, { nonce: '17251908463124456789' }));
    assert.equal(status, 200);
    const token = json['token'] as string;
    const claims = decodeJwt(token);
    assert.deepEqual(Object.keys(claims).sort(), [
      'exp',
      'iat',
      'iss',
      'jti',
      'nbf',
      'nonce',
      'x-ms-attestation-type',
      'x-ms-compliance-status',
      'x-ms-policy-hash',
      'x-ms-runtime',
      'x-ms-sevsnpvm-authorkeydigest',
      'x-ms-sevsnpvm-bootloader-svn',
      'x-ms-sevsnpvm-familyId',
      'x-ms-sevsnpvm-guestsvn',
      'x-ms-sevsnpvm-hostdata',
      'x-ms-sevsnpvm-idkeydigest',
      'x-ms-sevsnpvm-imageId',
      'x-ms-sevsnpvm-is-debuggable',
      'x-ms-sevsnpvm-launchmeasurement',
      'x-ms-sevsnpvm-microcode-svn',
      'x-ms-sevsnpvm-migration-allowed',
      'x-ms-sevsnpvm-reportdata',
      'x-ms-sevsnpvm-reportid',
      'x-ms-sevsnpvm-smt-allowed',
      'x-ms-sevsnpvm-snpfw-svn',
      'x-ms-sevsnpvm-tee-svn',
      'x-ms-sevsnpvm-vmpl',
      'x-ms-ver',
    ]);
    assert.equal(claims['nonce'], '17251908463124456789');
    assert.equal(claims.exp! - claims.iat!, 28_800);
    assert.equal(claims.nbf, claims.iat);
    assert.match(claims.jti!, /^[0-9a-f]{64}$/);
    assert.equal(claims['x-ms-sevsnpvm-hostdata'], HOST_DATA.toString('hex'));
    assert.strictEqual(claims['x-ms-sevsnpvm-is-debuggable'], false);
    assert.strictEqual(claims['x-ms-sevsnpvm-vmpl'], 0);
    assert.strictEqual(claims['x-ms-sevsnpvm-guestsvn'], 2);
    assert.strictEqual(claims['x-ms-sevsnpvm-microcode-svn'], 219);
    assert.deepEqual(claims['x-ms-runtime'], JSON.parse(RUNTIME));
    const header = decodeProtectedHeader(token);
    assert.deepEqual([header.alg, header.typ, header.jku], ['RS256', 'JWT', `${ISSUER}/certs`]);
    assert.equal(header.x5c, undefined);
  });

  it('mints tokens that the product’s verifier accepts by the published keys', async () => {
    const token = (await attest(maa, requestBody(maa))).json['token'] as string;
    const { json: jwks } = await send(maa.handler, 'GET', `${ISSUER}/certs`);
    const anchors = parseAnchors(renderAnchors({ ...maa.sources, attestationServices: [maa.opened] }));
    const { hostData } = maa.opened;
    assert.deepEqual(anchors.attestationServices, [{ issuer: ISSUER, jwks, hostData }]);
    const { verdict } = await judgePieces(
      { form: 'pieces', parts: {}, token },
      {
        anchors,
        expectations: {
          ...defaultExpectations(new Date()),
          tokenIssuers: [ISSUER],
          hostData: HOST_DATA.toString('hex'),
        },
        crypto: nodeSignatureCrypto,
        required: ['JWT_SIGNATURE', 'JWT_ISS', 'CLAIM_HOSTDATA', 'CLAIM_COMPLIANCE'],
      },
    );
    assert.equal(verdict.verdict, 'accepted');
    assert.deepEqual(
      verdict.checks.filter(({ status }) => status === 'fail'),
      [],
    );
  });

  it('takes both api-versions, the path in any case, and base64url with and without padding', async () => {
    for (const path of ['/attest/SevSnpVm?api-version=2022-08-01', '/Attest/sevsnpvm?api-version=2020-10-01'])
      for (const encode of [padded, unpadded])
        assert.equal((await attest(maa, requestBody(maa, { encode }), path)).status, 200);
    const wrong = await attest(maa, requestBody(maa), '/attest/SevSnpVm?api-version=2019-01-01');
    assert.equal(wrong.status, 400);
  });

  it('publishes its metadata in both spellings, and keys by certificate alone', async () => {
    const { handler } = maa;
    const { json } = await send(handler, 'GET', `${ISSUER}/.well-known/openid-configuration`);
    assert.equal(json['issuer'], ISSUER);
    assert.equal(json['jwks_uri'], `${ISSUER}/certs`);
    assert.equal(json['jwksUri'], json['jwks_uri']);
    const { json: jwks } = await send(handler, 'GET', `${ISSUER}/certs`);
    const [key] = jwks['keys'] as Record<string, unknown>[];
    assert.deepEqual(Object.keys(key!).sort(), ['kid', 'kty', 'x5c']);
  });

  it('says that a guest is debuggable or not at VMPL 0, and leaves the decision to the release policy', async () => {
    const body = requestBody(maa, { options: { debug: true, migrationAgent: true, vmpl: 3 } });
    const claims = decodeJwt((await attest(maa, body)).json['token'] as string);
    assert.strictEqual(claims['x-ms-sevsnpvm-is-debuggable'], true);
    assert.strictEqual(claims['x-ms-sevsnpvm-migration-allowed'], true);
    assert.strictEqual(claims['x-ms-sevsnpvm-vmpl'], 3);
  });

  it('calls a guest compliant only where its measurement is endorsed', async () => {
    const claims = decodeJwt((await attest(maa, requestBody(maa, { uvm: null }))).json['token'] as string);
    assert.equal('x-ms-compliance-status' in claims, false);
  });

  const refused: Record<string, [Changes, string]> = {
    'I9: refuses an old report for new runtime data': [{ hashed: '{"keys":[]}' }, 'REPORT_DATA'],
    'refuses a report with one bit of HOST_DATA flipped': [{ report: flip(0xc0) }, 'REPORT_SIGNATURE'],
    'refuses a report with one bit of its signature flipped': [{ report: flip(0x2a0) }, 'REPORT_SIGNATURE'],
    'refuses data behind the signature': [{ report: flip(0x400) }, 'REPORT_RESERVED'],
    'refuses a report that is too short': [{ report: (report) => report.subarray(0, 1183) }, 'REPORT_LENGTH'],
    'refuses a guest that is not the endorsed one': [{ measurement: new Uint8Array(48) }, 'MEASUREMENT'],
  };
  for (const [what, [changes, check]] of Object.entries(refused)) {
    it(what, async () => {
      const { status, json } = await attest(maa, requestBody(maa, changes));
      assert.equal(status, 400);
      const { code, message } = json['error'] as { code: string; message: string };
      assert.equal(code, 'InvalidParameter');
      assert.ok(message.includes(check), message);
    });
  }

  it('refuses the chain of another processor, and an endorsement with a changed byte', async () => {
    const { chain } = await testProcessor('Genoa');
    const endorsement = flip(maa.utilityVm.endorsement.length - 1)(maa.utilityVm.endorsement);
    for (const changes of [{ chain: chain.vcek + chain.ask + chain.ark }, { uvm: endorsement }])
      assert.equal((await attest(maa, requestBody(maa, changes))).status, 400);
  });

  it('refuses every form that is not an attest request', async () => {
    const good = JSON.parse(requestBody(maa)) as Record<string, unknown>;
    const bodies: unknown[] = [
      '',
      '[]',
      '{"report":"a","report":"b"}',
      { ...good, report: '%%%' },
      { ...good, report: undefined },
      { ...good, runtimeData: undefined },
      { ...good, runtimeData: { data: 'bm8', dataType: 'JSON' } },
      { ...good, runtimeData: { data: 'e30', dataType: 'XML' } },
      { ...good, nonce: 1.5 },
    ];
    for (const body of bodies) {
      const { status, json } = await attest(maa, typeof body === 'string' ? body : JSON.stringify(body));
      assert.equal(status, 400);
      assert.equal((json['error'] as { code: string }).code, 'InvalidParameter');
    }
  });
});

function flip(offset: number): (bytes: Uint8Array) => Uint8Array {
  return (bytes) => {
    const changed = Uint8Array.from(bytes);
    changed[offset] = (changed[offset] ?? 0) ^ 1;
    return changed;
  };
}
