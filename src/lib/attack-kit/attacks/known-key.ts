// Attacks by a vault that gives a key which somebody knows, where one was to be made in its HSM (II6).

import { openKeyVault } from '../../azure/key-vault.js';
import { freshKeyPair } from '../../keys/fresh-key.js';
import { makeBoundKey } from '../../parties/bound-key.js';
import { attestVaultKey, requireAttestedNew } from '../../parties/key-attestation.js';
import { contractAnchors } from '../../parties/verify-room-evidence.js';
import { releasePolicyOf } from '../../contract/release-policy/build.js';
import { renderReleasePolicy } from '../../contract/release-policy/grammar.js';
import type { KeyVault, NewKey, VaultKey } from '../../ports/key-vault.js';
import { connectionOf } from '../stage/connection-of.js';
import { datasetOf, type Deal, firstOwner } from '../stage/deal.js';
import type { Attack } from './attack.js';
import { CLIENT } from './guards.js';

const THE_TEXT = 'every text that is sealed to the key: its private half opens it without the HSM';

/* A name of its own: the dataset's key goes on being used. */
const NAME = 'attack-known-key';

interface LyingVault {
  readonly name: string;
  readonly what: string;
  /** What the vault does instead of what it is asked. */
  readonly lie: (vault: KeyVault, asked: NewKey) => KeyVault;
}

const LYING_VAULTS: readonly LyingVault[] = [
  {
    name: 'known-key',
    what: 'answers as a vault that imports a key which it knows, where one is to be made in the HSM',
    lie: (vault) => ({ ...vault, create: (key) => importKnown(vault, key) }),
  },
  {
    name: 'borrowed-attestation',
    what: 'answers as a vault that imports a key which it knows, and shows the attestation of another that its HSM made',
    lie: (vault, asked) => ({
      ...vault,
      create: (key) => importKnown(vault, key),
      attestation: async () => vault.attestation(await vault.create({ ...asked, name: `${NAME}-other` })),
    }),
  },
];

export const KNOWN_KEY_ATTACKS: readonly Attack[] = LYING_VAULTS.map(({ name, what, lie }) => ({
  id: 'II6',
  name,
  what,
  wouldHaveLeaked: THE_TEXT,
  guards: { KEY_NOT_AS_ASKED: CLIENT },
  play: async ({ honest }) => {
    const deal = await honest();
    const { environment } = firstOwner(deal);
    const { vault: host } = datasetOf(deal, firstOwner(deal)).key;
    const asked = askedOf(deal);
    const vault = lie(await openKeyVault(await connectionOf(environment), host), asked);
    const { hsm } = await contractAnchors(deal.parsed, environment.profile);
    const key = await makeBoundKey(vault, asked, null);
    const attested = await attestVaultKey(vault, key, hsm, () => new Date());
    await requireAttestedNew(vault, key, attested, 'made');
    return null;
  },
}));

/* As the owner asks, for the deal's room alone. */
function askedOf({ parsed, policy }: Deal): NewKey {
  return {
    name: NAME,
    kind: 'RSA-HSM',
    size: 2048,
    operations: ['wrapKey'],
    releasePolicy: {
      text: renderReleasePolicy(releasePolicyOf(parsed.contract, policy.hash)),
      immutable: true,
    },
    tags: {},
  };
}

async function importKnown(vault: KeyVault, key: NewKey): Promise<VaultKey> {
  const { privateKey } = await freshKeyPair({ type: 'rsa', bits: 2048 });
  return vault.importKey(key, privateKey.export({ format: 'jwk' }));
}
