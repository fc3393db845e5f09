// The attestation of a key by an emulated HSM, broken in one way.

import { CheckLog } from '../../../src/lib/attestation/check-log.js';
import { nodeSignatureCrypto } from '../../../src/lib/attestation/crypto/node-crypto.js';
import { parseAnchors, PINNED_ANCHORS } from '../../../src/lib/attestation/anchors.js';
import { sha256Hex } from '../../../src/lib/base/bytes/digest.js';
import type { Check } from '../../../src/lib/base/verdict/check.js';
import { renderAnchors } from '../../../src/lib/emulator/anchors.js';
import { MANAGED_HSM } from '../../../src/lib/emulator/managed-hsm/constants.js';
import { attestKey } from '../../../src/lib/emulator/managed-hsm/key-attestation.js';
import { recordKeyAttestations } from '../../../src/lib/evidence/key-attestations.js';
import type { Receipt } from '../../../src/lib/evidence/receipt.js';
import { freshKeyPairSync } from '../../../src/lib/keys/fresh-key.js';
import { keyThumbprint } from '../../../src/lib/keys/key-thumbprint.js';
import { testHsmMaker, testProcessor, testUtilityVm } from '../emulated-trust.js';

const HOST = { kind: MANAGED_HSM, url: 'https://127.0.0.1:1' };

/** The checks of a key whose attestation is wrong in this. */
export async function attested(broken: 'maker' | 'operator' | 'key' | 'origin'): Promise<readonly Check[]> {
  const hsmMaker = await testHsmMaker();
  const [processor, utilityVm] = [await testProcessor(), await testUtilityVm()];
  const { hsm } = parseAnchors(
    renderAnchors({ processors: [processor], utilityVm, attestationServices: [], hsmMaker }),
  );
  const { publicKey } = freshKeyPairSync({ type: 'rsa', bits: 2048 });
  const { n = '', e = '' } = publicKey.export({ format: 'jwk' });
  const keyAttestation = attestKey(
    HOST,
    {
      ...{ name: broken === 'key' ? 'b' : 'a', version: '01', kty: 'RSA-HSM', keyOps: ['wrapKey'] },
      ...{ publicMembers: { n, e }, enabled: true, notBefore: null, expires: null, exportable: true },
      ...{ created: 0, updated: 0, tags: {}, releasePolicy: null, sealed: '' },
      imported: broken === 'origin',
    },
    await hsmMaker.partition('fabrikam'),
  );
  const key = `${HOST.url}/keys/a/01`;
  const receipt = { inputs: [{ key, jkt: keyThumbprint(publicKey) }] } as unknown as Receipt;
  const anchors =
    broken === 'maker' ? PINNED_ANCHORS.hsm : broken === 'operator' ? { ...hsm, operators: hsm.makers } : hsm;
  const log = new CheckLog();
  await recordKeyAttestations(
    {
      receipts: [{ receipt, digest: sha256Hex('a receipt') }],
      stated: [],
      brought: [{ key, policy: '{}', keyAttestation }],
    },
    { anchors, crypto: nodeSignatureCrypto, at: new Date() },
    log,
  );
  return log.checks();
}
