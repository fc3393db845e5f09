// The emulator's AMD processors and utility VM for tests. RSA-4096 keys take seconds: they are kept in the system's
// temporary directory and made again where it is empty.

import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Product } from '../../src/lib/attestation/snp/product.js';
import { openAmdProcessor, type AmdProcessor } from '../../src/lib/emulator/amd/authority.js';
import { type HsmMaker, openHsmMaker } from '../../src/lib/emulator/managed-hsm/hsm-maker.js';
import { openStateStore } from '../../src/lib/emulator/state/state-store.js';
import { openReleases, type Releases } from '../../src/lib/emulator/signing-transparency/releases.js';
import { openUtilityVm, type UtilityVm } from '../../src/lib/emulator/uvm/authority.js';

const store = openStateStore(join(tmpdir(), `cleanroom-test-keys-${String(process.getuid?.() ?? 0)}`));
const now = (): Date => new Date();

export async function testProcessor(product: Product = 'Milan'): Promise<AmdProcessor> {
  return openAmdProcessor(await store, now, product);
}

export async function testHsmMaker(): Promise<HsmMaker> {
  return openHsmMaker(await store, now);
}

export async function testReleases(): Promise<Releases> {
  return openReleases(await store, now);
}

export async function testUtilityVm(): Promise<UtilityVm> {
  return openUtilityVm(await store, now);
}
