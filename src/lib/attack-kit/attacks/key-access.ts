// Attacks on the owner's key: with a login, with the room's identity, with a token of one's own, by its policy and roles.

import {
  type KeyTarget,
  releaseWithoutAttestation,
  replaceReleasePolicy,
  unwrapWithLogin,
} from './send-key-requests.js';
import { createBlobStore } from '../../azure/blob-store.js';
import { assignKeyRoleToSelf } from '../../azure/key-roles.js';
import { openKeyVault } from '../../azure/key-vault.js';
import { toBase64Url, fromBase64Url } from '../../base/bytes/base64.js';
import { sha256Hex } from '../../base/bytes/digest.js';
import type { Environment } from '../../ports/environment.js';
import { connectionOf } from '../stage/connection-of.js';
import { CleanroomError } from '../../base/errors.js';
import { vaultRefusal } from '../../room/key-release/vault-refusals.js';
import { releasePolicyOf } from '../../contract/release-policy/build.js';
import { headerSize, parseHeader } from '../../sealed-blob/format/header.js';
import { datasetOf, type Deal, firstOwner } from '../stage/deal.js';
import type { Attack } from './attack.js';
import { MAX_BLOB_BYTES } from './dataset-swaps.js';
import { forgeToken } from './forge-token.js';
import { HSM_IMMUTABLE, HSM_OPERATIONS, HSM_ROLES, HSM_TOKEN } from './guards.js';
import { runInPlainGroup } from './plain-group.js';

const THE_TEXT = "Fabrikam's text: the data key, unwrapped, opens the blob that the host can read anyway";
const THE_KEY = "the private half of Fabrikam's key, and with it every text sealed to it";

export const CRYPTO_USER =
  'Microsoft.KeyVault/providers/Microsoft.Authorization/roleDefinitions/21dbd100-6940-42c2-9190-5d6cb909625b';

export const KEY_ATTACKS: readonly Attack[] = [
  {
    id: 'I1',
    name: 'own-login',
    what: 'asks the HSM to unwrap the data key with its own login, without any attestation',
    wouldHaveLeaked: THE_TEXT,
    guards: { KEY_ACCESS_DENIED: HSM_ROLES },
    play: async ({ honest }) => {
      const deal = await honest();
      const wrapped = await wrappedDataKey(deal);
      await unwrapWithLogin(await connectionOf(deal.terms.host), await keyTarget(deal), wrapped);
      return null;
    },
  },
  {
    id: 'I1',
    name: 'room-identity',
    what: "starts a plain group under the room's identity and asks the HSM to unwrap with the token that it gets there",
    wouldHaveLeaked: THE_TEXT,
    guards: { KEY_ACCESS_DENIED: HSM_ROLES },
    play: async (setting) => {
      const deal = await setting.honest();
      const { vault, name, version } = await keyTarget(deal);
      const said = await runInPlainGroup(setting, deal.terms.host, UNWRAP_AS_ROOM, {
        KEY_URL: `https://${vault}/keys/${name}/${version}/unwrapkey?api-version=7.4`,
        WRAPPED: toBase64Url(await wrappedDataKey(deal)),
      });
      const status = Number(/^status (\d{3})$/m.exec(said)?.[1]);
      if (status === 200) return null;
      throw new CleanroomError(vaultRefusal(status, said) ?? 'SERVICE_REFUSED', `the HSM answered ${status}`);
    },
  },
  {
    id: 'I1',
    name: 'owner-login',
    what: 'steals the login of the owner, which may use every key, and asks the HSM to unwrap the data key',
    wouldHaveLeaked: THE_TEXT,
    guards: { KEY_OPERATION_FORBIDDEN: HSM_OPERATIONS },
    play: async ({ honest }) => {
      const deal = await honest();
      const wrapped = await wrappedDataKey(deal);
      await unwrapWithLogin(await connectionOf(ownerOf(deal)), await keyTarget(deal), wrapped);
      return null;
    },
  },
  {
    id: 'I2',
    name: 'swap-policy',
    what: "replaces the key's release policy by one for its own code, even with Fabrikam's login",
    wouldHaveLeaked: THE_KEY,
    guards: { KEY_POLICY_IMMUTABLE: HSM_IMMUTABLE },
    play: async ({ honest }) => {
      const deal = await honest();
      const other = releasePolicyOf(deal.parsed.contract, sha256Hex('another policy'));
      await replaceReleasePolicy(await connectionOf(ownerOf(deal)), await keyTarget(deal), other);
      return null;
    },
  },
  {
    id: 'I3',
    name: 'grant-itself',
    what: "grants itself Crypto User on Fabrikam's HSM",
    wouldHaveLeaked: 'the use of every key in that HSM',
    guards: { KEY_ACCESS_DENIED: HSM_ROLES },
    play: async ({ honest }) => {
      const deal = await honest();
      const { vault } = await keyTarget(deal);
      await assignKeyRoleToSelf(await connectionOf(deal.terms.host), vault, CRYPTO_USER);
      return null;
    },
  },
  {
    id: 'X4',
    name: 'own-token',
    what: 'asks the HSM to release the key with a token that it wrote itself: every claim that the policy asks for, and no signature',
    wouldHaveLeaked: THE_KEY,
    guards: { KEY_ACCESS_DENIED: HSM_ROLES },
    play: async ({ honest }) => {
      const deal = await honest();
      await releaseWithoutAttestation(
        await connectionOf(deal.terms.host),
        await keyTarget(deal),
        await forgeToken(deal),
      );
      return null;
    },
  },
  {
    id: 'X4',
    name: 'own-token-as-room',
    what: "asks the HSM to release the key under the room's identity, which may ask, with a token that it wrote itself",
    wouldHaveLeaked: THE_KEY,
    guards: { KEY_RELEASE_TOKEN_REJECTED: HSM_TOKEN },
    play: async (setting) => {
      const deal = await setting.honest();
      await releaseAsRoom(setting, deal, await forgeToken(deal));
      return null;
    },
  },
];

