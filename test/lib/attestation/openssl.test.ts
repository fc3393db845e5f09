// A second opinion on chain and report signature: the openssl command line.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { nodeSignatureCrypto } from '../../../src/lib/attestation/crypto/node-crypto.js';
import { PINNED_ANCHORS } from '../../../src/lib/attestation/anchors.js';
import { defaultExpectations } from '../../../src/lib/attestation/expectations.js';
import { readSnpReport, SIGNED_BYTES } from '../../../src/lib/attestation/snp/report.js';
import { judgeRaw } from '../../support/judge.js';
import { vectorFile } from '../../support/attestation-vectors.js';
import { useTemporaryDirectory } from '../../support/temporary-directory.js';
import { runTool } from '../../support/tools.js';

const SETS = [
  'aci-milan-v3-svn103-ec',
  'aci-genoa-v3-svn104-css0302',
  'aci-turin-v5-svn104-tav',
  'aci-mixed-hosts-sample',
];

describe('a second opinion by openssl', () => {
  const directory = useTemporaryDirectory();

  for (const set of SETS) {
    it(`agrees on chain and report signature of ${set}`, async function () {
      const report = readSnpReport(vectorFile(`sets/${set}/report.bin`));
      const pem = Buffer.from(vectorFile(`sets/${set}/endorsements.pem`)).toString('utf8');
      const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\n?/g) ?? [];
      const file = (name: string, data: string | Uint8Array): string => {
        const path = join(directory(), name);
        writeFileSync(path, data);
        return path;
      };
      const [vcek, ask, ark] = blocks.map((block, index) => file(`${index}.pem`, block)) as [
        string,
        string,
        string,
      ];
      const chain = runTool(this, 'openssl', ['verify', '-CAfile', ark, '-untrusted', ask, vcek]);
      assert.match(chain, /OK/);

      const key = file('key.pem', runTool(this, 'openssl', ['x509', '-in', vcek, '-pubkey', '-noout']));
      const signature = file('sig.der', derSignature(report.signature!));
      const signed = file('signed.bin', report.raw.subarray(0, SIGNED_BYTES));
      let openssl = true;
      try {
        runTool(this, 'openssl', ['dgst', '-sha384', '-verify', key, '-signature', signature, signed]);
      } catch {
        openssl = false;
      }
      const { verdict } = await judgeRaw({
        report: report.raw,
        endorsements: new TextEncoder().encode(pem),
        anchors: PINNED_ANCHORS,
        expectations: defaultExpectations(new Date('2026-11-23T00:00:00Z')),
        crypto: nodeSignatureCrypto,
      });
      const status = (id: string): string | undefined =>
        verdict.checks.find((check) => check.id === id)?.status;
      assert.equal(status('REPORT_SIGNATURE'), openssl ? 'pass' : 'fail');
      assert.equal(status('CHAIN'), 'pass');
    });
  }
});

function derSignature(joined: Uint8Array): Uint8Array {
  const integer = (bytes: Uint8Array): number[] => {
    const start = bytes.findIndex((byte) => byte !== 0);
    const magnitude = [...bytes.subarray(start)];
    const content = magnitude[0]! >= 0x80 ? [0, ...magnitude] : magnitude;
    return [2, content.length, ...content];
  };
  const body = [...integer(joined.subarray(0, 48)), ...integer(joined.subarray(48))];
  return Uint8Array.of(0x30, body.length, ...body);
}
