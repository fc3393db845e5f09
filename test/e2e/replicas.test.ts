// Rooms that share the documents of a run, through the commands: deployed by `deploy --replicas`, each in its own container group of
// the local Azure, one of them killed; and a recipient who reads the one result.

import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { encryptText } from '../../src/lib/attack-kit/stage/steps.js';
import type { Receipt } from '../../src/lib/evidence/receipt.js';
import { type PackedParties, startPackedParties } from '../support/packed-parties.js';
import { containerProcesses } from '../support/room-processes.js';
import { runCleanroomJson } from '../support/run-command.js';
import { writeSiteNotes } from '../support/site-notes.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';

const DOCUMENTS = 5;
const ROOMS = [0, 1].map((index) => `quarterly-notes-${index}`);

interface Status {
  readonly rooms: readonly { readonly room: { readonly name: string } }[];
}

describe('several rooms in the local Azure', function () {
  this.timeout(180_000);
  const directory = useTemporaryDirectory();
  const before_ = process.env['CLEANROOM_EMULATOR_DIR'];
  let parties: PackedParties;

  before(async () => {
    parties = await startPackedParties(directory());
    process.env['CLEANROOM_EMULATOR_DIR'] = parties.emulator.directory;
    await encryptText(
      parties.stage,
      parties.deal.terms.owners[0]!,
      await writeSiteNotes(directory(), DOCUMENTS),
    );
  });
  after(async () => {
    if (before_ === undefined) delete process.env['CLEANROOM_EMULATOR_DIR'];
    else process.env['CLEANROOM_EMULATOR_DIR'] = before_;
    await parties.stop();
  });

  const at = (name: string): string => join(parties.deal.terms.host.directory, name);
  const command = (...argv: readonly string[]) => runCleanroomJson(...argv, '--profile', 'contoso');
  const deploy = (...argv: readonly string[]) => command('deploy', '-f', at('contract.yaml'), ...argv);

  it('refuse a way of sharing that is none: a room that is not confidential, or a variable of the caller’s own', async () => {
    const plain = await deploy('--replicas', '2', '--no-confidential', '--file-share', 'contosodata/notes');
    assert.equal((plain.json['error'] as { code: string }).code, 'USAGE');
    const shard = join(directory(), 'shard');
    await writeFile(shard, '0/9');
    const own = await deploy('--parameter-file', `CLEANROOM_SHARD=${shard}`);
    assert.equal((own.json['error'] as { code: string }).code, 'USAGE');
  });

  it('give one result of all documents, though one of them is killed', async () => {
    const { code, json } = await deploy('--policy', at('policy.rego'), '--replicas', '2');
    assert.equal(code, 0, JSON.stringify(json));
    const made = json['result'] as { rooms: { name: string }[]; cost: { groups: number } };
    assert.deepEqual(
      made.rooms.map(({ name }) => name),
      ROOMS,
    );
    assert.equal(made.cost.groups, 2);
    const running = await containerProcesses(parties.emulator.directory);
    const victim = running.find(({ container }) => container === 'summarizer');
    if (victim !== undefined) process.kill(victim.pid, 'SIGKILL');
    const summary = await command(
      ...['summary', '-f', at('contract.yaml'), '--policy', at('policy.rego')],
      ...['--identity', at('keys/contoso.result.jwk')],
    );
    assert.equal(summary.code, 0, JSON.stringify(summary.json));
    const { documents, receipt } = summary.json['result'] as {
      documents: { text: string }[];
      receipt: Receipt;
    };
    assert.equal(documents.length, DOCUMENTS);
    for (const [index, { text }] of documents.entries()) assert.match(text, new RegExp(`Site ${index} of`));
    assert.deepEqual(receipt.budget, { used: 1, of: 1 });
  });

  it('are one deployment to status, have a log each, and change nothing when deployed again', async () => {
    const status = (await command('status', 'quarterly-notes')).json['result'] as Status;
    assert.deepEqual(
      status.rooms.map(({ room }) => room.name),
      ROOMS,
    );
    const { room } = (await command('logs', ROOMS[1]!)).json['result'] as { room: string };
    assert.equal(room, ROOMS[1]);
    const again = await deploy('--replicas', '2');
    assert.equal((again.json['result'] as { action: string }).action, 'none');
  });

  it('are fewer only after asking, since every one of them gets another share', async () => {
    const asked = await deploy('--replicas', '1');
    assert.match((asked.json['error'] as { message: string }).message, /quarterly-notes-1 is removed/);
  });

  it('go as a whole', async () => {
    const { json } = await command('destroy', 'quarterly-notes', '--yes');
    assert.deepEqual(json['result'], { rooms: ROOMS, removed: true });
  });
});
