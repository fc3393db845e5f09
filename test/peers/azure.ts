// The local Azure through the Azure SDKs for Go and for Python: logins, keys, blobs, container groups. What ours say is what the SDK
// for JavaScript gets in the tests of the emulator, or what follows from the bytes.

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import {
  openRelease,
  parseReleaseJws,
  verifyReleaseJws,
} from '../../src/lib/room/key-release/release-jws.js';
import type { RunningEmulator } from '../../src/lib/emulator/emulator.js';
import { openStateStore } from '../../src/lib/emulator/state/state-store.js';
import { pushProgram, startTestEmulator } from '../support/local-azure.js';
import { HOST_DATA, type LocalVault, policyFor, startLocalVault } from '../support/local-vault.js';
import { askProgram } from './ask-program.js';
import { openGroupIdentity } from './azure-identity.js';
import { sharedAccess } from './azure-sas.js';
import type { Compared, Peer, Session } from './peer.js';

const INSIDE_SECONDS = 60;

export const AZURE_GO: Peer = azurePeer('azure-sdk-go', 'github.com/Azure/azure-sdk-for-go/sdk/azcore', {
  go: 'azure',
});
export const AZURE_PYTHON: Peer = azurePeer('azure-sdk-python', 'azure-core', { python: 'azure_peer' });

function azurePeer(name: string, lockedPackage: string, program: Peer['program']): Peer {
  return {
    name,
    lockedPackage,
    about:
      'the local Azure: logins, keys and their release, blobs, SAS, container groups, their logs and identity',
    program,
    compare: async (session) => {
      const emulator = await startTestEmulator(join(session.directory, 'azure'));
      const vault = await startLocalVault();
      try {
        return await compareAll(session, emulator, vault);
      } finally {
        await vault.stop();
        await emulator.stop();
      }
    },
  };
}

export interface Asked {
  readonly asked: object;
  readonly ours: string;
  /** What an answer comes to, where it is not compared as it is. */
  readonly read?: (answer: string) => string;
}

async function compareAll(
  session: Session,
  emulator: RunningEmulator,
  vault: LocalVault,
): Promise<readonly Compared[]> {
  const owner = await placeOf(emulator, 'fabrikam', 'vault');
  const premium = await placeOf(emulator, 'fabrikam', 'keyVault');
  const host = await placeOf(emulator, 'contoso', 'vault');
  const idle = await pushProgram(emulator, 'idle', 'setInterval(() => undefined, 1000);\n');
  const lines = await pushProgram(emulator, 'lines', "console.log('one\\ntwo\\nthree');\n");
  const outside = await compare(session.ask, [
    ...logins(owner),
    ...keys(owner, false),
    ...keys(premium, true).filter(({ asked }) => !JSON.stringify(asked).includes('oct')),
    ...(await releases(vault)),
    ...blobs(owner),
    ...sharedAccess(namedPlace(emulator, owner), await accountKey(emulator, 'fabrikam'), sha256(text(100))),
    ...groups(host, idle.reference),
    ...logs(host, lines.reference),
  ]);
  const group = await openGroupIdentity(vault, { ...owner, ...ownerOf(vault) }, 'released-0');
  try {
    const inside = (questions: readonly object[]): Promise<readonly string[]> =>
      askProgram(group.inside(session.command), questions, INSIDE_SECONDS);
    return [...outside, ...(await compare(inside, group.questions))];
  } finally {
    await group.close();
  }
}

async function compare(ask: Session['ask'], questions: readonly Asked[]): Promise<readonly Compared[]> {
  const answers = await ask(questions.map(({ asked }) => asked));
  return questions.map(({ asked, ours, read }, index) => {
    const { do: verb, name, scope, use } = asked as Readonly<Record<string, string | undefined>>;
    const answer = answers[index] ?? 'no answer';
    const theirs = read === undefined ? answer : read(answer);
    const question = [verb, use, name ?? scope].filter((word) => word !== undefined).join(' ');
    return { question, ours, theirs, byDesign: null };
  });
}

async function placeOf(emulator: RunningEmulator, name: string, keyHost: 'vault' | 'keyVault') {
  const party = emulator.parties.find((entry) => entry.name === name);
  if (party === undefined) throw new Error(`there is no ${name}`);
  const { authority, resourceManager } = emulator.endpoints;
  return {
    authority,
    tenant: party.tenantId,
    clientId: party.clientId,
    secret: (await readFile(party.secretFile, 'utf8')).trim(),
    vault: party[keyHost],
    blob: party.storageAccount,
    resourceManager,
    subscription: party.subscription,
    resourceGroup: party.resourceGroup,
    roots: await readFile(emulator.tlsRootsPath, 'utf8'),
  };
}

