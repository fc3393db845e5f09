// The emulated processors and utility VM, judged by the product's own verifier with the emulator's anchors.

import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';

import { parseAnchors, PINNED_ANCHORS } from '../../src/lib/attestation/anchors.js';
import { nodeSignatureCrypto } from '../../src/lib/attestation/crypto/node-crypto.js';
import { defaultExpectations } from '../../src/lib/attestation/expectations.js';
import { PRODUCTS, type Product } from '../../src/lib/attestation/snp/product.js';
import { parseSnpReport } from '../../src/lib/attestation/snp/report.js';
import { judgeRaw } from '../support/judge.js';
import type { ReportOptions } from '../../src/lib/emulator/amd/authority.js';
import { renderAnchors } from '../../src/lib/emulator/anchors.js';
import { hostCertificates, securityContextFiles } from '../../src/lib/emulator/uvm/security-context.js';
import { testProcessor, testUtilityVm } from '../support/emulated-trust.js';

const POLICY = new TextEncoder().encode('package policy\n');
const RUNTIME_DATA = new TextEncoder().encode('{"keys":[]}');

async function evidence(product: Product, options: ReportOptions = {}) {
  const processor = await testProcessor(product);
  const utilityVm = await testUtilityVm();
  const hostData = createHash('sha256').update(POLICY).digest();
  const reportData = Buffer.alloc(64);
  createHash('sha256').update(RUNTIME_DATA).digest().copy(reportData);
  const guest = processor.launchGuest(utilityVm.measurement, hostData);
  return {
    report: processor.signReport(guest, reportData, options),
    endorsements: Buffer.from(processor.chain.vcek + processor.chain.ask + processor.chain.ark),
    uvm: utilityVm.endorsement,
    policy: POLICY,
    runtimeData: RUNTIME_DATA,
    anchors: parseAnchors(renderAnchors({ processors: [processor], utilityVm, attestationServices: [] })),
    expectations: defaultExpectations(new Date()),
    crypto: nodeSignatureCrypto,
  };
}

function failures(checks: readonly { id: string; status: string }[]): string[] {
  return checks.filter(({ status }) => status === 'fail').map(({ id }) => id);
}

describe('emulated processor', () => {
  for (const product of PRODUCTS) {
    it(`${product}: makes evidence that holds under the emulator's anchors, and is never hardware`, async () => {
      const { verdict } = await judgeRaw(await evidence(product));
      assert.deepEqual(failures(verdict.checks), []);
      assert.equal(verdict.verdict, 'accepted');
      assert.equal(verdict.trust, 'emulated');
    });

    it(`${product}: is refused under AMD's and Microsoft's anchors`, async () => {
      const { verdict } = await judgeRaw({ ...(await evidence(product)), anchors: PINNED_ANCHORS });
      assert.equal(verdict.verdict, 'refused');
      for (const id of ['ROOT_PINNED', 'UVM_DID', 'UVM_FEED'])
        assert.ok(failures(verdict.checks).includes(id));
    });
  }

  it('O2: signs debug, migratable and host-requested reports that the verifier refuses for that alone', async () => {
    const cases: [ReportOptions, string][] = [
      [{ debug: true }, 'DEBUG'],
      [{ migrationAgent: true }, 'MIGRATE_MA'],
      [{ vmpl: 0xffff_ffff }, 'VMPL'],
    ];
    for (const [options, id] of cases) {
      const { verdict } = await judgeRaw(await evidence('Milan', options));
      assert.deepEqual(failures(verdict.checks), [id]);
    }
  });

  it('writes reports of the version and length of the product', async () => {
    for (const [product, version] of [
      ['Milan', 3],
      ['Genoa', 3],
      ['Turin', 5],
    ] as const) {
      const { report } = await evidence(product);
      assert.equal(report.length, 1184);
      assert.equal(parseSnpReport(report).version, version);
    }
  });

  it('prints the TCB as THIM does: the number of the reported TCB', async () => {
    const processor = await testProcessor('Milan');
    const { report } = await evidence('Milan');
    const reported = Buffer.from(parseSnpReport(report).reportedTcb);
    assert.equal(hostCertificates(processor).tcbm, reported.reverse().toString('hex').toUpperCase());
    assert.equal(processor.tcbm, 'DB18000000000004');
  });

  it('gives the security-context files in the guest agent’s form', async () => {
    const processor = await testProcessor('Milan');
    const utilityVm = await testUtilityVm();
    const ccePolicy = Buffer.from(POLICY).toString('base64');
    const files = securityContextFiles(ccePolicy, processor, utilityVm);
    assert.equal(files['security-policy-base64'], ccePolicy);
    assert.match(files['reference-info-base64'], /^0o/);
    const thim = JSON.parse(Buffer.from(files['host-amd-cert-base64'], 'base64').toString()) as object;
    assert.deepEqual(Object.keys(thim), ['vcekCert', 'tcbm', 'certificateChain', 'cacheControl']);
  });

  it('refuses to sign report data of another length', async () => {
    const processor = await testProcessor('Milan');
    const { measurement } = await testUtilityVm();
    const guest = processor.launchGuest(measurement, randomBytes(32));
    assert.throws(() => processor.signReport(guest, randomBytes(32)), RangeError);
  });
});