/**
 * Asks for release under the room's identity, from a group that is no room.
 *
 * @throws CleanroomError KEY_RELEASE_TOKEN_REJECTED, KEY_RELEASE_DENIED, KEY_ACCESS_DENIED, SERVICE_REFUSED
 */
export async function releaseAsRoom(
  setting: Parameters<Attack['play']>[0],
  deal: Deal,
  token: string,
): Promise<void> {
  const { vault, name, version } = await keyTarget(deal);
  const said = await runInPlainGroup(setting, deal.terms.host, RELEASE_AS_ROOM, {
    KEY_URL: `https://${vault}/keys/${name}/${version}/release?api-version=7.4`,
    TARGET: token,
  });
  if (/^status 200$/m.test(said)) return;
  if (/attestation statement cannot be verified/i.test(said))
    throw new CleanroomError('KEY_RELEASE_TOKEN_REJECTED', 'the HSM does not take the token');
  if (/does not meet key release policy/i.test(said))
    throw new CleanroomError('KEY_RELEASE_DENIED', 'the token does not meet the release policy');
  if (/no encryption key/i.test(said))
    throw new CleanroomError('KEY_RELEASE_REFUSED', 'the token names no key to release to');
  throw new CleanroomError('SERVICE_REFUSED', 'the HSM refused for another reason');
}

/** The key of the first dataset, in its latest version. @throws CleanroomError KEY_NOT_FOUND */
export async function keyTarget(deal: Deal): Promise<KeyTarget> {
  const { vault, name } = datasetOf(deal, firstOwner(deal)).key;
  const key = await (await openKeyVault(await connectionOf(ownerOf(deal)), vault)).get(name, null);
  if (key === null) throw new CleanroomError('KEY_NOT_FOUND', 'the dataset has no key yet');
  return { vault, name, version: key.version };
}

/** The data key of the first dataset, wrapped, as it stands in the blob that the host can read anyway. */
export async function wrappedDataKey(deal: Deal): Promise<Uint8Array> {
  const { blob } = datasetOf(deal, firstOwner(deal));
  const stored = await createBlobStore(await connectionOf(deal.terms.host)).read(blob, MAX_BLOB_BYTES);
  const sealed = stored?.bytes ?? new Uint8Array();
  const [recipient] = parseHeader(sealed.subarray(0, headerSize(sealed))).recipients;
  const wrapped = fromBase64Url(recipient?.encrypted_key ?? '');
  if (wrapped === null) throw new CleanroomError('SEALED_BLOB_REJECTED', 'the blob has no wrapped key');
  return wrapped;
}

export function ownerOf(deal: Deal): Environment {
  return firstOwner(deal).environment;
}

/* The attacker's program: the room identity's token from the metadata service, then one call to the HSM. */
const callAsRoom = (body: string): string => `
import { get } from 'node:http';
import { request } from 'node:https';
const text = (message) => new Promise((done) => { let all = ''; message.on('data', (c) => all += c).on('end', () => done(all)); });
const token = await new Promise((done, fail) => get('http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https%3A%2F%2Fmanagedhsm.azure.net', { headers: { metadata: 'true' } }, async (answer) => done(JSON.parse(await text(answer)).access_token)).on('error', fail));
const headers = { authorization: 'Bearer ' + token, 'content-type': 'application/json' };
request(process.env.KEY_URL, { method: 'POST', headers, ca: Buffer.from(process.env.TLS_ROOTS, 'base64').toString() }, async (answer) => {
  console.log('status ' + answer.statusCode);
  console.log((await text(answer)).slice(0, 400));
}).on('error', (error) => console.log('error ' + error.code)).end(JSON.stringify(${body}));
`;

const UNWRAP_AS_ROOM = callAsRoom("{ alg: 'RSA-OAEP-256', value: process.env.WRAPPED }");
const RELEASE_AS_ROOM = callAsRoom("{ target: process.env.TARGET, enc: 'CKM_RSA_AES_KEY_WRAP' }");
