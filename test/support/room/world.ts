// Everything around one room, for tests: parties with keys, storage over https, a sidecar, sealed datasets, a measured policy.

import { type KeyObject, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { freshKeyPairSync } from '../../../src/lib/keys/fresh-key.js';
import { concatBytes, utf8 } from '../../../src/lib/base/bytes/arrays.js';
import { toBase64Url } from '../../../src/lib/base/bytes/base64.js';
import { sha256Hex } from '../../../src/lib/base/bytes/digest.js';
import { generateContractPolicy } from '../../../src/lib/cce-policy/generate/contract-policy.js';
import { checkContract, type ParsedContract } from '../../../src/lib/contract/check.js';
import { planRoom, roomSasList } from '../../../src/lib/contract/room-plan.js';
import type { Contract, ContractDataset, PublicKeyJwk } from '../../../src/lib/contract/schema.js';
import { issueCertificate, type KeyedCertificate } from '../../../src/lib/emulator/tls/certificates.js';
import { encodeManifest } from '../../../src/lib/sealed-blob/engine/documents.js';
import { DOCUMENTS_MEDIA_TYPE, TEXT_MEDIA_TYPE } from '../../../src/lib/sealed-blob/format/header.js';
import { digestOf } from '../../../src/lib/sealed-blob/engine/payload-digest.js';
import { recipientKeyOf } from '../../../src/lib/keys/recipient-key.js';
import { sealStream } from '../../../src/lib/sealed-blob/engine/seal.js';
import { signSealStatement } from '../../../src/lib/sealed-blob/statement/sign-seal-statement.js';
import { createLog } from '../../../src/lib/room/log.js';
import { type RoomEnd, type RunningRoom, startRoom } from '../../../src/lib/room/room.js';
import { exampleContract } from '../contract.js';
import { measuredImage } from '../room-fixture.js';
import { chunksOf, collect } from '../sealed.js';
import { askRoom, type RoomReply } from './room-reply.js';
import { type RoomStorage, startRoomStorage } from './storage.js';
import { type RoomSidecar, startRoomSidecar } from './sidecar.js';
import { SUMMARY_WORKER } from './worker-entry.js';

export interface TestParty {
  readonly contractKey: KeyObject;
  readonly resultKey: KeyObject;
}

/** One text, or documents by name. */
export type Content = string | Uint8Array | Readonly<Record<string, string | Uint8Array>>;

export interface World {
  readonly parsed: ParsedContract;
  readonly storage: RoomStorage;
  readonly sidecar: RoomSidecar;
  readonly parties: ReadonlyMap<string, TestParty>;
  readonly environment: Record<string, string>;
  readonly securityContext: string;
  /** Log lines of every room of this world. */
  readonly lines: string[];
  /** Seals `content` as the next version of a dataset and uploads it with its statement. */
  encrypt(datasetId: string, content: Content, options?: EncryptOptions): Promise<void>;
  /** Starts a room; it is closed with the world. */
  start(options?: StartOptions): Promise<RunningRoom>;
  /** Starts a room and waits for its work's end. */
  run(options?: StartOptions): Promise<RoomEnd & { readonly room: RunningRoom }>;
  get(room: RunningRoom, target: string, method?: string): Promise<RoomReply>;
  close(): Promise<void>;
}

export interface EncryptOptions {
  readonly version?: string;
  /** Signs the statement instead of the owner. */
  readonly signer?: KeyObject;
  /** Key in the vault; another one for each version of a world if absent. */
  readonly key?: { readonly pair: KeyPair; readonly version: string };
  /** The owner's statement is over another payload than the one that is stored. */
  readonly misstated?: boolean;
}

export interface StartOptions {
  readonly environment?: Record<string, string | undefined>;
  readonly modelsDirectory?: string;
  /** Bytes that the room is told it may still take. */
  readonly availableMemory?: number;
  readonly temporaryDirectory?: string;
  readonly giveUpAfterMs?: number;
  readonly signal?: AbortSignal;
  /** Runs in the place of the thread that summarizes. */
  readonly summaryWorker?: URL;
}

export interface KeyPair {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

export interface WorldAuthority {
  readonly root: KeyedCertificate;
  /** For 127.0.0.1. */
  readonly leaf: KeyedCertificate;
}

/* RSA keys are slow to make: the n-th version that a world seals has the n-th of these, whatever the world. */
const vaultKeys: KeyPair[] = [];

let authority: Promise<WorldAuthority> | undefined;

/* The TLS roots that every world trusts: made once. */
export function worldAuthority(): Promise<WorldAuthority> {
  return (authority ??= makeAuthority());
}

/** Makes a world; `change` edits the example contract before anything is derived from it. */
export async function createWorld(
  change: (contract: Contract) => Contract = (contract) => contract,
): Promise<World> {
  const { root, leaf } = await worldAuthority();
  const storage = await startRoomStorage({ key: leaf.privateKeyPem, cert: leaf.certificatePem });
  const sidecar = await startRoomSidecar();
  const { parsed, parties } = draftContract(change, storage.url, sidecar.port, root.certificatePem);
  for (const { blob } of roomSasList(parsed.contract)) await storage.createContainer(blob.container);
  const securityContext = await mkdtemp(join(tmpdir(), 'cleanroom-room-'));
  await sidecar.launch(securityContext, policyText(parsed, root.certificatePem));
  const { room } = parsed.contract;
  await storage.put(`/${room.contractBlob.container}/${room.contractBlob.name}`, utf8(parsed.canonical));
  const environment = environmentOf(parsed, root.certificatePem, securityContext, storage);
  const rooms: RunningRoom[] = [];
  const aborts: AbortController[] = [];
  const lines: string[] = [];
  let sealed = 0;
  const nextKey = (): KeyPair => (vaultKeys[sealed++] ??= freshKeyPairSync({ type: 'rsa', bits: 2048 }));
  const world: World = {
    parsed,
    storage,
    sidecar,
    parties,
    environment,
    securityContext,
    lines,
    encrypt: (id, content, options = {}) => encrypt(world, id, content, { ...options, nextKey }),
    start: async (options = {}) => {
      const abort = new AbortController();
      aborts.push(abort);
      const running = await startRoom({
        environment: { ...environment, ...options.environment },
        log: createLog((line) => void lines.push(line)),
        schedule: { firstDelayMs: 20, maxDelayMs: 50, giveUpAfterMs: options.giveUpAfterMs ?? 10_000 },
        modelsDirectory: options.modelsDirectory ?? 'models',
        availableMemory: () => Promise.resolve(options.availableMemory ?? 2 ** 40),
        ...(options.temporaryDirectory === undefined
          ? {}
          : { temporaryDirectory: options.temporaryDirectory }),
        signal: AbortSignal.any([abort.signal, ...(options.signal === undefined ? [] : [options.signal])]),
        now: () => new Date(),
        port: 0,
        summaryWorker: options.summaryWorker ?? SUMMARY_WORKER,
      });
      rooms.push(running);
      return running;
    },
    run: async (options = {}) => {
      const running = await world.start(options);
      return { ...(await running.ended), room: running };
    },
    get: (running, target, method = 'GET') => askRoom(running, target, method),
    close: async () => {
      for (const abort of aborts) abort.abort();
      for (const running of rooms) {
        await running.ended;
        await running.close();
      }
      await storage.close();
      await sidecar.close();
      await rm(securityContext, { recursive: true, force: true });
    },
  };
  return world;
}

async function makeAuthority(): Promise<WorldAuthority> {
  const base = { notBefore: new Date(Date.now() - 60_000), years: 1 };
  const root = await issueCertificate({
    ...base,
    commonName: 'test root',
    issuer: null,
    profile: { kind: 'authority', pathLength: 0 },
  });
  const leaf = await issueCertificate({
    ...base,
    commonName: '127.0.0.1',
    issuer: root,
    profile: { kind: 'server', hosts: ['127.0.0.1'] },
  });
  return { root, leaf };
}

function draftContract(
  change: (contract: Contract) => Contract,
  storageUrl: string,
  sidecarPort: number,
  rootPem: string,
): { parsed: ParsedContract; parties: ReadonlyMap<string, TestParty> } {
  const example = exampleContract();
  const at = <B extends { account: string }>(blob: B): B => ({ ...blob, account: storageUrl });
  const edited = change({ ...example, room: { ...example.room, sidecarPort } });
  const parties = new Map(
    edited.parties.map(({ id }) => [
      id,
      { contractKey: ecPair().privateKey, resultKey: ecPair().privateKey },
    ]),
  );
  const contract: Contract = {
    ...edited,
    parties: edited.parties.map((party) => ({
      ...party,
      contractKey: publicJwk(parties.get(party.id)!.contractKey),
      ...(party.resultKey === undefined ? {} : { resultKey: publicJwk(parties.get(party.id)!.resultKey) }),
    })),
    datasets: edited.datasets.map((dataset) => ({ ...dataset, blob: at(dataset.blob) })),
    room: {
      ...edited.room,
      contractBlob: at(edited.room.contractBlob),
      resultBlob: at(edited.room.resultBlob),
    },
    trust: { emulated: { anchors: `sha256:${'0'.repeat(64)}`, tlsRoots: `sha256:${sha256Hex(rootPem)}` } },
  };
  return { parsed: checkContract(contract), parties };
}

/* The policy of the contract, over images that nobody has built: their layers are made up, but the model's, which the contract names. */
function policyText(parsed: ParsedContract, tlsRoots: string): string {
  const { model, room } = parsed.contract;
  const images = new Map(
    room.containers.map(({ name, image }) => {
      const measured = measuredImage(image, [name]);
      if (!('layer' in model) || name !== 'summarizer') return [name, measured] as const;
      const layer = {
        diffId: sha256Hex('model'),
        rootHash: model.layer.slice('sha256:'.length),
        bytes: 1024,
      };
      return [name, { ...measured, layers: [layer, ...measured.layers] } as typeof measured] as const;
    }),
  );
  return generateContractPolicy({ parsed, tlsRoots, images }).text;
}

function environmentOf(
  parsed: ParsedContract,
  tlsRoots: string,
  securityContext: string,
  storage: RoomStorage,
): Record<string, string> {
  const exact = planRoom({ parsed, tlsRoots })
    .find((container) => container.name === 'summarizer')!
    .environment.flatMap((variable) =>
      variable.kind === 'exact' ? [[variable.name, variable.value] as const] : [],
    );
  const sas = roomSasList(parsed.contract).map(
    ({ variable, ...wanted }) => [variable, storage.sas(wanted)] as const,
  );
  return { ...Object.fromEntries<string>([...exact, ...sas]), UVM_SECURITY_CONTEXT_DIR: securityContext };
}

async function encrypt(
  world: World,
  id: string,
  content: Content,
  { nextKey, ...options }: EncryptOptions & { readonly nextKey: () => KeyPair },
): Promise<void> {
  const dataset = world.parsed.contract.datasets.find((candidate) => candidate.id === id)!;
  const keyVersion = options.key?.version ?? randomUUID().replaceAll('-', '');
  const pair = options.key?.pair ?? nextKey();
  world.sidecar.keys.set(`${dataset.key.vault}/${dataset.key.name}/${keyVersion}`, pair.privateKey);
  const blob = await sealFor(world, dataset, content, { ...options, pair, keyVersion });
  const path = `/${dataset.blob.container}/${dataset.blob.name}`;
  await world.storage.put(path, blob.sealed);
  await world.storage.put(`${path}.jws`, utf8(blob.statement));
}

async function sealFor(
  world: World,
  dataset: ContractDataset,
  content: Content,
  {
    version = '1',
    signer,
    pair,
    keyVersion,
    misstated = false,
  }: EncryptOptions & { readonly pair: KeyPair; readonly keyVersion: string },
): Promise<{ readonly sealed: Uint8Array; readonly statement: string }> {
  const keyUrl = `https://${dataset.key.vault}/keys/${dataset.key.name}/${keyVersion}`;
  const bound = { contract: world.parsed.digest, dataset: dataset.id, version };
  const single = typeof content === 'string' || content instanceof Uint8Array;
  const { header, payload } = sealStream(chunksOf(plaintextOf(content)), {
    recipients: [recipientKeyOf(pair.publicKey, keyUrl)],
    protected: { cty: single ? TEXT_MEDIA_TYPE : DOCUMENTS_MEDIA_TYPE, ...bound },
  });
  const payloadBytes = await collect(payload);
  const statement = await signSealStatement(
    {
      ...bound,
      key: keyUrl,
      header: digestOf(header.raw),
      payload: digestOf(misstated ? header.raw : payloadBytes),
      iat: 1_700_000_000,
    },
    signer ?? world.parties.get(dataset.owner)!.contractKey,
  );
  return { sealed: concatBytes(header.raw, payloadBytes), statement };
}

function plaintextOf(content: Content): Uint8Array {
  if (typeof content === 'string') return utf8(content);
  if (content instanceof Uint8Array) return content;
  const documents = Object.entries(content).map(([name, part]) => ({
    name,
    part: typeof part === 'string' ? utf8(part) : part,
  }));
  const manifest = encodeManifest(documents.map(({ name, part }) => ({ name, bytes: part.length })));
  return concatBytes(manifest, ...documents.map(({ part }) => part));
}

function ecPair(): KeyPair {
  return freshKeyPairSync({ type: 'ec', curve: 'P-256' });
}

function publicJwk(privateKey: KeyObject): PublicKeyJwk {
  const { x = '', y = '' } = privateKey.export({ format: 'jwk' });
  return { kty: 'EC', crv: 'P-256', x, y };
}

/** A PEM as the environment carries it. */
export function encodeRoots(pem: string): string {
  return toBase64Url(utf8(pem));
}
