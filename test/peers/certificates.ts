// Certificates, reports and released keys, by the package cryptography.

import { createHash, randomBytes, X509Certificate } from 'node:crypto';

import { freshKeyPairSync } from '../../src/lib/keys/fresh-key.js';
import { wrapForRelease, type ReleaseWrapAlgorithm } from '../../src/lib/room/key-release/key-wrap.js';
import type { Product } from '../../src/lib/attestation/snp/product.js';
import { EVIDENCE_VECTORS, vectorFile } from '../support/attestation-vectors.js';
import { emulatedRoom } from '../support/emulated-evidence.js';
import { testProcessor } from '../support/emulated-trust.js';
import { askBoth, type Peer, type Session } from './peer.js';

/* Reasons that its signature, or its length, is to blame for. */
const UNSOUND = ['REPORT_SIGNATURE', 'REPORT_LENGTH'];
const STRICTER = 'the length of a report is not the package’s business';

export const CERTIFICATES: Peer = {
  name: 'cryptography',
  lockedPackage: 'cryptography',
  about: 'certificates, reports and released keys',
  program: { python: 'cryptography_peer' },
  compare: async (session) => {
    const { report, certificates: pem } = (await emulatedRoom()).bundle();
    const chains = await Promise.all(
      (['Milan', 'Genoa', 'Turin'] satisfies readonly Product[]).map(async (product) => {
        const { vcek, ask, ark } = (await testProcessor(product)).chain;
        return {
          question: `chain of ${product}`,
          asked: { do: 'chain', pem: vcek + ask + ark },
          ours: 'verified',
        };
      }),
    );
    const emulated = {
      question: 'emulated report',
      asked: { do: 'report', report: base64(report), pem },
      ours: 'verified',
    };
    return askBoth(session, [...chains, emulated, ...recorded(), ...wrapped(session)]);
  },
};

function recorded() {
  return EVIDENCE_VECTORS.flatMap(({ name, inputs, expected_reasons: reasons }) => {
    if (inputs.report === undefined || inputs.endorsements === undefined) return [];
    const pem = Buffer.from(vectorFile(inputs.endorsements)).toString('latin1');
    if (new X509Certificate(pem).publicKey.asymmetricKeyType !== 'ec') return [];
    const ours = reasons.some((reason) => UNSOUND.includes(reason)) ? 'refused' : 'verified';
    const byDesign = (): string | null => (reasons.includes('REPORT_LENGTH') ? STRICTER : null);
    const asked = { do: 'report', report: base64(vectorFile(inputs.report)), pem };
    return [{ question: name, asked, ours, byDesign }];
  });
}

/* Keys as a vault wraps them for a room. */
function wrapped({ short }: Session) {
  const algorithms: readonly ReleaseWrapAlgorithm[] = [
    'CKM_RSA_AES_KEY_WRAP',
    'RSA_AES_KEY_WRAP_256',
    'RSA_AES_KEY_WRAP_384',
  ];
  const { publicKey, privateKey } = freshKeyPairSync({ type: 'rsa', bits: 2048 });
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' });
  const lengths = short ? [16, 32, 1217] : Array.from({ length: 200 }, (_, index) => 1 + index * 11);
  return algorithms.flatMap((enc) =>
    lengths.map((length) => {
      const target = randomBytes(length);
      return {
        question: `${length} bytes by ${enc}`,
        asked: { do: 'unwrap', enc, key, wrapped: base64(wrapForRelease(enc, publicKey, target)) },
        ours: createHash('sha256').update(target).digest('hex'),
      };
    }),
  );
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}
