// Which byte of a TCB is which component, and how long a chip's name is: Milan, Genoa and Turin, on real evidence of each.

import assert from 'node:assert/strict';

import { PINNED_ANCHORS } from '../../../src/lib/attestation/anchors.js';
import { nodeSignatureCrypto } from '../../../src/lib/attestation/crypto/node-crypto.js';
import { HARDWARE_ID_BYTES, type Product, PRODUCTS } from '../../../src/lib/attestation/snp/product.js';
import { readTcb, reservedTcbBytes, type TcbVersion } from '../../../src/lib/attestation/snp/tcb.js';
import { readVcek, VCEK_EXTENSION } from '../../../src/lib/attestation/snp/vcek.js';
import { checkSnpEvidence } from '../../../src/lib/attestation/verify-snp-evidence.js';
import type { Certificate } from '../../../src/lib/attestation/x509/certificate.js';
import { parsePem } from '../../../src/lib/attestation/x509/pem.js';
import { evidenceVector, vectorExpectations, vectorParts } from '../../support/attestation-vectors.js';

const REAL: Readonly<Record<Product, string>> = {
  Milan: 'aci-milan-v3-svn103-rsa',
  Genoa: 'aci-genoa-v3-svn104-css0302',
  Turin: 'aci-turin-v5-svn104-tav',
};

/* By the byte that holds it; null: none of the product's. AMD 56860, TCB_VERSION. */
const OLD = ['bootloader', 'tee', null, null, null, null, 'snp', 'microcode'] as const;
const LAYOUT: Readonly<Record<Product, readonly (keyof TcbVersion | null)[]>> = {
  Milan: OLD,
  Genoa: OLD,
  Turin: ['fmc', 'bootloader', 'tee', 'snp', null, null, null, 'microcode'],
};

/* The last arc of an extension of the VCEK is changed, in place: so that the one is missing and the other is there. */
async function judge(product: Product, from: string, to: string): Promise<Readonly<Record<string, string>>> {
  const vector = evidenceVector(REAL[product]);
  const parts = vectorParts(vector);
  const pem = new TextDecoder().decode(parts.endorsements);
  const certificates = (
    pem.trimStart().startsWith('{')
      ? parsePem(
          (JSON.parse(pem) as { vcekCert: string; certificateChain: string }).vcekCert,
          'CERTIFICATE',
        ).concat(parsePem((JSON.parse(pem) as { certificateChain: string }).certificateChain, 'CERTIFICATE'))
      : parsePem(pem, 'CERTIFICATE')
  ).map((der) => Buffer.from(der));
  const [vcek] = certificates;
  const at = vcek!.indexOf(oid(from));
  assert.notEqual(at, -1, `no ${from} in the certificate of ${product}`);
  assert.equal(oid(from).length, oid(to).length);
  oid(to).copy(vcek!, at);
  const text = certificates
    .map((der) => `-----BEGIN CERTIFICATE-----\n${der.toString('base64')}\n-----END CERTIFICATE-----\n`)
    .join('');
  const { checks } = await checkSnpEvidence({
    ...parts,
    endorsements: new TextEncoder().encode(text),
    anchors: PINNED_ANCHORS,
    expectations: vectorExpectations(vector),
    crypto: nodeSignatureCrypto,
  });
  return Object.fromEntries(checks.map(({ id, status }) => [id, status]));
}

/* 1.3.6.1.4.1.3704.1.…, with its tag and length. */
function oid(dotted: string): Buffer {
  const arcs = dotted.slice('1.3.6.1.4.1.3704.1.'.length).split('.').map(Number);
  const content = [0x2b, 6, 1, 4, 1, 0x9c, 0x78, 1, ...arcs];
  return Buffer.from([6, content.length, ...content]);
}

describe('the TCB of a processor', () => {
  for (const product of PRODUCTS)
    it(`of ${product} has each component in its own byte, and the others are reserved`, () => {
      for (const [place, component] of LAYOUT[product].entries()) {
        const raw = new Uint8Array(8);
        raw[place] = 200;
        const read = Object.entries(readTcb(raw, product)).filter(([, value]) => value !== 0);
        assert.deepEqual(read, component === null ? [] : [[component, 200]]);
        assert.deepEqual(reservedTcbBytes(product, [raw]), component === null ? [place] : []);
      }
      assert.equal('fmc' in readTcb(new Uint8Array(8), product), product === 'Turin');
    });

  for (const component of ['bootloader', 'tee', 'snp', 'microcode'] as const)
    for (const product of PRODUCTS)
      it(`of ${product} is not that of a certificate without its ${component}`, async () => {
        const checks = await judge(product, VCEK_EXTENSION[component], '1.3.6.1.4.1.3704.1.3.99');
        assert.deepEqual([checks['TCB_CERT'], checks['HWID']], ['fail', 'pass']);
      });

  it('of Turin is not that of a certificate without FMC, nor of Milan or Genoa that of one with it', async () => {
    const without = await judge('Turin', VCEK_EXTENSION.fmc, '1.3.6.1.4.1.3704.1.3.99');
    assert.deepEqual([without['TCB_CERT'], without['HWID']], ['fail', 'pass']);
    for (const product of ['Milan', 'Genoa'] as const) {
      const with_ = await judge(product, '1.3.6.1.4.1.3704.1.3.4', VCEK_EXTENSION.fmc);
      assert.deepEqual([with_['TCB_CERT'], with_['HWID']], ['fail', 'pass']);
    }
  });
});

describe('the hwID in a VCEK', () => {
  it('is the chip’s on every product, and a certificate without one is of no chip', async () => {
    assert.deepEqual(HARDWARE_ID_BYTES, { Milan: 64, Genoa: 64, Turin: 8 });
    for (const product of PRODUCTS) {
      const checks = await judge(product, VCEK_EXTENSION.hardwareId, '1.3.6.1.4.1.3704.1.99');
      assert.deepEqual([checks['HWID'], checks['TCB_CERT']], ['fail', 'pass']);
    }
  });

  it('may stand in an inner OCTET STRING, of 8 bytes as of 64, and is else taken as it is', () => {
    const read = (value: Uint8Array): number | undefined => {
      const extensions = new Map([[VCEK_EXTENSION.hardwareId, { value, critical: false }]]);
      return readVcek({ extensions } as unknown as Certificate).hardwareId?.length;
    };
    const starting = (first: number, second: number, length: number): Uint8Array => {
      const bytes = new Uint8Array(length).fill(7);
      bytes.set([first, second]);
      return bytes;
    };
    assert.equal(read(starting(4, 8, 10)), 8);
    assert.equal(read(starting(4, 64, 66)), 64);
    // A chip whose name happens to begin like one.
    assert.equal(read(starting(4, 6, 8)), 8);
    assert.equal(read(starting(4, 62, 64)), 64);
    // Of no chip, whatever it begins with.
    for (const length of [9, 12, 65, 67]) assert.equal(read(starting(4, length - 2, length)), length);
    assert.equal(read(starting(4, 9, 10)), 10);
    assert.equal(read(starting(5, 8, 10)), 10);
  });
});
