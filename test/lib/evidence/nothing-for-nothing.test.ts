// What a verdict once said for nothing: pieces that nobody signed, statements without their ground, expectations that nobody
// compared. Asked as a person asks, through the command's use case.

import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { EXIT } from '../../../src/lib/base/error-codes.js';
import { canonicalJson, type Json } from '../../../src/lib/base/bytes/canonical-json.js';
import { toBase64 } from '../../../src/lib/base/bytes/base64.js';
import { sha256Hex } from '../../../src/lib/base/bytes/digest.js';
import { renderDirectory } from '../../../src/lib/cli/render-verify-summary.js';
import { explainContract } from '../../../src/lib/evidence/contract-explained.js';
import { type EvidenceBundle, renderBundle } from '../../../src/lib/evidence/evidence-bundle.js';
import { checkContract } from '../../../src/lib/contract/check.js';
import { runVerification, type VerifyOutcome } from '../../../src/lib/parties/verify-request.js';
import type { VerifyFlags } from '../../../src/lib/parties/verify-settings.js';
import type { VerifiedFile } from '../../../src/lib/evidence/verify-evidence-file.js';
import { VECTORS, vectorFile } from '../../support/attestation-vectors.js';
import { exampleContract } from '../../support/contract.js';
import { OFFLINE } from '../../support/offline-verification.js';
import { useTemporaryDirectory } from '../../support/temporary-directory.js';
import { without } from '../../support/verdict-corpus.js';
import { type WholeRun, wholeRun } from '../../support/whole-bundle.js';

const SET = join(VECTORS, 'sets/aci-milan-v3-svn103-ec');
const FORGED = join(VECTORS, 'maa/attacker-jku.jwt');
const TOKEN = join(VECTORS, 'maa/ok.jwt');
const TOKEN_HOST_DATA = '73973b78d70cc68353426de188db5dfc57e5b766e399935fb73a61127ea26d20';
const AT = '1763000000';
const NOTHING: VerifyFlags = { 'allow-emulated': false, 'self-test': false };

const ask = (flags: Partial<VerifyFlags>, target?: string): Promise<VerifyOutcome> =>
  runVerification(target, { ...NOTHING, ...flags }, OFFLINE);

async function judge(flags: Partial<VerifyFlags>, target?: string): Promise<VerifiedFile> {
  const outcome = await ask(flags, target);
  assert.ok(outcome.kind === 'evidence');
  const { verdict } = outcome.result;
  assert.equal(outcome.exitCode, verdict === 'accepted' ? EXIT.ok : EXIT.refused);
  return outcome.result;
}

const failures = ({ checks }: VerifiedFile): readonly string[] =>
  checks.filter(({ status }) => status === 'fail').map(({ id }) => id);
const statusOf = ({ statements }: VerifiedFile, id: string): string | undefined =>
  statements.find((statement) => statement.id === id)?.status;
const checkOf = ({ checks }: VerifiedFile, id: string): string | undefined =>
  checks.find((check) => check.id === id)?.status;

