// The emulated utility VM: a launch measurement, and a COSE_Sign1 by a signer of our own that endorses it.

import { randomBytes } from 'node:crypto';

import * as v from 'valibot';

import { fromBase64, toBase64 } from '../../base/bytes/base64.js';
import { fromHex, toHex } from '../../base/bytes/hex.js';
import { utf8 } from '../../base/bytes/arrays.js';
import { epochSeconds, type Clock } from '../clock.js';
import { corrupt, type StateStore } from '../state/state-store.js';
import { loadDocumentAs } from '../state/stored-document.js';
import { UVM_FEED, UVM_SVN } from './constants.js';

/** The utility VM that every emulated group runs in. */
export interface UtilityVm {
  /** 48 bytes: MEASUREMENT of every report. */
  readonly measurement: Uint8Array;
  /** Tagged COSE_Sign1, form A. */
  readonly endorsement: Uint8Array;
  /** The signer, as anchors name it. */
  readonly did: string;
  readonly feed: string;
}

const State = v.strictObject({
  /** Hex. */
  measurement: v.string(),
  /** Base64. */
  endorsement: v.string(),
  did: v.string(),
});

const DOCUMENT = 'uvm';

/** Opens the utility VM of a state store, or makes and endorses it. @throws CleanroomError EMULATOR_STATE_CORRUPT */
export async function openUtilityVm(store: StateStore, clock: Clock): Promise<UtilityVm> {
  const kept = await loadDocumentAs(store, DOCUMENT, State);
  const state = kept ?? (await makeUtilityVm(clock));
  if (kept === null) await store.save(DOCUMENT, state);
  const measurement = fromHex(state.measurement);
  const endorsement = fromBase64(state.endorsement);
  if (measurement?.length !== 48 || endorsement === null)
    throw corrupt(`${DOCUMENT}.json`, new Error('not a measurement and its endorsement'));
  return { measurement, endorsement, did: state.did, feed: UVM_FEED };
}

async function makeUtilityVm(clock: Clock): Promise<v.InferOutput<typeof State>> {
  const measurement = toHex(randomBytes(48));
  const { makeUvmSigner, signEndorsement } = await import('./signer.js');
  const signer = await makeUvmSigner(clock());
  const payload = JSON.stringify({
    'x-ms-sevsnpvm-guestsvn': String(UVM_SVN),
    'x-ms-sevsnpvm-guestsvn-int': UVM_SVN,
    'x-ms-sevsnpvm-launchmeasurement': measurement,
  });
  const endorsement = signEndorsement(signer, utf8(payload), epochSeconds(clock));
  return { measurement, endorsement: toBase64(endorsement), did: signer.did };
}
