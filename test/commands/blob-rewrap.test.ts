// A sealed blob in the local Azure that is given to another recipient: seen from the wire, and by somebody who reads all the time.

import assert from 'node:assert/strict';
import { type KeyPairKeyObjectResult } from 'node:crypto';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { buffer, text } from 'node:stream/consumers';

import type { BlockBlobClient } from '@azure/storage-blob';

import { freshKeyPairSync } from '../../src/lib/keys/fresh-key.js';
import { blobClient, createBlobStore } from '../../src/lib/azure/blob-store.js';
import { openConnection } from '../../src/lib/azure/connection.js';
import { openKeyVault } from '../../src/lib/azure/key-vault.js';
import { contractAnchors } from '../../src/lib/parties/verify-room-evidence.js';
import { openStoredBlob } from '../../src/lib/azure/stored-blob.js';
import { sha256Hex } from '../../src/lib/base/bytes/digest.js';
import { headerSize, parseHeader } from '../../src/lib/sealed-blob/format/header.js';
import { findDataKey } from '../../src/lib/sealed-blob/engine/open.js';
import { recipientKeyOf } from '../../src/lib/keys/recipient-key.js';
import { verifySealStatements } from '../../src/lib/sealed-blob/statement/seal-statement.js';
import { partyKeyPath, readPartyKey } from '../../src/lib/parties/init-party.js';
import { rewrapStored } from '../../src/lib/parties/rewrap-stored.js';
import type { SealedFileView } from '../../src/lib/parties/sealed-file.js';
import { type AgreedParties, startAgreedParties } from '../support/agreed-parties.js';
import { runProcess } from '../support/cleanroom-process.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';
import { connectionOf } from '../../src/lib/attack-kit/stage/connection-of.js';

const DATASET = ['-f', 'contract.yaml', '--dataset', 'notes'];

describe('a text of 15 MB that is rewrapped in storage', function () {
  this.timeout(120_000);
  const root = useTemporaryDirectory();
  const at = (name: string): string => join(root(), 'fabrikam', name);
  let parties: AgreedParties;
  let blob: BlockBlobClient;
  let statement: BlockBlobClient;
  let ends: Readonly<Record<'own' | 'next', KeyPairKeyObjectResult>>;
  /** Gives the blob to the key of `to`, opened by that of `from`, over a connection of its own. */
  const rewrap = async (from: 'own' | 'next', to: 'own' | 'next') => {
    const { parsed, policy } = parties.agreement;
    const [dataset] = parsed.contract.datasets;
    const { profile, directory } = parties.workspace.fabrikam;
    const connection = await openConnection(profile);
    return rewrapStored(
      await openStoredBlob(connection, dataset!.blob),
      {
        parsed,
        dataset: dataset!,
        contractKey: await readPartyKey(partyKeyPath(directory, 'fabrikam', 'contract')),
        policyHash: policy.hash,
        identity: ends[from].privateKey,
        alsoTo: [recipientKeyOf(ends[to].publicKey)],
      },
      {
        vault: await openKeyVault(connection, dataset!.key.vault),
        blobs: createBlobStore(connection),
        clock: () => new Date(),
        hsm: (await contractAnchors(parsed, profile)).hsm,
      },
    );
  };

  before(async () => {
    parties = await startAgreedParties(root());
    const place = parties.agreement.parsed.contract.datasets[0]!.blob;
    const connection = await connectionOf(parties.workspace.fabrikam);
    blob = await blobClient(connection, place);
    statement = await blobClient(connection, { ...place, name: `${place.name}.jws` });
    const pair = () => freshKeyPairSync({ type: 'ec', curve: 'P-256' });
    ends = { own: pair(), next: pair() };
    const jwk = ends.own.publicKey.export({ format: 'jwk' });
    writeFileSync(at('end.pub.jwk'), JSON.stringify(jwk));
    writeFileSync(at('large.txt'), `The launch codeword is tangerine-9417-walrus. Large.\n`.repeat(300_000));
    const sealed = await runProcess(['encrypt', 'large.txt', ...DATASET, '--to', 'end.pub.jwk'], {
      cwd: parties.workspace.fabrikam.directory,
      env: parties.environment,
    });
    assert.equal(sealed.code, 0, sealed.stderr);
  });

  after(() => parties.stop());

  it('moves the header alone: the payload is neither fetched nor sent', async () => {
    const { payloadBytes } = await parties.fabrikam.result<SealedFileView>('blob', 'inspect', ...DATASET);
    assert.ok(payloadBytes > 15_000_000);
    // Of the connections that the local Azure served meanwhile, in this very process: what was on the wire before, and after.
    const served = new Map<Socket, number>();
    const onWire = ({ bytesRead, bytesWritten }: Socket): number => bytesRead + bytesWritten;
    const note = (message: unknown): void => {
      const { socket } = message as { socket: Socket };
      if (!served.has(socket)) served.set(socket, onWire(socket));
    };
    subscribe('http.server.request.start', note);
    try {
      await rewrap('own', 'next');
      await rewrap('next', 'own');
    } finally {
      unsubscribe('http.server.request.start', note);
    }
    const bytes = [...served].reduce((sum, [socket, before]) => sum + onWire(socket) - before, 0);
    // Requests and answers of two runs.
    assert.ok(bytes > 10_000 && bytes < 500_000, `${bytes} bytes`);
    const { verdict } = await parties.fabrikam.result<{ readonly verdict: string }>(
      'blob',
      'verify',
      ...DATASET,
    );
    assert.equal(verdict, 'accepted');
  });

  it('is at every moment a blob that one of its recipients opens, with a statement of its own', async () => {
    const owner = parties.agreement.parsed.contract.parties.find(({ id }) => id === 'fabrikam')!;
    const seen = { own: 0, next: 0 };
    const done = new AbortController();
    /* In one request: of two, the second might meet another statement. */
    const wordsNow = async (): Promise<string> => text((await statement.download()).readableStreamBody!);
    const look = async (): Promise<void> => {
      // The statements first: they name the new header before it is there.
      const words = await wordsNow();
      const { readableStreamBody } = await blob.download(0, 64 * 1024);
      const bytes = await buffer(readableStreamBody!);
      const header = parseHeader(bytes.subarray(0, headerSize(bytes)));
      for (const end of ['own', 'next'] as const) {
        const opened = await findDataKey(header, () => [ends[end].privateKey]).catch(() => null);
        if (opened !== null) seen[end] += 1;
      }
      const named = verifySealStatements(words, owner.contractKey).map((entry) => entry.header.sha256);
      if (words === (await wordsNow())) assert.ok(named.includes(sha256Hex(header.raw)));
    };
    const reader = (async () => {
      let reads = 0;
      for (; !done.signal.aborted; reads++) await look();
      return reads;
    })();
    for (let round = 0; round < 3; round++) {
      await rewrap('own', 'next');
      await rewrap('next', 'own');
    }
    done.abort();
    const reads = await reader;
    assert.equal(seen.own + seen.next, reads, 'each read was opened by exactly one of the two');
    assert.ok(seen.own > 0 && seen.next > 0, JSON.stringify(seen));
  });
});
