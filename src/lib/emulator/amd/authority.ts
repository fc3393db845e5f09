// One emulated processor: its certificates, kept in the state directory, and its PSP, which signs reports.

import type { TcbVersion } from '../../attestation/snp/tcb.js';
import { createHash, createPrivateKey, randomBytes, sign } from 'node:crypto';

import * as v from 'valibot';

import { PRODUCTS, type Product } from '../../attestation/snp/product.js';
import { fromHex, toHex } from '../../base/bytes/hex.js';
import { concatBytes, utf8 } from '../../base/bytes/arrays.js';
import type { Clock } from '../clock.js';
import { corrupt, type StateStore } from '../state/state-store.js';
import { loadDocumentAs } from '../state/stored-document.js';
import {
  DEBUG_BIT,
  encodeTcb,
  FIRMWARE_VERSION,
  GUEST_POLICY,
  GUEST_SVN,
  MIGRATION_BIT,
  PROCESSORS,
  type ProcessorModel,
} from './constants.js';
import { appendSignature, encodeSignedReport } from './report-encoder.js';

const State = v.strictObject({
  product: v.picklist(PRODUCTS),
  /** Hex, 64 bytes. */
  chipId: v.string(),
  ark: v.string(),
  ask: v.string(),
  vcek: v.string(),
  vcekPrivateKey: v.string(),
});

/** A guest as it was launched. */
export interface Guest {
  /** 48 bytes: of the utility VM; see emulator/uvm. */
  readonly measurement: Uint8Array;
  /** 32 bytes: SHA-256 of the decoded CCE policy. */
  readonly hostData: Uint8Array;
  /** 32 bytes, drawn at launch. */
  readonly reportId: Uint8Array;
}

/** Departures from a good guest, for attacks that are to be refused. */
export interface ReportOptions {
  readonly debug?: boolean;
  readonly migrationAgent?: boolean;
  /** 0 if absent; 0xFFFFFFFF is a report that the host asked for. */
  readonly vmpl?: number;
  /** Firmware that was updated since the VCEK was made: another one signs such reports on hardware. */
  readonly reportedTcb?: TcbVersion;
}

export interface AmdProcessor {
  readonly product: Product;
  /** PEM: VCEK, ASK, ARK. */
  readonly chain: { readonly vcek: string; readonly ask: string; readonly ark: string };
  /** TCB of the VCEK as THIM prints it: the 64-bit number, big-endian, upper-case hex. */
  readonly tcbm: string;
  /** Draws the report id of a new guest. */
  launchGuest(measurement: Uint8Array, hostData: Uint8Array): Guest;
  /**
   * A signed report, 1184 bytes.
   *
   * @param reportData - 64 bytes, chosen by the guest.
   */
  signReport(guest: Guest, reportData: Uint8Array, options?: ReportOptions): Uint8Array;
}

/**
 * Opens the processor of a state directory, or makes it (two RSA-4096 keys: some seconds).
 *
 * @throws CleanroomError EMULATOR_STATE_CORRUPT
 */
export async function openAmdProcessor(
  store: StateStore,
  clock: Clock,
  product: Product = 'Milan',
): Promise<AmdProcessor> {
  const document = `amd-${product.toLowerCase()}`;
  const kept = await loadDocumentAs(store, document, State);
  const state = kept ?? (await makeState(PROCESSORS[product], clock()));
  if (kept === null) await store.save(document, state);
  const chipId = fromHex(state.chipId);
  if (chipId?.length !== 64) throw corrupt(`${document}.json`, new Error('not a chip id'));
  return createProcessor(state, PROCESSORS[product], chipId);
}

async function makeState(model: ProcessorModel, now: Date): Promise<v.InferOutput<typeof State>> {
  // Turin's chip id has 8 bytes; the field keeps its length.
  const drawn = randomBytes(64);
  if (model.product === 'Turin') drawn.fill(0, 8);
  // The certificate library is slow to load, and needed for a new processor only.
  const { makeAmdCertificates } = await import('./certificates.js');
  const certificates = await makeAmdCertificates(model, drawn, now);
  return { product: model.product, chipId: toHex(drawn), ...certificates };
}

function createProcessor(
  state: v.InferOutput<typeof State>,
  model: ProcessorModel,
  chipId: Uint8Array,
): AmdProcessor {
  const key = createPrivateKey(state.vcekPrivateKey);
  const tcb = encodeTcb(model.tcb, model.product);
  const firmware = {
    version: model.reportVersion,
    guestSvn: GUEST_SVN,
    familyId: leading(1, 16),
    imageId: leading(2, 16),
    platformInfo: model.platformInfo,
    // Of an identity key that signs nothing here; ACI's changes with UVM builds.
    idKeyDigest: createHash('sha384').update(utf8('cleanroom emulator identity key')).digest(),
    currentTcb: tcb,
    reportedTcb: tcb,
    committedTcb: tcb,
    launchTcb: tcb,
    cpuid: model.cpuid,
    chipId,
    firmwareVersion: FIRMWARE_VERSION,
    mitigations: model.mitigations,
  };
  return {
    product: model.product,
    chain: { vcek: state.vcek, ask: state.ask, ark: state.ark },
    tcbm: toHex(tcb.slice().reverse()).toUpperCase(),
    launchGuest: (measurement, hostData) => ({ measurement, hostData, reportId: randomBytes(32) }),
    signReport: (guest, reportData, options = {}) => {
      const signed = encodeSignedReport({
        ...firmware,
        ...guest,
        reportData,
        policy: policyOf(options),
        vmpl: options.vmpl ?? 0,
        ...(options.reportedTcb === undefined
          ? {}
          : { reportedTcb: encodeTcb(options.reportedTcb, model.product) }),
      });
      return appendSignature(signed, sign('sha384', signed, { key, dsaEncoding: 'ieee-p1363' }));
    },
  };
}

function policyOf({ debug = false, migrationAgent = false }: ReportOptions): bigint {
  return GUEST_POLICY | (debug ? DEBUG_BIT : 0n) | (migrationAgent ? MIGRATION_BIT : 0n);
}

function leading(first: number, length: number): Uint8Array {
  return concatBytes(new Uint8Array([first]), new Uint8Array(length - 1));
}
