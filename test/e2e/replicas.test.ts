// Rooms that share the documents of one run, through the commands: deployed by `deploy --replicas`, running in the local Azure
// with Azurite's queues and blobs, killed while they work; and a recipient who follows each part to the room that made it.

import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { parseReceipt, type Receipt } from '../../src/lib/evidence/receipt.js';
import { signReceipt } from '../../src/lib/evidence/receipt-signature.js';
import { encodeStoredPart, parseStoredPart, type StoredPart } from '../../src/lib/evidence/stored-part.js';
import { createBlobStore } from '../../src/lib/azure/blob-store.js';
import { createContainerClient } from '../../src/lib/azure/container-groups.js';
import { utf8 } from '../../src/lib/base/bytes/arrays.js';
import { sha256Hex } from '../../src/lib/base/bytes/digest.js';
import { encryptText } from '../../src/lib/attack-kit/stage/steps.js';
import type { Verdict } from '../../src/lib/base/verdict/check.js';
import { resultBlob } from '../../src/lib/parties/receive-summary.js';
import { type PackedParties, startPackedParties } from '../support/packed-parties.js';
import { containerProcesses } from '../support/room-processes.js';
import { runCleanroomJson } from '../support/run-command.js';
import { seeded } from '../support/seeded.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';

const DOCUMENTS = 12;
const KILLS = 4;
const ROOMS = ['quarterly-notes-1', 'quarterly-notes-2', 'quarterly-notes-3'];

interface Received {
  readonly documents: readonly { readonly title: string; readonly text: string }[];
  readonly receipt: Receipt;
  readonly verdict: Verdict;
}

