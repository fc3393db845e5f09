// Which clusters of a kubeconfig are spoken to, and what their refusals become.

import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

import { stringify } from 'yaml';

import {
  askCluster,
  connectCluster,
  requireNativeSidecars,
} from '../../../src/lib/kubernetes/pods/connect-cluster.js';
import { createJob } from '../../../src/lib/kubernetes/pods/create-job.js';
import { job } from '../../support/job-fixture.js';
import { useTemporaryDirectory } from '../../support/temporary-directory.js';

describe('the cluster of a profile', () => {
  const directory = useTemporaryDirectory();
  let server: Server;
  let local: string;
  /* What the API server says of its version, and how it answers all else. */
  let minor = '34';
  let status = 404;
  const asked: string[] = [];

  before(async () => {
    server = createServer((request, response) => {
      asked.push(`${request.method} ${request.url}`);
      const isVersion = request.url?.startsWith('/version') === true;
      response.writeHead(isVersion ? 200 : status, { 'content-type': 'application/json' });
      const version = { major: '1', minor, gitVersion: `v1.${minor}.2` };
      response.end(JSON.stringify(isVersion ? version : { message: 'no such "thing"' }));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    local = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });

  /* The client speaks no plain http but where no certificate is asked for. */
  const plain = (at: string) => ({ server: at, 'insecure-skip-tls-verify': true });

  async function kubeconfig(cluster: object, context = {}): Promise<string> {
    const path = join(directory(), 'kubeconfig.yaml');
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'one', cluster }],
      users: [{ name: 'me', user: { token: 'x' } }],
      contexts: [
        { name: 'here', context: { cluster: 'one', user: 'me', namespace: 'rooms', ...context } },
        { name: 'nowhere', context: { cluster: 'two', user: 'me' } },
      ],
      'current-context': 'here',
    };
    await writeFile(path, stringify(config));
    return path;
  }

  it('is the one of its kubeconfig and context, in the namespace of either', async () => {
    const path = await kubeconfig({ server: 'https://cluster.example' });
    const { server: found, namespace } = await connectCluster({ kubeconfig: path });
    assert.deepEqual([found, namespace], ['https://cluster.example', 'rooms']);
    assert.equal((await connectCluster({ kubeconfig: path, namespace: 'own' })).namespace, 'own');
    await assert.rejects(connectCluster({ kubeconfig: path, context: 'nowhere' }), {
      code: 'PROFILE_INVALID',
    });
    await assert.rejects(connectCluster({ kubeconfig: join(directory(), 'none') }), {
      code: 'PROFILE_INVALID',
    });
  });

  it('X7: is given no access to storage where no certificate says who it is', async () => {
    for (const cluster of [
      { server: 'http://cluster.example' },
      { server: 'https://cluster.example', 'insecure-skip-tls-verify': true },
      { server: 'http://127.0.0.1.cluster.example' },
    ])
      await assert.rejects(connectCluster({ kubeconfig: await kubeconfig(cluster) }), {
        code: 'PROFILE_INVALID',
      });
    await connectCluster({ kubeconfig: await kubeconfig(plain(local)) });
  });

  it('is refused without native sidecars, and nothing is created there', async () => {
    const cluster = await connectCluster({ kubeconfig: await kubeconfig(plain(local)) });
    for (const old of ['28', '28+', '9', '']) {
      minor = old;
      asked.length = 0;
      const options = { signal: new AbortController().signal, timeoutMs: 0 };
      await assert.rejects(createJob(cluster, job, options), { code: 'SERVICE_REFUSED' });
      assert.deepEqual(asked, ['GET /version']);
    }
    for (const young of ['29', '29+', '34']) {
      minor = young;
      await requireNativeSidecars(cluster);
    }
  });

  it('says what the cluster refuses, and of what is not there that it is not', async () => {
    const cluster = await connectCluster({ kubeconfig: await kubeconfig(plain(local)) });
    const { batch } = cluster;
    const ask = () => askCluster('Job', batch.readNamespacedJob({ name: 'a', namespace: 'b' }));
    status = 404;
    assert.equal(await ask(), null);
    status = 403;
    await assert.rejects(ask(), { code: 'SERVICE_REFUSED', message: /403: no such/ });
    const away = await connectCluster({ kubeconfig: await kubeconfig(plain('http://127.0.0.1:1')) });
    await assert.rejects(askCluster('version', away.version.getCode()), { code: 'SERVICE_UNREACHABLE' });
  });
});
