// The rooms of a profile that names a cluster: container groups first, and the cluster only where none of them is meant.

import assert from 'node:assert/strict';
import { join } from 'node:path';

import { withPods } from '../../../src/lib/kubernetes/pods/with-pods.js';
import { containerGroups } from '../../../src/lib/parties/rooms.js';
import type { Profile } from '../../../src/lib/ports/profile.js';
import type { RoomOperator, RoomState } from '../../../src/lib/ports/ports.js';
import type { Services } from '../../../src/lib/ports/services.js';
import { useTemporaryDirectory } from '../../support/temporary-directory.js';

const GROUP = { name: 'quarterly-notes' } as RoomState;
const SIGNAL = new AbortController().signal;

describe('the rooms of a profile that names a cluster', () => {
  const directory = useTemporaryDirectory();
  const groups = {
    get: (name: string) => Promise.resolve(name === GROUP.name ? GROUP : null),
    list: () => Promise.resolve([GROUP]),
    remove: () => Promise.resolve(true),
    restart: () => Promise.resolve(),
    logs: () => Promise.resolve('line'),
  } as unknown as RoomOperator;
  const services = { rooms: () => Promise.resolve(groups) } as Services;
  /* Whoever asks this cluster finds out that its file is not there. */
  const both = (): Services =>
    withPods(services, { kubernetes: { kubeconfig: join(directory(), 'none.yaml') } } as Profile);

  it('are the container groups alone, without asking the cluster, where one of them is meant', async () => {
    const rooms = await both().rooms();
    assert.equal(await rooms.get(GROUP.name), GROUP);
    assert.equal(await rooms.remove(GROUP.name, SIGNAL), true);
    assert.equal(await rooms.logs(GROUP.name, 'summarizer', null), 'line');
    await rooms.restart(GROUP.name, SIGNAL);
    assert.deepEqual(await (await containerGroups(both())).list(), [GROUP]);
    assert.deepEqual(await (await containerGroups(services)).list(), [GROUP]);
  });

  it('are never said to be all of them, or not there, where the cluster could not be asked', async () => {
    const rooms = await both().rooms();
    for (const asks of [
      () => rooms.list(),
      () => rooms.get('other'),
      () => rooms.remove('other', SIGNAL),
      () => rooms.logs('other', 'summarizer', null),
      () => rooms.restart('other', SIGNAL),
    ])
      await assert.rejects(asks, { code: 'PROFILE_INVALID' });
  });
});
