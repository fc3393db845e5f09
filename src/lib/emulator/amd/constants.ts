// The emulated processors: what each product line reports. Values as in evidence from confidential ACI (attestation 3, 4).

import type { Product } from '../../attestation/snp/product.js';
import type { TcbVersion } from '../../attestation/snp/tcb.js';

export interface ProcessorModel {
  readonly product: Product;
  /** VERSION of the report. */
  readonly reportVersion: number;
  readonly cpuid: { readonly family: number; readonly model: number; readonly stepping: number };
  /** Product name extension of the VCEK. */
  readonly certificateName: string;
  /** Structure version extension of the VCEK. */
  readonly certificateVersion: number;
  readonly tcb: TcbVersion;
  readonly platformInfo: bigint;
  /** Mitigation vectors, version 5 and later. */
  readonly mitigations: bigint;
  readonly askSerial: string;
}

export const PROCESSORS: Readonly<Record<Product, ProcessorModel>> = {
  Milan: {
    product: 'Milan',
    reportVersion: 3,
    cpuid: { family: 0x19, model: 0x01, stepping: 0x01 },
    certificateName: 'Milan-B0',
    certificateVersion: 0,
    tcb: { bootloader: 4, tee: 0, snp: 24, microcode: 219 },
    platformInfo: 0x25n,
    mitigations: 0n,
    askSerial: '010001',
  },
  Genoa: {
    product: 'Genoa',
    reportVersion: 3,
    cpuid: { family: 0x19, model: 0x11, stepping: 0x01 },
    certificateName: 'Genoa',
    certificateVersion: 0,
    tcb: { bootloader: 10, tee: 0, snp: 23, microcode: 84 },
    platformInfo: 0x27n,
    mitigations: 0n,
    askSerial: '020002',
  },
  Turin: {
    product: 'Turin',
    reportVersion: 5,
    cpuid: { family: 0x1a, model: 0x02, stepping: 0x01 },
    certificateName: 'Turin',
    certificateVersion: 1,
    tcb: { fmc: 1, bootloader: 1, tee: 1, snp: 4, microcode: 81 },
    platformInfo: 0x65n,
    mitigations: 0x3fn,
    askSerial: '030001',
  },
};

/** POLICY of ACI's guests: ABI 0.31, SMT allowed, reserved bit 17. */
export const GUEST_POLICY = 0x3001fn;
export const DEBUG_BIT = 1n << 19n;
export const MIGRATION_BIT = 1n << 18n;
/** GUEST_SVN of ACI's identity block. */
export const GUEST_SVN = 2;
/** build, minor, major: 1.55.29. */
export const FIRMWARE_VERSION = new Uint8Array([29, 55, 1]);

export const ROOT_YEARS = 25;
export const VCEK_YEARS = 7;
/** Says on every certificate that it is not AMD's. */
export const ORGANISATION = 'cleanroom emulator - not AMD';

/** The eight raw bytes of a TCB_VERSION in the product's layout. */
export function encodeTcb(tcb: TcbVersion, product: Product): Uint8Array {
  return product === 'Turin'
    ? new Uint8Array([tcb.fmc ?? 0, tcb.bootloader, tcb.tee, tcb.snp, 0, 0, 0, tcb.microcode])
    : new Uint8Array([tcb.bootloader, tcb.tee, 0, 0, 0, 0, tcb.snp, tcb.microcode]);
}
