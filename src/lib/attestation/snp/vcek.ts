// VCEK certificate: AMD's extensions and the profile. AMD 57230, "VCEK Certificate Format".

import { DerError, readSingle, TAG } from '../der/reader.js';
import { latin1, smallInteger } from '../der/values.js';
import type { Certificate } from '../x509/certificate.js';
import { commonName } from '../x509/names.js';
import { type Product, productOfName } from './product.js';
import type { TcbVersion } from './tcb.js';

const AMD = '1.3.6.1.4.1.3704.1';

/** AMD's certificate extensions. */
export const VCEK_EXTENSION = {
  productName: `${AMD}.2`,
  bootloader: `${AMD}.3.1`,
  tee: `${AMD}.3.2`,
  snp: `${AMD}.3.3`,
  microcode: `${AMD}.3.8`,
  fmc: `${AMD}.3.9`,
  hardwareId: `${AMD}.4`,
} as const;

export interface Vcek {
  readonly certificate: Certificate;
  /** As written, such as `Milan-B0`; null where the extension is missing. */
  readonly productName: string | null;
  readonly product: Product | null;
  /** Null where the extension is missing. */
  readonly hardwareId: Uint8Array | null;
  /** Security patch levels; a missing one is undefined, and never equal to a reported one. */
  readonly tcb: { readonly [component in keyof TcbVersion]: number | undefined };
  /** What is wrong with an extension's encoding, or null. */
  readonly malformed: string | null;
}

/** Reads the extensions of a VCEK; nothing is verified. */
export function readVcek(certificate: Certificate): Vcek {
  const problems: string[] = [];
  const value = <T>(name: keyof typeof VCEK_EXTENSION, read: (bytes: Uint8Array) => T): T | undefined => {
    const extension = certificate.extensions.get(VCEK_EXTENSION[name]);
    if (extension === undefined) return undefined;
    try {
      return read(extension.value);
    } catch (cause) {
      if (!(cause instanceof DerError)) throw cause;
      problems.push(`${name}: ${cause.message}`);
      return undefined;
    }
  };
  const productName =
    value('productName', (bytes) => latin1(readSingle(bytes, TAG.ia5String).content)) ?? null;
  const level = (bytes: Uint8Array): number => smallInteger(readSingle(bytes, TAG.integer).content);
  return {
    certificate,
    productName,
    product: productName === null ? null : productOfName(productName),
    hardwareId: value('hardwareId', unwrapHardwareId) ?? null,
    tcb: {
      fmc: value('fmc', level),
      bootloader: value('bootloader', level),
      tee: value('tee', level),
      snp: value('snp', level),
      microcode: value('microcode', level),
    },
    malformed: problems[0] ?? null,
  };
}

/* AMD puts the bytes straight into extnValue; some writers add an inner OCTET STRING. */
function unwrapHardwareId(bytes: Uint8Array): Uint8Array {
  const wrapped = bytes[0] === TAG.octetString && bytes[1] === bytes.length - 2;
  return wrapped && (bytes.length === 66 || bytes.length === 10) ? bytes.subarray(2) : bytes;
}

/** Why the certificate is no VCEK by AMD's profile, or null: P-384, CN SEV-VCEK, PSS with SHA-384 and salt 48. */
export function vcekProfileProblem(vcek: Vcek): string | null {
  const { certificate } = vcek;
  const { publicKey } = certificate;
  if (publicKey.kind !== 'ec' || publicKey.curve !== 'P-384') return 'its key is not on P-384';
  const name = commonName(certificate.subject);
  if (name !== 'SEV-VCEK') return `its common name is ${name ?? 'missing'}`;
  if (!isAmdPss(certificate)) return 'it is not signed with RSASSA-PSS, SHA-384, salt 48';
  return vcek.malformed;
}

/** Whether the certificate's algorithm is AMD's: RSASSA-PSS with SHA-384, MGF1-SHA-384, salt 48. */
export function isAmdPss({ signatureAlgorithm: algorithm }: Certificate): boolean {
  return algorithm.kind === 'rsa-pss' && algorithm.hash === 'sha384' && algorithm.saltLength === 48;
}
