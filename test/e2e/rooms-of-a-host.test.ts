// A contract run plainly, from a mounted file share, without confidentiality: through the commands, with the packed summarizer.

import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { PLAIN_NOTICE } from '../../src/lib/contract/plain-notice.js';
import { getFromRoom } from '../../src/lib/room/client/room-client.js';
import { roomAddress } from '../../src/lib/parties/room-status.js';
import { hasEnded, waitForRoom } from '../../src/lib/parties/wait-for-room.js';
import type { Deal } from '../../src/lib/attack-kit/stage/deal.js';
import { type PackedParties, startPackedParties } from '../support/packed-parties.js';
import { runCleanroom, runCleanroomJson } from '../support/run-command.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';

const TEXT =
  'Fabrikam Orchard is a graphical tool for planning deliveries. It reads orders, computes routes, and shows them on a map.\n';
const SHARE = ['--file-share', 'contosodata/notes', '--storage-key', 'env:STORAGE_KEY'];

describe('a plain room', function () {
  this.timeout(180_000);
  const directory = useTemporaryDirectory();
  const { signal } = new AbortController();
  const before_ = { ...process.env };
  let parties: PackedParties;
  let deal: Deal;

  before(async () => {
    parties = await startPackedParties(directory());
    deal = parties.deal;
    const { emulator } = parties;
    process.env['CLEANROOM_EMULATOR_DIR'] = emulator.directory;
    process.env['STORAGE_KEY'] = 'c2VjcmV0LXN0b3JhZ2Uta2V5';
    const share = join(emulator.directory, 'file-shares', 'contosodata', 'notes');
    await mkdir(share, { recursive: true });
    await writeFile(join(share, 'notes.txt'), TEXT);
  });
  after(async () => {
    for (const name of ['CLEANROOM_EMULATOR_DIR', 'STORAGE_KEY']) {
      if (before_[name] === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = before_[name];
    }
    await parties.stop();
  });

  const at = (name: string): string => join(deal.terms.host.directory, name);
  const deploy = ['deploy', '-f', '', '--profile', 'contoso'];
  const command = (...argv: readonly string[]): string[] =>
    [...deploy, ...argv].map((word) => (word === '' ? at('contract.yaml') : word));
  const operate = (...argv: readonly string[]) => runCleanroomJson(...argv, '--profile', 'contoso');
  const plainly = ['--no-confidential', ...SHARE, '--name', 'plain'];

  describe('without confidentiality', () => {
    it('I10: refuses a contract that keeps data from the host, unless told that this is understood', async () => {
      const { code, json } = await runCleanroomJson(...command(...plainly));
      assert.deepEqual([code, (json['error'] as { code: string }).code], [4, 'CONFIDENTIALITY_DEMANDED']);
      assert.equal(await (await deal.terms.host.services.rooms()).get('plain'), null);
    });

    it('summarizes the text of the mounted share', async () => {
      const { code, json } = await runCleanroomJson(
        ...command(...plainly, '--i-understand-no-confidentiality'),
      );
      assert.equal(code, 0, JSON.stringify(json));
      assert.equal((json['result'] as { confidential: boolean }).confidential, false);
      assert.ok((json['warnings'] as string[]).includes(PLAIN_NOTICE));
      const rooms = await deal.terms.host.services.rooms();
      await waitForRoom(rooms, 'plain', { reached: hasEnded, timeoutMs: 30_000, signal });
      const { body } = await ask('/summary');
      const { summaries, confidential } = JSON.parse(body) as { summaries: string[]; confidential: boolean };
      assert.match(summaries[0] ?? '', /planning deliveries/);
      assert.equal(confidential, false);
    });

    it('changes nothing when it is deployed again', async () => {
      const { json } = await runCleanroomJson(...command(...plainly, '--i-understand-no-confidentiality'));
      assert.equal((json['result'] as { action: string }).action, 'none');
    });

    it('I10: says in the first line of every output what it is not', async () => {
      const outputs = [
        command(...plainly, '--i-understand-no-confidentiality'),
        command(...plainly, '--i-understand-no-confidentiality', '--what-if'),
        ['status', 'plain', '--profile', 'contoso'],
        ['list', '--profile', 'contoso'],
        ['logs', 'plain', '--profile', 'contoso'],
        ['restart', 'plain', '--profile', 'contoso'],
        [
          'verify-policy',
          '-f',
          at('contract.yaml'),
          '--policy',
          at('policy.rego'),
          '--room',
          'plain',
          '--profile',
          'contoso',
        ],
      ];
      for (const argv of outputs) {
        const { stdout } = await runCleanroom(...argv);
        assert.equal(stdout.split('\n')[0], PLAIN_NOTICE, argv.join(' '));
      }
      // It was started again.
      const rooms = await deal.terms.host.services.rooms();
      await waitForRoom(rooms, 'plain', { reached: hasEnded, timeoutMs: 30_000, signal });
      assert.match((await ask('/')).body, new RegExp(`<p><strong>${PLAIN_NOTICE.slice(0, 40)}`));
    });

    it('I10: is refused by attest and by verify-policy, by name and by URL', async () => {
      const { ip, ports } = (await (await deal.terms.host.services.rooms()).get('plain'))!;
      for (const room of ['plain', `https://${ip}:${ports[0]}`]) {
        const { code, json } = await operate('attest', room, '--out', at('plain.evidence.json'));
        assert.deepEqual(
          [code, (json['error'] as { code: string }).code],
          [5, 'ROOM_NOT_CONFIDENTIAL'],
          room,
        );
      }
      const verified = await operate(
        'verify-policy',
        '-f',
        at('contract.yaml'),
        '--policy',
        at('policy.rego'),
        '--room',
        'plain',
      );
      assert.equal(verified.code, 5);
      await assert.rejects(readFile(at('plain.evidence.json')), { code: 'ENOENT' });
    });

    it('I10: cannot be started by the policy of the confidential room', async () => {
      const rooms = await deal.terms.host.services.rooms();
      const { describePlainGroup } = await import('../../src/lib/parties/plain-group.js');
      const plain = describePlainGroup({
        name: 'disguised',
        parsed: deal.parsed,
        share: { account: 'contosodata', name: 'notes', accountKey: 'key' },
        dnsNameLabel: null,
        identity: null,
        registries: [],
      });
      await assert.rejects(rooms.apply({ ...plain, ccePolicy: deal.policy.base64 }, { signal }), {
        code: 'POLICY_DENIED',
      });
      await rooms.remove('disguised', signal);
    });

    it('follows the log until the container ends', async () => {
      const follow = runCleanroomJson('logs', 'plain', '--follow', '--profile', 'contoso');
      await delay(1500);
      assert.equal((await operate('destroy', 'plain', '--yes')).code, 0);
      const { json } = await follow;
      assert.match((json['result'] as { content: string }).content, /plain-serving/);
    });

    async function ask(path: string): Promise<{ body: string }> {
      const room = (await (await deal.terms.host.services.rooms()).get('plain'))!;
      const answer = await getFromRoom({
        ...roomAddress(room),
        path,
        maxBytes: 1_000_000,
        timeoutMs: 10_000,
      });
      return { body: Buffer.from(answer.body).toString('utf8') };
    }
  });
});
