// The room as its own process: what it writes, and how it ends.

import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, readlinkSync } from 'node:fs';

import { utf8 } from '../../../src/lib/base/bytes/arrays.js';
import { canonicalJson } from '../../../src/lib/base/bytes/canonical-json.js';
import type { Contract } from '../../../src/lib/contract/schema.js';
import { freePort } from '../../../src/lib/emulator/state/ports.js';
import { parseReceipt } from '../../../src/lib/evidence/receipt.js';
import { FERRY_TEXT, lenient } from '../../support/room/contracts.js';
import { createWorld, type World } from '../../support/room/world.js';
import { requireTool } from '../../support/tools.js';

interface Finished {
  readonly code: number | null;
  readonly output: string;
}

interface RunningProcess {
  readonly child: ChildProcess;
  /** Resolves when `event` has been logged. */
  logged(event: string): Promise<void>;
  finish(): Promise<Finished>;
}

function startProcess(
  environment: Readonly<Record<string, string | undefined>>,
  wrapper: readonly string[] = [],
): RunningProcess {
  const { PATH } = process.env;
  const [program, ...argv] = [...wrapper, process.execPath, 'dist/lib/room/main.js'] as const;
  const child = spawn(program, argv, {
    env: { PATH, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const exited = once(child, 'exit') as Promise<[number | null]>;
  return {
    child,
    logged: async (event) => {
      while (!output.includes(`"event":"${event}"`)) {
        const over = await Promise.race([
          exited,
          new Promise<null>((resolve) => setTimeout(resolve, 20, null)),
        ]);
        if (over !== null) throw new Error(`ended before ${event}: ${output}`);
      }
    },
    finish: async () => {
      const [code] = await exited;
      return { code, output };
    },
  };
}

function onPort(port: number, contract: Contract): Contract {
  return { ...contract, room: { ...contract.room, ports: [port] } };
}

describe('the process of a room', function () {
  this.timeout(60_000);
  let world: World;
  let child: RunningProcess | null = null;
  beforeEach(async () => {
    const port = await freePort();
    world = await createWorld((contract) => onPort(port, lenient(contract)));
  });
  afterEach(async () => {
    child?.child.kill('SIGKILL');
    child = null;
    await world.close();
  });

  it('ends with 10 without its contract digest, naming the variable', async () => {
    child = startProcess({ ...world.environment, CLEANROOM_CONTRACT_DIGEST: undefined });
    const { code, output } = await child.finish();
    assert.equal(code, 10);
    assert.match(output, /"code":"ROOM_CONFIG_INVALID","message":"CLEANROOM_CONTRACT_DIGEST is not set"/);
  });

  it('ends with 11 under another policy than that of its report, and with 13 on another contract', async () => {
    const hostData = world.sidecar.hostData;
    world.sidecar.hostData = new Uint8Array(32);
    child = startProcess(world.environment);
    assert.equal((await child.finish()).code, 11);
    world.sidecar.hostData = hostData;
    const forged = { ...world.parsed.contract, name: 'another' };
    await world.storage.put('/cleanroom/quarterly-notes.contract.json', utf8(canonicalJson(forged)));
    child = startProcess(world.environment);
    assert.equal((await child.finish()).code, 13);
  });

  it('I8: writes nothing of the text, the keys, the SAS or the summary, and stops in good order', async () => {
    const canary = 'Zanzibarquoll';
    await world.encrypt('notes', FERRY_TEXT.replaceAll('ferry', canary));
    child = startProcess(world.environment);
    await child.logged('ended');
    /* I28: what native code prints goes nowhere. */
    assert.equal(readlinkSync(`/proc/${child.child.pid}/fd/2`), '/dev/null');
    child.child.kill('SIGTERM');
    const { code, output } = await child.finish();
    assert.equal(code, 0);
    assert.match(output, /"state":"done"/);
    assert.doesNotMatch(output, new RegExp(`${canary}|sig=|harbour|PRIVATE|"d":`, 'i'));
    for (const line of output.trim().split('\n')) assert.doesNotThrow(() => void JSON.parse(line), line);
    for (const path of await world.storage.paths())
      if (path.startsWith('/results/') || path.includes('.budget.')) {
        const text = Buffer.from(await world.storage.bytes(path)).toString('latin1');
        assert.doesNotMatch(text, new RegExp(canary, 'i'), path);
      }
  });

  it('I24: started again on one processor gives the same result in the same place, and takes no other', async function () {
    requireTool(this, 'taskset');
    await world.encrypt('notes', FERRY_TEXT);
    const places = async (): Promise<readonly string[]> =>
      (await world.storage.paths()).filter((path) => path.includes('.budget.')).sort();
    const given = async (wrapper: readonly string[]): Promise<unknown> => {
      child = startProcess(world.environment, wrapper);
      await child.logged('ended');
      child.child.kill('SIGTERM');
      assert.match((await child.finish()).output, /"state":"done"/);
      const jws = (await world.storage.text('/results/quarterly-notes.receipt.jws')) ?? '';
      const { output, budget, inputsDigest } = parseReceipt(jws.trim()).receipt;
      return { digest: output?.digest, budget, inputsDigest, places: await places() };
    };
    const first = await given([]);
    const allowed = /Cpus_allowed_list:\s*(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0';
    assert.deepEqual(await given(['taskset', '-c', allowed]), first);
    assert.deepEqual((await places()).length, 2, 'an entry and its closing');
  });

  it('I8: writes nothing of the text when it gives no result, and then ends with 0 like any other', async () => {
    const canary = 'Zanzibarquoll';
    await world.close();
    const port = await freePort();
    world = await createWorld((contract) => onPort(port, lenient(contract, { maxCopiedWords: 2 })));
    await world.encrypt('notes', FERRY_TEXT.replaceAll('ferry', canary));
    child = startProcess(world.environment);
    await child.logged('ended');
    child.child.kill('SIGTERM');
    const { code, output } = await child.finish();
    assert.equal(code, 0);
    assert.match(output, /"code":"NO_RESULT"/);
    assert.doesNotMatch(output, /LIMIT|SUMMARY_/);
    assert.doesNotMatch(output, new RegExp(canary, 'i'));
    assert.doesNotMatch(
      (await world.storage.text('/results/quarterly-notes.refusal.jws')) ?? '',
      new RegExp(canary, 'i'),
    );
  });

  it('ends with 20 when its key is refused, and stops while it is waiting', async () => {
    await world.encrypt('notes', FERRY_TEXT);
    const [name] = world.sidecar.keys.keys();
    world.sidecar.keys.set(name!, 'the claims do not matter: does not meet key release policy');
    child = startProcess(world.environment);
    await child.logged('ended');
    child.child.kill('SIGTERM');
    assert.equal((await child.finish()).code, 20);
    world.sidecar.keys.clear();
    child = startProcess(world.environment);
    await child.logged('waiting');
    child.child.kill('SIGTERM');
    assert.equal((await child.finish()).code, 0);
  });
});
