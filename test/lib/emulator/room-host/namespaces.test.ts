// Rooms in namespaces: what a program sees of this machine, and which programs may run where there are none.

import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { chooseIsolation, layoutFor } from '../../../../src/lib/emulator/room-host/choose-isolation.js';
import type { GroupSpec } from '../../../../src/lib/emulator/room-host/group-spec.js';
import { createImageCache } from '../../../../src/lib/emulator/room-host/images.js';
import type { RoomIsolation } from '../../../../src/lib/emulator/room-host/namespaces/probe.js';
import { createRoomHost, type RunningRoomHost } from '../../../../src/lib/emulator/room-host/room-host.js';
import { type ImageStore, openImageStore } from '../../../../src/lib/emulator/registry/image-store.js';
import { loadArchive } from '../../../../src/lib/emulator/registry/load-archive.js';
import { buildImage, type ImageSpec } from '../../../../src/lib/images/build/build-image.js';
import type { LayerEntry } from '../../../../src/lib/images/build/layer-tar.js';
import { useTemporaryDirectory } from '../../../support/temporary-directory.js';
import { requireTool } from '../../../support/tools.js';

const PROBE = `
import { connect } from 'node:net';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { lookup } from 'node:dns/promises';
const attempt = (action) => { try { return action(); } catch (error) { return error.code; } };
const status = readFileSync('/proc/self/status', 'utf8');
const reach = (host, port) => new Promise((resolve) => {
  const socket = connect({ host, port, timeout: 5000 }).on('data', (data) => { resolve(String(data)); socket.destroy(); })
    .on('error', (error) => resolve(error.code)).on('timeout', () => resolve('timeout'));
});
console.log(JSON.stringify({
  pid: process.pid,
  uid: process.getuid(),
  capabilities: /CapEff:\\s*(\\w+)/.exec(status)[1] + /CapBnd:\\s*(\\w+)/.exec(status)[1],
  noNewPrivileges: /NoNewPrivs:\\s*(\\d)/.exec(status)[1],
  hostname: hostname(),
  processes: readdirSync('/proc').filter((name) => /^\\d+$/.test(name)),
  root: readdirSync('/').sort(),
  image: attempt(() => writeFileSync('/app/new', 'x')),
  scratch: attempt(() => { writeFileSync('/tmp/new', 'x'); return 'written'; }),
  kernel: attempt(() => writeFileSync('/proc/sys/kernel/hostname', 'x')),
  connections: attempt(() => readFileSync('/proc/sys/net/ipv4/tcp_ehash_entries', 'utf8').trim()),
  home: attempt(() => readdirSync(process.env.HOST_HOME)),
  service: await reach('127.0.0.1', Number(process.env.SERVICE)),
  other: await reach('127.0.0.1', Number(process.env.OTHER)),
  metadata: await reach('169.254.169.254', 80).then((answer) => answer.slice(0, 8)),
  outside: await reach('192.0.2.1', 80),
  localhost: (await lookup('localhost', { family: 4 })).address,
  low: await new Promise((resolve) => { import('node:net').then(({ createServer }) => createServer().on('error', (error) => resolve(error.code)).listen(443, () => resolve('bound'))); }),
}));
`;