export type Place = Awaited<ReturnType<typeof placeOf>>;

/* Storage by name: of a path the SDK for Go takes the host for the account. */
function namedPlace({ endpoints }: RunningEmulator, at: Place): Place {
  const { port } = new URL(endpoints.blob);
  return { ...at, blob: `https://${accountOf(at)}.blob.localhost:${port}` };
}

async function accountKey({ directory }: RunningEmulator, party: string): Promise<string> {
  const store = await openStateStore(join(directory, 'state'));
  const state = (await store.load('parties')) as unknown as readonly {
    readonly name: string;
    readonly storageKey: string;
  }[];
  const found = state.find(({ name }) => name === party);
  if (found === undefined) throw new Error(`there is no ${party}`);
  return found.storageKey;
}

function accountOf({ blob }: Place): string {
  return new URL(blob).pathname.slice(1);
}

function logins(at: Place): readonly Asked[] {
  const resources = ['https://vault.azure.net', 'https://managedhsm.azure.net', 'https://storage.azure.com'];
  const known = [...resources, 'https://management.azure.com', 'https://attest.azure.net'];
  return known.map((resource) => ({
    asked: { do: 'login', at, scope: `${resource}/.default` },
    ours: '3 parts',
  }));
}

/* An HSM never notifies; a vault does by default. */
function keys(at: Place, notifies: boolean): readonly Asked[] {
  const suffix = '-HSM';
  const key = (verb: string, name: string, more: object = {}) => ({ do: `key.${verb}`, at, name, ...more });
  const rsa = (size: number) => ({ kty: `RSA${suffix}`, size });
  return [
    { asked: key('create', 'peer-rsa', rsa(2048)), ours: `RSA${suffix} 2048` },
    { asked: key('create', 'peer-rsa', rsa(3072)), ours: `RSA${suffix} 3072` },
    { asked: key('get', 'peer-rsa'), ours: `RSA${suffix} 3072` },
    { asked: key('versions', 'peer-rsa'), ours: '2' },
    { asked: key('wrap', 'peer-rsa'), ours: 'same: true' },
    { asked: key('create', 'peer-ec', { kty: `EC${suffix}`, curve: 'P-256' }), ours: `EC${suffix} P-256` },
    { asked: key('sign', 'peer-ec'), ours: 'verified: true' },
    { asked: key('create', 'peer-384', { kty: `EC${suffix}`, curve: 'P-384' }), ours: `EC${suffix} P-384` },
    { asked: key('create', 'peer-521', { kty: `EC${suffix}`, curve: 'P-521' }), ours: `EC${suffix} P-521` },
    { asked: key('create', 'peer-oct', { kty: `oct${suffix}`, size: 256 }), ours: `oct${suffix} 0` },
    { asked: key('rotation', 'peer-rsa'), ours: `actions: ${notifies ? 1 : 0}` },
    { asked: key('disable', 'peer-rsa'), ours: 'done' },
    { asked: key('wrap', 'peer-rsa'), ours: '403 Forbidden' },
    { asked: key('get', 'peer-nothing'), ours: '404 KeyNotFound' },
    { asked: key('delete', 'peer-rsa'), ours: 'done' },
    { asked: key('get', 'peer-rsa'), ours: '404 KeyNotFound' },
    { asked: key('create', 'peer-rsa', rsa(2048)), ours: '409 Conflict' },
  ];
}

function ownerOf(vault: LocalVault) {
  return {
    authority: vault.tokenUrl,
    tenant: vault.tenant.id,
    ...vault.owner,
    vault: vault.hostAndPort,
    roots: vault.tls.rootPem,
  };
}