describe('nothing is said for nothing', function () {
  this.timeout(120_000);
  const directory = useTemporaryDirectory();
  const path = (name: string): string => join(directory(), name);
  const write = (name: string, content: string | Uint8Array): string => {
    writeFileSync(path(name), content);
    return path(name);
  };
  let run: WholeRun;
  let ofRoom: Partial<VerifyFlags>;
  let asked: Partial<VerifyFlags>;

  before(async () => {
    run = await wholeRun('one line');
    ofRoom = { 'allow-emulated': true, anchors: write('anchors.json', run.room.anchorsText) };
    asked = {
      ...ofRoom,
      contract: write('contract.yaml', run.room.contract.canonical),
      'host-data': sha256Hex(run.room.policy),
    };
  });

  const bundle = (name: string, changes: Readonly<Record<string, unknown>> = {}): string => {
    const text = renderBundle(run.bundle);
    return write(name, canonicalJson({ ...(JSON.parse(text) as object), ...changes } as Json));
  };
  const sidecar = (): string =>
    write(
      'sidecar.json',
      JSON.stringify({
        evidence: toBase64(vectorFile('sets/aci-milan-v3-svn103-ec/report.bin')),
        endorsements: toBase64(vectorFile('sets/aci-milan-v3-svn103-ec/endorsements.pem')),
        uvm_endorsements: toBase64(vectorFile('sets/aci-milan-v3-svn103-ec/reference-info.cose')),
      }),
    );

  describe('by a token that nobody is known to have signed', () => {
    for (const [beside, flags] of [
      ['a genuine chain', { certs: `${SET}/endorsements.pem` }],
      ['a genuine endorsement', { uvm: `${SET}/reference-info.cose` }],
      ['a genuine chain, asked about as one', { certs: `${SET}/endorsements.pem`, scope: 'chain' }],
      ['nothing', {}],
    ] as const) {
      it(`X4: beside ${beside}: its claims answer no question, whatever is required`, async () => {
        for (const [token, at] of [
          [TOKEN, AT],
          [FORGED, undefined],
        ] as const)
          for (const require of [undefined, ['CLAIM_HOSTDATA']]) {
            const verdict = await judge({
              ...flags,
              'maa-token': token,
              'host-data': TOKEN_HOST_DATA,
              ...(require === undefined ? {} : { require }),
              ...(at === undefined ? {} : { at }),
            });
            assert.notEqual(verdict.verdict, 'accepted');
            assert.equal(verdict.trust, null);
            assert.notEqual(checkOf(verdict, 'CLAIM_HOSTDATA'), 'pass');
            assert.notEqual(statusOf(verdict, 'SERVICE'), 'proven');
          }
      });
    }
  });

  describe('about the verifier’s contract', () => {
    it('I17: by evidence in the sidecar’s form, an endorsement or a token: CONTRACT stays unproven, its checks are listed', async () => {
      const tokenFlags = { jwks: join(VECTORS, 'maa/jwks.json'), at: AT };
      for (const [target, flags] of [
        [sidecar(), {}],
        [`${SET}/reference-info.cose`, {}],
        [TOKEN, tokenFlags],
      ] as const) {
        const verdict = await judge({ ...flags, contract: asked.contract! }, target);
        assert.notEqual(verdict.verdict, 'accepted');
        assert.equal(statusOf(verdict, 'CONTRACT'), 'unproven');
        for (const id of ['CONTRACT_EXPECTED', 'CONTRACT_ROOM', 'CONTRACT_POLICY'])
          assert.ok(
            verdict.checks.some((check) => check.id === id),
            id,
          );
      }
    });

    it('I17: by the contract that came with the evidence: no CONTRACT, KEYS or RESULT without the verifier’s own', async () => {
      const target = bundle('whole.evidence.json');
      const own = await judge(asked, target);
      assert.equal(own.verdict, 'accepted');
      for (const id of ['CONTRACT', 'KEYS', 'RESULT']) {
        assert.equal(statusOf(own, id), 'proven', id);
        const flags = { ...asked, require: [id] };
        delete flags.contract;
        const verdict = await judge(flags, target);
        assert.equal(verdict.verdict, 'unproven', id);
        assert.equal(statusOf(verdict, id), 'unproven', id);
      }
    });

    it('says first that no result was shown, where no receipt came along, an empty list, or one that proves none', async () => {
      const said = async (changes: Partial<EvidenceBundle>): Promise<string> => {
        const target = bundle('some.evidence.json', changes);
        return (await judge(asked, target)).warnings.join('\n');
      };
      assert.doesNotMatch(await said({}), /no result/);
      assert.match(await said({ receipts: [] }), /no result was shown/);
      assert.match(await said({ seals: [] }), /prove no result/);
      const target = write('none.evidence.json', renderBundle(without(run.bundle, ['receipts'])));
      assert.match((await judge(asked, target)).warnings.join('\n'), /no result was shown/);
    });
  });

  describe('about what the verifier stated', () => {
    const APPRAISALS: readonly (readonly [string, object, readonly string[]])[] = [
      ['a floor of the TCB', { min_tcb: { Milan: { microcode: 1 } } }, ['TCB_MIN', 'LAUNCH_TCB']],
      ['an SVN of the endorsement', { min_svn: 100 }, ['UVM_SVN']],
      ['an SVN of the guest', { guest_svn: 1 }, ['GUEST_SVN']],
      ['products', { products: ['Milan'] }, ['PRODUCT_ALLOWED']],
      ['a measurement', { expect_measurement: 'ab'.repeat(48) }, ['MEASUREMENT']],
      ['an endorsement', { require_uvm: true }, ['UVM_MISSING']],
      ['a signer judged today', { uvm_time: 'now' }, ['UVM_CERT_TIME']],
      ['a setting of the machine', { platform_info: { ecc_en: true } }, ['PLATFORM_INFO']],
      ['a chip', { chip_ids: ['ab'.repeat(64)] }, ['CHIP_ALLOWED']],
      ['an age of log heads', { log_head_max_age: 60 }, ['LOG_FRESH']],
      ['another signer of endorsements', { did: 'did:x509:0:sha256:x::eku:1' }, ['UVM_DID']],
    ];
    const token = { 'maa-token': TOKEN, jwks: join(VECTORS, 'maa/jwks.json'), at: AT };

    it('is accepted where nothing was stated', async () => {
      assert.equal((await judge(token)).verdict, 'accepted');
    });

    for (const [what, appraisal, checks] of APPRAISALS)
      it(`I20: ${what}, over a token that cannot answer it: ${checks.join(' and ')} fails`, async () => {
        const verdict = await judge({
          ...token,
          appraisal: write('appraisal.json', JSON.stringify(appraisal)),
        });
        assert.equal(verdict.verdict, 'refused');
        assert.deepEqual(
          failures(verdict).filter((id) => checks.includes(id)),
          checks,
        );
      });

    it('I20: no debugging, no migration and VMPL 0, over an endorsement that cannot answer it; a token can', async () => {
      for (const stated of [{ vmpl: 0 }, { allow_debug: false }, { allow_migrate_ma: false }]) {
        const appraisal = write('appraisal.json', JSON.stringify(stated));
        const verdict = await judge({ uvm: `${SET}/reference-info.cose`, appraisal });
        assert.deepEqual(failures(verdict), ['DEBUG', 'MIGRATE_MA', 'VMPL']);
        assert.equal((await judge({ ...token, appraisal })).verdict, 'accepted');
      }
    });

    it('I20: an age, over a report that no signed time is about', async () => {
      const pieces = {
        report: `${SET}/report.bin`,
        certs: `${SET}/endorsements.pem`,
        uvm: `${SET}/reference-info.cose`,
      };
      assert.deepEqual(failures(await judge({ ...pieces, 'max-age': '8h' })), ['MAX_AGE']);
    });

    it('is refused as a question where file and flag state two values that nothing can both have', async () => {
      for (const [stated, flags] of [
        [{ expect_host_data: 'ab'.repeat(32) }, { 'host-data': 'cd'.repeat(32) }],
        [{ expect_report_data: 'ab'.repeat(64) }, { 'report-data': 'cd'.repeat(64) }],
        [{ nonce: 'one' }, { nonce: 'another' }],
        [{ runtime_keys_kid: ['one'] }, { 'runtime-key': ['another'] }],
      ] as const) {
        const appraisal = write('appraisal.json', JSON.stringify(stated));
        await assert.rejects(judge({ ...token, ...flags, appraisal }), { code: 'APPRAISAL_INVALID' });
      }
    });

    it('I13: a service of one’s own beside a contract that names others does not hold, and is said', async () => {
      const outcome = await ask(
        { ...asked, issuer: 'https://contoso.weu.attest.azure.net' },
        bundle('b.evidence.json'),
      );
      assert.ok(outcome.kind === 'evidence');
      assert.deepEqual(failures(outcome.result), ['JWT_ISS']);
      assert.match(
        outcome.warnings.join('\n'),
        /only https:\/\/sharedweu\.weu\.attest\.azure\.net are allowed/,
      );
    });
  });

  describe('at a time that does not exist', () => {
    it('30 February is no day: in --at, in a file of expectations, in a bundle', async () => {
      for (const at of [
        '2026-02-30',
        '2026-02-30T00:00:00Z',
        '2026-04-31T12:00:00+02:00',
        '2026-02-20T24:00:00Z',
      ])
        await assert.rejects(judge({ at }, sidecar()), { code: 'USAGE' }, at);
      for (const at of ['2026-02-30T00:00:00Z', '2026-02-20T00:00:00+05', '2026-02-20T00:00:00 +05:00']) {
        const appraisal = write('appraisal.json', JSON.stringify({ at }));
        await assert.rejects(judge({ appraisal }, sidecar()), { code: 'APPRAISAL_INVALID' }, at);
        await assert.rejects(judge(asked, bundle('c.evidence.json', { collected: at })), {
          code: 'EVIDENCE_MALFORMED',
        });
      }
      assert.equal(
        (await judge({ at: '2026-02-28T23:00:00-05:00' }, sidecar())).at,
        '2026-03-01T04:00:00.000Z',
      );
    });

    it('X8: a bundle of the offset +05, of text that is no Unicode, or of an endless number, stops no directory audit', async () => {
      mkdirSync(path('audit'), { recursive: true });
      const text = renderBundle(run.bundle);
      const policy = run.bundle.releasePolicies![0]!.policy;
      const damaged = {
        'plus-five': { collected: '2026-11-23T00:00:00+05' },
        surrogate: { releasePolicies: [{ key: 'k', policy: policy.replace('sevsnpvm', '\\ud83d') }] },
        endless: {
          releasePolicies: [{ key: 'k', policy: policy.replace('"equals":"false"', '"equals":1e999') }],
        },
        cpu: { contract: { ...run.bundle.contract, room: { containers: [{ cpu: 1e308 }] } } },
      };
      for (const [name, changes] of Object.entries(damaged)) bundle(`audit/${name}.evidence.json`, changes);
      write('audit/whole.evidence.json', text);
      const outcome = await ask(asked, path('audit'));
      assert.ok(outcome.kind === 'directory');
      const found = outcome.result.entries.map((entry) => `${entry.path.split('.')[0]!} ${entry.outcome}`);
      assert.deepEqual(found, [
        ...[
          'cpu refused',
          'endless accepted',
          'plus-five not-evidence',
          'surrogate accepted',
          'whole accepted',
        ],
      ]);
    });
  });

  describe('about a directory', () => {
    it('I20: freshness, scope and emulated roots are said of its pieces too', async () => {
      mkdirSync(path('mixed'), { recursive: true });
      write('mixed/bundle.evidence.json', renderBundle(run.bundle));
      const emulated = await ask(asked, path('mixed'));
      assert.ok(emulated.kind === 'directory');
      assert.deepEqual(
        emulated.result.entries.map(({ outcome, trust, scope }) => [outcome, trust, scope]),
        [['accepted', 'emulated', 'room']],
      );
      assert.match(
        emulated.warnings.join('\n'),
        /1 of 1 pieces of evidence: nothing shows that this evidence is fresh/,
      );
      assert.match(
        renderDirectory(emulated.result),
        /accepted: 1 under emulated roots, which protect nothing/,
      );
      mkdirSync(path('bare'), { recursive: true });
      write('bare/endorsement.cose', vectorFile('sets/aci-milan-v3-svn103-ec/reference-info.cose'));
      const bare = await ask({}, path('bare'));
      assert.ok(bare.kind === 'directory');
      assert.match(
        bare.warnings.join('\n'),
        /1 of 1 pieces of evidence: .*there is no statement about a room/,
      );
      assert.match(renderDirectory(bare.result), /accepted: 1 without a word about a room/);
    });
  });

  it('I13: contract show names an attestation service that somebody owns, where no reader overlooks it', () => {
    const explained = (authority: string): string => {
      const contract = exampleContract();
      const parsed = checkContract({
        ...contract,
        attestation: { ...contract.attestation, authorities: [authority] },
      });
      return explainContract(parsed, null)
        .flatMap(({ statements }) => statements)
        .join('\n');
    };
    assert.doesNotMatch(explained('https://sharedweu.weu.attest.azure.net'), /NOT A SHARED SERVICE/);
    for (const owned of [
      'https://contoso.weu.attest.azure.net',
      'https://sharedweu.neu.attest.azure.net',
      'https://example.org',
    ])
      assert.match(explained(owned), new RegExp(`${owned} IS NOT A SHARED SERVICE`));
  });
});