describe('rooms in namespaces', function () {
  this.timeout(120_000);
  const directory = useTemporaryDirectory();
  let isolation: RoomIsolation;
  let store: ImageStore;
  let runtime: string | null = null;
  const servers: Server[] = [];
  const hosts: RunningRoomHost[] = [];

  before(async function () {
    try {
      isolation = await chooseIsolation('namespaces');
    } catch (cause) {
      if (process.env['CLEANROOM_REQUIRE_TOOLS'] === '1') throw cause;
      this.skip();
    }
    store = await openImageStore(join(directory(), 'registry'));
    runtime = mkdtempSync(join(tmpdir(), 'cleanroom-'));
  });
  after(async () => {
    await Promise.all(hosts.map((host) => host.close()));
    for (const server of servers) server.close();
    if (runtime !== null) rmSync(runtime, { recursive: true, force: true });
  });

  const listen = async (greeting: string): Promise<number> => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.end(greeting);
    });
    servers.push(server);
    await new Promise<void>((resolve) =>
      server.listen(0, '127.0.0.1', () => {
        resolve();
      }),
    );
    return (server.address() as AddressInfo).port;
  };
  /** A service that keeps its first caller waiting until the test lets go of it. */
  const gate = async (): Promise<{ readonly port: number; readonly caller: Promise<Socket> }> => {
    const server = createServer().listen(0, '127.0.0.1');
    servers.push(server);
    await once(server, 'listening');
    const caller = once(server, 'connection').then(([socket]) => socket as Socket);
    return { port: (server.address() as AddressInfo).port, caller };
  };
  async function push(name: string, spec: Omit<ImageSpec, 'name'>): Promise<void> {
    const out = join(directory(), `${name}.tar`);
    const { manifestDigest } = await buildImage(spec, out);
    await loadArchive(store, out, name, manifestDigest);
  }
  const groupOf = (
    name: string,
    environment: Readonly<Record<string, string>> = {},
    memoryBytes: number | null = null,
  ): GroupSpec => ({
    id: `/groups/${name}`,
    name,
    location: 'westeurope',
    identities: [],
    restartPolicy: 'Never',
    ccePolicy: null,
    containers: [
      {
        name: 'main',
        image: `cleanroom.local/${name}:latest`,
        command: null,
        environment: Object.entries(environment).map(([key, value]) => ({ name: key, value })),
        volumeMounts: [],
        user: null,
        privileged: false,
        noNewPrivileges: true,
        capabilities: { add: [], drop: [] },
        memoryBytes,
        liveness: null,
        readiness: null,
      },
    ],
    volumes: [],
    ports: [],
  });
  function hostWith(given: RoomIsolation, services: readonly number[] = []): RunningRoomHost {
    const host = createRoomHost({
      images: createImageCache(store, join(runtime ?? '', given.kind), layoutFor(given)),
      launchGuest: () => {
        throw new Error('these groups have no policy');
      },
      metadata: () => () => Promise.resolve({ status: 200, body: 'metadata' }),
      directory: join(directory(), 'host'),
      runtimeDirectory: join(runtime ?? '', `run-${hosts.length}`),
      emulatorId: String(hosts.length),
      isolation: given,
      services: () => services.map((port) => ({ host: '127.0.0.1', port })),
      ownLayers: () => Promise.resolve(new Set()),
    });
    mkdirSync(join(runtime ?? '', `run-${hosts.length}`), { recursive: true, mode: 0o700 });
    hosts.push(host);
    return host;
  }
  async function run(
    host: RunningRoomHost,
    group: GroupSpec,
  ): Promise<{ exitCode: number | undefined; output: string }> {
    const failure = await host.launch(group);
    assert.equal(failure, null);
    for (let left = 600; left > 0; left--) {
      const state = host.view(group.id)?.containers[0]?.currentState;
      if (state?.state === 'Terminated') {
        await delay(100);
        const log = (await host.logs(group.id, 'main')) ?? '';
        return { exitCode: state.exitCode, output: log.replace(/^\S+Z /gm, '') };
      }
      await delay(100);
    }
    throw new Error('the container did not end');
  }

  it("I39: shows a program its image, its group and the local Azure's services, and nothing of this machine", async () => {
    const program = `${PROBE}\nprocess.exit(0);`;
    await push('probe', {
      layers: [[{ path: '/app/main.mjs', source: Buffer.from(program) }]],
      entrypoint: ['node', '/app/main.mjs'],
      env: ['PATH=/usr/local/bin'],
      user: '65532:65532',
      workingDir: '/app',
      localOnly: true,
    });
    const [service, other] = [await listen('a service'), await listen('not for rooms')];
    const group = groupOf('probe', {
      SERVICE: String(service),
      OTHER: String(other),
      HOST_HOME: process.cwd(),
    });
    const { exitCode, output } = await run(hostWith(isolation, [service]), group);
    assert.equal(exitCode, 0, output);
    const seen = JSON.parse(output) as Record<string, unknown>;
    assert.equal(seen['pid'], 1);
    assert.equal(seen['uid'], 65532);
    assert.match(String(seen['capabilities']), /^0+$/);
    assert.equal(seen['noNewPrivileges'], '1');
    assert.match(String(seen['hostname']), /^SandboxHost-/);
    assert.deepEqual(seen['processes'], ['1']);
    assert.ok(
      !(seen['root'] as string[]).some((name) => ['home', 'root', 'work', 'var', 'sys'].includes(name)),
    );
    assert.equal(seen['image'], 'EROFS');
    assert.equal(seen['scratch'], 'written');
    assert.notEqual(seen['kernel'], undefined);
    // A table of connections of the group's own, where Linux has such: its holder walks over all of it many times.
    assert.ok(['256', 'ENOENT'].includes(String(seen['connections'])), String(seen['connections']));
    assert.equal(seen['home'], 'ENOENT');
    assert.equal(seen['service'], 'a service');
    assert.equal(seen['other'], 'ECONNREFUSED');
    assert.equal(seen['outside'], 'ENETUNREACH');
    assert.equal(seen['localhost'], '127.0.0.1');
    assert.equal(seen['low'], 'EACCES');
  });

  it('shows containers the same files, and starts them with the same umask, whatever umask the emulator has', async () => {
    const program = `
      import { readFileSync } from 'node:fs';
      import { lookup } from 'node:dns/promises';
      console.log(JSON.stringify([process.umask(), (await lookup('localhost')).address, readFileSync('/etc/resolv.conf', 'utf8')]));
    `;
    await push('umask', {
      layers: [[{ path: '/app/main.mjs', source: Buffer.from(program) }]],
      entrypoint: ['node', '/app/main.mjs'],
      env: ['PATH=/usr/local/bin'],
      user: '65532:65532',
      localOnly: true,
    });
    const before = process.umask(0o077);
    try {
      const { output } = await run(hostWith(isolation), groupOf('umask'));
      assert.deepEqual(JSON.parse(output), [0o022, '127.0.0.1', '']);
    } finally {
      process.umask(before);
    }
  });

  it('limits the memory of a container, which sees its limit, and ends one that takes more', async () => {
    const program = `
      import { availableMemory } from './available-memory.js';
      console.log(Math.round(await availableMemory() / 2 ** 20));
      const taken = [];
      while (process.argv[2] !== 'look') taken.push(Buffer.alloc(2 ** 24, 1));
    `;
    const files = [
      { path: '/app/main.mjs', source: Buffer.from(program) },
      {
        path: '/app/available-memory.js',
        source: readFileSync('dist/lib/summarizer/available-memory.js'),
      },
      { path: '/app/package.json', source: Buffer.from('{"type":"module"}') },
    ];
    const rest = { env: ['PATH=/usr/local/bin'], localOnly: true };
    await push('looks', { layers: [files], entrypoint: ['node', '/app/main.mjs', 'look'], ...rest });
    await push('takes', { layers: [files], entrypoint: ['node', '/app/main.mjs'], ...rest });
    const host = hostWith(isolation);
    const looked = await run(host, groupOf('looks', {}, 384 * 2 ** 20));
    assert.ok(Number(looked.output) > 128 && Number(looked.output) < 384, looked.output);
    const took = await run(host, groupOf('takes', {}, 384 * 2 ** 20));
    assert.ok(took.exitCode !== 0 && Number(took.output.split('\n')[0]) < 384, took.output);
    const events = host.view('/groups/takes')?.containers[0]?.events ?? [];
    assert.match(events.find(({ name }) => name === 'Isolated')?.message ?? '', /384 MiB limited by/);
  });

  it('X7: hands the environment over without a list of arguments in which others could read it', async () => {
    const { port, caller } = await gate();
    const waits = `import { connect } from 'node:net';
      connect(Number(process.env.GATE), '127.0.0.1').on('close', () => process.exit(7));`;
    await push('waits', {
      layers: [[{ path: '/app/main.mjs', source: Buffer.from(waits) }]],
      entrypoint: ['node', '/app/main.mjs'],
      env: ['PATH=/usr/local/bin'],
      localOnly: true,
    });
    const secret = `sig-${'s'.repeat(40)}-${process.pid}`;
    const environment = { CLEANROOM_SAS: secret, GATE: String(port) };
    const running = run(hostWith(isolation, [port]), groupOf('waits', environment));
    const inside = await caller;
    const seen = readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .filter((pid) => {
        try {
          return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(secret);
        } catch {
          return false;
        }
      });
    inside.end();
    assert.deepEqual(seen, []);
    assert.equal((await running).exitCode, 7);
  });

  it('runs a shell script on the files of another system', async function () {
    requireTool(this, 'ldd');
    await push('script', {
      layers: [
        [
          ...shellFiles(),
          {
            path: '/bin/room',
            source: Buffer.from('#!/bin/sh\nread line < /etc/motd\necho "$line from $0"\nexit 5\n'),
            mode: 0o755,
          },
          { path: '/etc/notice', source: Buffer.from('hello\n') },
          { path: '/etc/motd', link: '/etc/notice' },
        ],
      ],
      entrypoint: ['/bin/room'],
      user: '1000:1000',
    });
    const { exitCode, output } = await run(hostWith(isolation), groupOf('script'));
    assert.equal(output.trim(), 'hello from /bin/room');
    assert.equal(exitCode, 5);
  });

  it('runs a small static program of another language', async function () {
    requireTool(this, 'cc');
    const source = join(directory(), 'static.c');
    writeFileSync(
      source,
      '#include <stdio.h>\n#include <unistd.h>\nint main(void) { printf("uid %d\\n", getuid()); return 4; }\n',
    );
    const built = spawnSync('cc', ['-static', '-o', join(directory(), 'static'), source]);
    if (built.status !== 0) this.skip();
    await push('static', {
      layers: [[{ path: '/static', source: readFileSync(join(directory(), 'static')), mode: 0o755 }]],
      entrypoint: ['/static'],
      user: '65532:65532',
    });
    const { exitCode, output } = await run(hostWith(isolation), groupOf('static'));
    assert.equal(output.trim(), 'uid 65532');
    assert.equal(exitCode, 4);
  });

  it('finds what Azure would find: an image without the program that it starts', async () => {
    await push('no-node', {
      layers: [[{ path: '/app/main.mjs', source: Buffer.from('') }]],
      entrypoint: ['node', '/app/main.mjs'],
      env: ['PATH=/usr/local/bin'],
    });
    const { exitCode } = await run(hostWith(isolation), groupOf('no-node'));
    assert.notEqual(exitCode, 0);
  });

  it('finds what Azure would find: a /tmp that the image has for root alone, and none', async function () {
    requireTool(this, 'ldd');
    const script = Buffer.from('#!/bin/sh\n: > /tmp/x && echo written\n');
    const written = async (name: string, ...more: LayerEntry[]) => {
      const layer = [...shellFiles(), { path: '/bin/room', source: script, mode: 0o755 }, ...more];
      await push(name, { layers: [layer], entrypoint: ['/bin/room'], user: '65532:65532' });
      return (await run(hostWith(isolation), groupOf(name))).output.includes('written');
    };
    assert.equal(await written('tmp-none'), false);
    assert.equal(await written('tmp-of-root', { path: '/tmp', directory: 0o755 }), false);
    assert.equal(await written('tmp-open', { path: '/tmp', directory: 0o1777 }), true);
  });

  it("I39: starts no program of anybody else's where there are no namespaces", async () => {
    await push('foreign', {
      layers: [[{ path: '/app/main.mjs', source: Buffer.from('') }]],
      entrypoint: ['node', '/app/main.mjs'],
      localOnly: true,
    });
    const failure = await hostWith({ kind: 'processes', why: 'a test' }).launch(groupOf('foreign'));
    assert.match(failure?.message ?? '', /ROOM_NEEDS_NAMESPACES/);
  });
});

/* This machine's shell with the libraries that it needs. */
function shellFiles(): readonly LayerEntry[] {
  const libraries = [...execFileSync('ldd', ['/bin/sh'], { encoding: 'utf8' }).matchAll(/(\/\S+) \(0x/g)];
  return ['/bin/sh', ...libraries.map(([, path = '']) => path)].map((path) => ({
    path,
    source: readFileSync(path),
    mode: 0o755,
  }));
}
