// anchors.json: what a verifier has to believe to accept evidence of this emulator. Read by attestation/parseAnchors.

import { createHash, X509Certificate } from 'node:crypto';

import { parseAnchors, type Anchors } from '../attestation/anchors.js';
import type { AmdProcessor } from './amd/authority.js';
import type { AttestationService } from './attestation-service/authority.js';
import type { HsmMaker } from './managed-hsm/hsm-maker.js';
import type { ReleaseSources } from './signing-transparency/releases.js';
import type { UtilityVm } from './uvm/authority.js';

export interface AnchorSources {
  readonly processors: readonly AmdProcessor[];
  readonly utilityVm: UtilityVm;
  /** None while the service itself is being built: it needs the roots first. */
  readonly attestationServices: readonly Pick<AttestationService, 'issuer' | 'jwks' | 'hostData'>[];
  /** None where no key is attested. */
  readonly hsmMaker?: Pick<HsmMaker, 'makerRoot' | 'operatorRoot'>;
  /** None where nobody states what services run. */
  readonly releases?: ReleaseSources;
}

/** The text of anchors.json; byte-stable, since contracts pin its digest. */
export function renderAnchors({
  processors,
  utilityVm,
  attestationServices,
  hsmMaker,
  releases,
}: AnchorSources): string {
  const anchors = {
    version: 1,
    amd: processors.map(({ product, chain }) => ({
      product,
      role: 'ARK',
      note: 'made by the cleanroom emulator, not AMD',
      spki_sha256: sha256Hex(
        new X509Certificate(chain.ark).publicKey.export({ type: 'spki', format: 'der' }),
      ),
      der_sha256: sha256Hex(new X509Certificate(chain.ark).raw),
    })),
    uvm: { did: utilityVm.did, feed: utilityVm.feed },
    maa: attestationServices.map(({ issuer, jwks, hostData }) => ({
      issuer,
      jwks,
      host_data: hostData,
    })),
    ...(hsmMaker === undefined
      ? {}
      : { hsm: { makers: [hsmMaker.makerRoot], operators: [hsmMaker.operatorRoot] } }),
    ...(releases === undefined ? {} : { releases: { signers: releases.signers, ledgers: releases.ledgers } }),
  };
  return `${JSON.stringify(anchors, null, 2)}\n`;
}

/** The same as a value, for the emulator's own attestation service. */
export function emulatedAnchors(sources: AnchorSources): Anchors {
  return parseAnchors(renderAnchors(sources));
}

function sha256Hex(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