/* From a vault whose attestation authority is the test's own: what is released opens, and is what the vault signed. */
async function releases(vault: LocalVault): Promise<readonly Asked[]> {
  const at = ownerOf(vault);
  const policy = Buffer.from(policyFor(HOST_DATA)).toString('utf8');
  const token = await vault.attestation.token();
  const other = await vault.attestation.token({ 'x-ms-sevsnpvm-hostdata': '00'.repeat(32) });
  const kinds = [
    ...[2048, 3072, 4096].map((size) => ({ kty: 'RSA-HSM', size })),
    ...['P-256', 'P-384', 'P-521'].map((curve) => ({ kty: 'EC-HSM', curve })),
    ...[128, 256].map((size) => ({ kty: 'oct-HSM', size })),
  ];
  const algorithms = ['CKM_RSA_AES_KEY_WRAP', 'RSA_AES_KEY_WRAP_256', 'RSA_AES_KEY_WRAP_384'];
  return kinds.flatMap((kind, index) => {
    const name = `released-${index}`;
    const label = 'curve' in kind ? kind.curve : kind.kty === 'oct-HSM' ? 0 : kind.size;
    return [
      { asked: { do: 'key.create', at, name, ...kind, policy }, ours: `${kind.kty} ${label}` },
      ...algorithms.map((enc) => ({
        asked: { do: 'key.release', at, name, token, enc },
        ours: kind.kty.replace('-HSM', ''),
        read: (jws: string) => released(vault, jws),
      })),
      { asked: { do: 'key.release', at, name, token: other, enc: algorithms[0] }, ours: '403 Forbidden' },
    ];
  });
}

function released(vault: LocalVault, jws: string): string {
  if (jws.split('.').length !== 3) return jws;
  const checked = verifyReleaseJws(parseReleaseJws(jws), {
    vault: vault.hostAndPort,
    roots: [vault.tls.rootPem],
    at: new Date(),
  });
  openRelease(checked, vault.attestation.runtime.privateKey);
  return checked.kty;
}

function text(size: number): Buffer {
  return Buffer.alloc(size, '0123456789abcdef');
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function blobs(at: Place): readonly Asked[] {
  const blob = (verb: string, name: string, more: object = {}) => ({ do: `blob.${verb}`, at, name, ...more });
  const large = 5_000_001;
  return [
    { asked: blob('container', 'peers'), ours: 'done' },
    { asked: blob('container', 'peers'), ours: '409 ContainerAlreadyExists' },
    { asked: blob('put', 'peers/small', { size: 100 }), ours: 'done' },
    { asked: blob('put', 'peers/large', { size: large }), ours: 'done' },
    { asked: blob('get', 'peers/large'), ours: sha256(text(large)) },
    {
      asked: blob('get', 'peers/large', { offset: 1_048_570, count: 77 }),
      ours: sha256(text(large).subarray(1_048_570, 1_048_647)),
    },
    { asked: blob('list', 'peers/'), ours: 'large,small' },
    { asked: blob('get', 'peers/nothing'), ours: '404 BlobNotFound' },
    { asked: blob('createOnly', 'peers/once', { size: 10 }), ours: 'done' },
    { asked: blob('createOnly', 'peers/once', { size: 10 }), ours: '409 BlobAlreadyExists' },
    { asked: blob('lease', 'peers/small'), ours: '412 LeaseIdMissing' },
    { asked: blob('snapshot', 'peers/small'), ours: 'done' },
    { asked: blob('delete', 'peers/small'), ours: 'done' },
    { asked: blob('get', 'peers/small'), ours: '404 BlobNotFound' },
  ];
}

function groups(at: Place, image: string): readonly Asked[] {
  const group = (verb: string, more: object = {}) => ({ do: `group.${verb}`, at, name: 'peer', ...more });
  return [
    { asked: group('get'), ours: '404 ResourceNotFound' },
    { asked: group('create', { image }), ours: 'Succeeded' },
    { asked: group('get'), ours: 'Succeeded' },
    { asked: group('list'), ours: '1' },
    { asked: group('tag'), ours: 'b' },
    { asked: group('restart'), ours: 'done' },
    { asked: group('stop'), ours: 'done' },
    { asked: group('start'), ours: 'done' },
    { asked: group('delete'), ours: 'done' },
    { asked: group('get'), ours: '404 ResourceNotFound' },
    {
      asked: { ...group('create', { image: 'cleanroom.local/none@sha256:00' }), name: 'no-image' },
      ours: '400 InaccessibleImage',
    },
  ];
}

function logs(at: Place, image: string): readonly Asked[] {
  const name = 'lines';
  return [
    { asked: { do: 'logs', at, name }, ours: '404 ResourceNotFound' },
    { asked: { do: 'group.create', at, name, image }, ours: 'Succeeded' },
    { asked: { do: 'group.ended', at, name }, ours: 'exit code 0' },
    { asked: { do: 'logs', at, name }, ours: 'one;two;three;' },
    { asked: { do: 'logs', at, name, count: 2 }, ours: 'two;three;' },
    { asked: { do: 'group.delete', at, name }, ours: 'done' },
  ];
}