describe('several rooms in the local Azure', function () {
  this.timeout(180_000);
  const directory = useTemporaryDirectory();
  const before_ = process.env['CLEANROOM_EMULATOR_DIR'];
  let parties: PackedParties;

  before(async () => {
    parties = await startPackedParties(directory());
    process.env['CLEANROOM_EMULATOR_DIR'] = parties.emulator.directory;
  });
  after(async () => {
    if (before_ === undefined) delete process.env['CLEANROOM_EMULATOR_DIR'];
    else process.env['CLEANROOM_EMULATOR_DIR'] = before_;
    await parties.stop();
  });

  const host = () => parties.deal.terms.host;
  const at = (name: string): string => join(host().directory, name);
  const command = (...argv: readonly string[]) => runCleanroomJson(...argv, '--profile', 'contoso');
  const deploy = (...argv: readonly string[]) => command('deploy', '-f', at('contract.yaml'), ...argv);
  const blobs = async () => createBlobStore(await host().connect());
  const read = async (suffix: string): Promise<Uint8Array | null> =>
    (await (await blobs()).read(resultBlob(parties.deal.parsed, suffix), 16_000_000))?.bytes ?? null;
  const titles = Array.from(
    { length: DOCUMENTS },
    (_, index) => `notes/${String(index).padStart(2, '0')}.txt`,
  );

  async function writeTexts(): Promise<string> {
    const texts = join(directory(), 'notes');
    await mkdir(texts);
    for (const [index, title] of titles.entries()) {
      const sentences = Array.from(
        { length: 600 },
        (_, line) => `Site ${index} of Fabrikam sent ${line + 3} pallets by route ${(line * 7) % 31}.`,
      );
      await writeFile(join(directory(), title), sentences.join(' '));
    }
    return texts;
  }

  const summary = (...argv: readonly string[]) =>
    command(
      ...['summary', '-f', at('contract.yaml'), '--policy', at('policy.rego')],
      ...['--identity', at('keys/contoso.result.jwk'), ...argv],
    );

  /** Ends rooms at random until the run is done, and looks at each part as soon as it is there; first does `atFirstPart`. */
  async function killAtRandom(atFirstPart: () => Promise<unknown>): Promise<{
    readonly kills: number;
    readonly firstSeen: ReadonlyMap<number, string>;
  }> {
    const random = seeded(20_261_125);
    const firstSeen = new Map<number, string>();
    let kills = 0;
    let begun = false;
    while ((await read('receipt.jws')) === null) {
      await sleep(50 + random() * 300);
      for (const index of titles.keys()) {
        const part = firstSeen.has(index) ? null : await read(`part-${index}.json`);
        if (part !== null) firstSeen.set(index, sha256Hex(part));
      }
      if (firstSeen.size > 0 && !begun) {
        begun = true;
        await atFirstPart();
      }
      const working = firstSeen.size > 0 && firstSeen.size < DOCUMENTS;
      if (!working || kills >= KILLS) continue;
      const running = await containerProcesses(parties.emulator.directory);
      const rooms = running.filter(({ container }) => container === 'summarizer');
      const victim = rooms[Math.floor(random() * rooms.length)];
      if (victim === undefined) continue;
      process.kill(victim.pid, 'SIGKILL');
      kills += 1;
    }
    return { kills, firstSeen };
  }

  it('lose no document, and summarize none twice, while they are killed at random and one is stopped for good', async () => {
    await encryptText(parties.stage, parties.deal.terms.owners[0]!, await writeTexts());
    const { code, json } = await deploy('--policy', at('policy.rego'), '--replicas', '3');
    assert.equal(code, 0, JSON.stringify(json));
    const made = json['result'] as { rooms: { name: string }[]; cost: { groups: number } };
    assert.deepEqual(
      made.rooms.map(({ name }) => name),
      ROOMS,
    );
    assert.equal(made.cost.groups, 3);
    const { subscription = '', resourceGroup = '' } = host().profile;
    const client = await createContainerClient(await host().connect(), subscription);
    const { kills, firstSeen } = await killAtRandom(() =>
      client.containerGroups.stop(resourceGroup, ROOMS[2]!),
    );
    assert.ok(kills >= 1, 'the rooms were quicker than whoever kills them');
    for (const [index, seen] of firstSeen)
      assert.equal(sha256Hex((await read(`part-${index}.json`))!), seen, `part ${index} was made again`);
    const states = (await command('status', 'quarterly-notes')).json['result'] as {
      rooms: { room: { containers: { restartCount: number }[] } }[];
    };
    const restarts = states.rooms
      .flatMap(({ room }) => room.containers)
      .reduce((sum, { restartCount }) => sum + restartCount, 0);
    /* One that was killed last may not be back yet. */
    assert.ok(restarts >= 1 && restarts <= kills, `${restarts} restarts after ${kills} kills`);
  });

  it('give one receipt a document and one merged, which the recipient follows to the rooms', async () => {
    const { code, json } = await summary('--wait');
    assert.equal(code, 0, JSON.stringify(json));
    const { documents, receipt, verdict } = json['result'] as Received;
    assert.deepEqual(
      documents.map(({ title }) => title),
      titles,
    );
    for (const [index, { text }] of documents.entries()) assert.match(text, new RegExp(`Site ${index} of`));
    assert.deepEqual([receipt.parts?.length, receipt.budget], [DOCUMENTS, { used: 1, of: 1 }]);
    const works: unknown[] = [];
    for (const [index, listed] of receipt.parts!.entries()) {
      const { receipt: jws } = parseStoredPart(new TextDecoder().decode(await read(`part-${index}.json`)))!;
      assert.equal(sha256Hex(jws), listed.receipt);
      works.push(parseReceipt(jws).receipt.work);
    }
    assert.deepEqual(
      works,
      titles.map((_, document) => ({ document, of: DOCUMENTS })),
    );
    const about = verdict.checks.filter(({ id }) => id.startsWith('PART'));
    assert.deepEqual(
      about.map(({ id, status }) => [id, status]),
      [
        ['PARTS_LISTED', 'pass'],
        ['PART_RECEIPTS', 'pass'],
        ['PART_ROOMS', 'pass'],
        ['PART_TEXTS', 'skip'],
      ],
    );
  });

  type Change = (stored: StoredPart) => string | Promise<string>;
  const part = async (index: number): Promise<string> =>
    new TextDecoder().decode(await read(`part-${index}.json`));
  const CHANGES: readonly (readonly [string, string, readonly string[], Change])[] = [
    ['was taken away', 'part-1.json', ['PART_RECEIPTS'], () => '{}'],
    ['is that of another document', 'part-1.json', ['PART_RECEIPTS', 'PART_ROOMS'], () => part(2)],
    [
      'has another content than its receipt says',
      'part-1.json',
      ['PART_ROOMS'],
      (stored) => encodeStoredPart({ ...stored, sealed: `${stored.sealed}AAAA` }),
    ],
    [
      'is receipted by the host',
      'part-1.json',
      ['PART_RECEIPTS', 'PART_ROOMS'],
      ({ sealed, receipt }) => {
        const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
        return encodeStoredPart({
          sealed,
          receipt: signReceipt(parseReceipt(receipt).receipt, privateKey).jws,
        });
      },
    ],
  ];
  for (const [what, suffix, failing, change] of CHANGES) {
    it(`I9: are not believed where a part ${what}`, async () => {
      await assertRefused(
        suffix,
        (bytes) => change(parseStoredPart(new TextDecoder().decode(bytes))!),
        failing,
      );
    });
  }

  it('I9: are not believed where the evidence of a room is that of another, or none', async () => {
    const { json } = await summary();
    const [first, other] = new Set((json['result'] as Received).receipt.parts!.map(({ report }) => report));
    assert.ok(first !== undefined && other !== undefined, 'one room made all parts');
    const evidence = new TextDecoder().decode(await read(`room-${other}.json`));
    for (const text of [evidence, '{}'])
      await assertRefused(`room-${first}.json`, () => text, ['PART_ROOMS']);
  });

  /* The host writes into its own storage, and puts back what was there. */
  async function assertRefused(
    suffix: string,
    change: (bytes: Uint8Array) => string | Promise<string>,
    failing: readonly string[],
  ): Promise<void> {
    const blob = resultBlob(parties.deal.parsed, suffix);
    const store = await blobs();
    const before = (await store.read(blob, 16_000_000))!;
    const etag = await store.write(blob, utf8(await change(before.bytes)), { etag: before.etag });
    try {
      const { code, json } = await summary();
      assert.equal(code, 5, JSON.stringify(json));
      const { documents, verdict } = json['result'] as Received;
      assert.deepEqual(documents, []);
      const failed = verdict.checks.filter(({ status }) => status === 'fail').map(({ id }) => id);
      assert.deepEqual(failed, failing, JSON.stringify(verdict.checks));
    } finally {
      await store.write(blob, before.bytes, { etag: etag! });
    }
  }

  it('are one deployment to status, and change nothing when deployed again', async () => {
    const { json } = await command('status', 'quarterly-notes');
    const { rooms } = json['result'] as { rooms: { room: { name: string } }[] };
    assert.deepEqual(
      rooms.map(({ room }) => room.name),
      ROOMS,
    );
    const again = await deploy('--replicas', '3');
    assert.equal((again.json['result'] as { action: string }).action, 'none');
  });

  it('are taken away only after asking, and the others stay as they are', async () => {
    const asked = await deploy('--replicas', '2');
    assert.match(
      (asked.json['error'] as { message: string }).message,
      /^the room quarterly-notes runs something else \(quarterly-notes-3 is removed\)$/,
    );
    const fewer = await deploy('--replicas', '2', '--yes');
    const { groups, surplus } = fewer.json['result'] as { groups: { action: string }[]; surplus: string[] };
    assert.deepEqual([groups.map(({ action }) => action), surplus], [['none', 'none'], [ROOMS[2]]]);
  });

  it('go as a whole, with their queue', async () => {
    const { json } = await command('destroy', 'quarterly-notes', '--yes');
    assert.deepEqual(json['result'], {
      rooms: ROOMS.slice(0, 2),
      queue: 'quarterly-notes-work',
      removed: true,
    });
  });
});
