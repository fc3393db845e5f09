// `node --import tsx tools/golden-artefacts.ts`: one artefact of each kind, of this version, by the daily path itself. Later
// versions read them in test/golden.test.ts: they are made once for a version, and never again.

import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { connectionOf } from '../src/lib/attack-kit/stage/connection-of.js';
import { openParty } from '../src/lib/attack-kit/stage/stage.js';
import { createBlobStore } from '../src/lib/azure/blob-store.js';
import { SILENT } from '../src/lib/base/progress.js';
import { parseContract } from '../src/lib/contract/parse.js';
import { lendKeys } from '../test/support/local-azure.js';
import { type Person, personWithProcesses } from '../test/support/person.js';

const OUT = 'test/golden/0.1';
const TEXT = 'templates/demo/brief.txt';

if (existsSync(OUT)) throw new Error(`${OUT} is there: the artefacts of a version are made once`);
const root = mkdtempSync(join(tmpdir(), 'cleanroom-golden-'));
const at = (party: string, name: string): string => join(root, party, name);
for (const name of ['home', 'contoso', 'fabrikam']) mkdirSync(join(root, name));
await lendKeys(join(root, 'home'));
const env = { HOME: join(root, 'home'), CLEANROOM_EMULATOR_DIR: join(root, 'azure') };
const contoso = personWithProcesses(join(root, 'contoso'), env);
const fabrikam = personWithProcesses(join(root, 'fabrikam'), env);
const azure = personWithProcesses(root, env);

try {
  await azure.result('emulator', 'start', '--dir', join(root, 'azure'));
  await agree();
  await keepFiles();
  await keepBlobs();
  writeFileSync(join(OUT, 'made-at'), `${new Date().toISOString()}\n`);
} finally {
  await azure.run('emulator', 'stop', '--dir', join(root, 'azure'));
  rmSync(root, { recursive: true, force: true });
}

/** The daily path, with a recipient of the owner's own beside the vault, a log, and evidence. */
async function agree(): Promise<void> {
  const hand = (from: string, to: string, file: string): void => cpSync(at(from, file), at(to, file));
  cpSync(TEXT, at('fabrikam', 'notes.txt'));
  await fabrikam.result('init');
  hand('fabrikam', 'contoso', 'fabrikam.cleanroom');
  await contoso.result('propose', 'fabrikam.cleanroom', '--extractive');
  hand('contoso', 'fabrikam', 'quarterly-notes.cleanroom');
  await fabrikam.result('accept', 'quarterly-notes.cleanroom', 'notes.txt');
  await sealForOwner(fabrikam);
  hand('fabrikam', 'contoso', 'reply.cleanroom');
  await contoso.result('deploy', 'reply.cleanroom');
  await contoso.result('summary');
  // Evidence brings the signatures that lie beside the contract.
  hand('fabrikam', 'contoso', 'contract.fabrikam.consent.jws');
  const log = ['log', 'append', 'audit.log', 'contract.yaml', 'policy.rego', '--party', 'contoso'];
  await contoso.result(...log);
  const proof = ['log', 'prove', 'audit.log', 'contract.yaml', '--out', 'contract.proof.json'];
  await contoso.result(...proof);
  await contoso.result('attest', 'quarterly-notes', '-f', 'contract.yaml', '--out', 'room.evidence.json');
}

/* To a key that is kept beside it: the vault's is in no file. */
async function sealForOwner(owner: Person): Promise<void> {
  const { generateKeyPairSync } = await import('node:crypto');
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const secret = JSON.stringify(privateKey.export({ format: 'jwk' }));
  writeFileSync(at('fabrikam', 'own.test-key.jwk'), secret, { mode: 0o600 });
  writeFileSync(at('fabrikam', 'own.pub.jwk'), JSON.stringify(publicKey.export({ format: 'jwk' })));
  const dataset = ['-f', 'contract.yaml', '--dataset', 'notes'];
  await owner.result('encrypt', 'notes.txt', ...dataset, '--to', 'own.pub.jwk');
}

function keepFiles(): void {
  mkdirSync(OUT, { recursive: true });
  const files = {
    contoso: [
      ...['contract.yaml', 'policy.rego', 'room.evidence.json', 'audit.log', 'audit.log.head.jws'],
      ...['contract.proof.json', 'contract.contoso.consent.jws', 'quarterly-notes.cleanroom'],
      ...['cleanroom.config.yaml'],
    ],
    fabrikam: [
      ...['fabrikam.cleanroom', 'reply.cleanroom', 'contract.fabrikam.consent.jws', 'fabrikam.party.json'],
      ...['own.test-key.jwk', 'own.pub.jwk'],
    ],
  };
  for (const [party, names] of Object.entries(files))
    for (const name of names) cpSync(at(party, name), join(OUT, name));
  for (const name of ['result', 'transfer']) keepKey('contoso', name);
  cpSync(join(root, 'azure', 'anchors.json'), join(OUT, 'anchors.json'));
  cpSync('room.lock.json', join(OUT, 'room.lock.json'));
  cpSync(TEXT, join(OUT, 'notes.txt'));
}

/* Of parties that were made for this alone. */
function keepKey(party: string, use: string): void {
  const path = [`keys/${party}.${use}.jwk`, `keys/${use}.jwk`].find((name) => existsSync(at(party, name)));
  if (path !== undefined) cpSync(at(party, path), join(OUT, `${party}.${use}.test-key.jwk`));
}

async function keepBlobs(): Promise<void> {
  const stage = {
    emulatorDirectory: join(root, 'azure'),
    packageRoot: process.cwd(),
    cacheDirectory: join(root, 'cache'),
    progress: SILENT,
    signal: new AbortController().signal,
  };
  const { contract } = parseContract(readFileSync(join(OUT, 'contract.yaml'), 'utf8'));
  const [dataset] = contract.datasets;
  const owner = createBlobStore(await connectionOf(await openParty(stage, 'fabrikam', join(root, 'f'))));
  const host = createBlobStore(await connectionOf(await openParty(stage, 'contoso', join(root, 'c'))));
  const keep = async (store: typeof owner, blob: typeof dataset.blob, name: string, file: string): Promise<void> => {
    const stored = await store.read({ ...blob, name }, 1 << 20);
    if (stored === null) throw new Error(`no blob ${name}`);
    writeFileSync(join(OUT, file), stored.bytes);
  };
  await keep(owner, dataset.blob, dataset.blob.name, 'notes.sealed');
  await keep(owner, dataset.blob, `${dataset.blob.name}.jws`, 'notes.sealed.jws');
  const { resultBlob } = contract.room;
  for (const [suffix, file] of [
    ['result.json', 'result.json'],
    ['receipt.jws', 'receipt.jws'],
    ['report.json', 'report.json'],
  ] as const)
    await keep(host, resultBlob, `${contract.name}.${suffix}`, file);
  for (const suffix of ['', '.closed']) {
    const name = `${dataset.budget.name ?? contract.name}.budget.1${suffix}`;
    await keep(owner, { ...dataset.blob, container: dataset.budget.container }, name, `budget.1${suffix}`);
  }
}
