// What a service keeps in memory is what is on its disk.

import assert from 'node:assert/strict';

import { createChanges } from '../../../../src/lib/emulator/state/changes.js';
import { startLocalVault } from '../../../support/local-vault.js';

describe('changes of the local Azure’s state', () => {
  it('did not happen where they could not be saved, and the next one stands on what did', async () => {
    let full = false;
    const saved: (readonly string[])[] = [];
    const changes = createChanges<string[]>({
      initial: [],
      copy: (value) => [...value],
      save: (value) => {
        if (full) return Promise.reject(new Error('ENOSPC'));
        saved.push([...value]);
        return Promise.resolve();
      },
    });
    await changes.change((draft) => draft.push('one'));
    full = true;
    await assert.rejects(changes.change((draft) => draft.push('ghost')));
    assert.deepEqual(changes.current, ['one']);
    full = false;
    await Promise.all(['two', 'three'].map((name) => changes.change((draft) => draft.push(name))));
    assert.deepEqual(saved.at(-1), ['one', 'two', 'three']);
  });

  it('a key that a full disk refused is not there afterwards', async () => {
    const vault = await startLocalVault();
    const { save } = vault.store;
    try {
      vault.store.save = () => Promise.reject(Object.assign(new Error('no space left'), { code: 'ENOSPC' }));
      await assert.rejects(vault.client.keys.createOctKey('ghost', { hsm: true }), { statusCode: 500 });
      vault.store.save = save;
      await assert.rejects(vault.client.keys.getKey('ghost'), { code: 'KeyNotFound' });
      await vault.client.keys.createOctKey('real', { hsm: true });
      const names = [];
      for await (const { name } of vault.client.keys.listPropertiesOfKeys()) names.push(name);
      assert.deepEqual(names, ['real']);
    } finally {
      vault.store.save = save;
      await vault.stop();
    }
  });

  it('rotation makes a version of the same kind, and its policy is kept and shown as a vault shows it', async () => {
    const vault = await startLocalVault();
    try {
      const { keys } = vault.client;
      const first = await keys.createEcKey('rotating', { hsm: true, curve: 'P-384' });
      const second = await keys.rotateKey('rotating');
      assert.deepEqual([second.keyType, second.key?.crv], ['EC-HSM', 'P-384']);
      assert.notEqual(second.id, first.id);
      assert.notDeepEqual(second.key?.x, first.key?.x);
      assert.equal((await keys.getKey('rotating')).id, second.id);
      const policy = await keys.updateKeyRotationPolicy('rotating', {
        lifetimeActions: [{ action: 'Rotate', timeBeforeExpiry: 'P30D' }],
        expiresIn: 'P90D',
      });
      assert.deepEqual((await keys.getKeyRotationPolicy('rotating')).lifetimeActions, policy.lifetimeActions);
      assert.equal(policy.expiresIn, 'P90D');
      await assert.rejects(keys.getKeyRotationPolicy('nothing'), { code: 'KeyNotFound' });
    } finally {
      await vault.stop();
    }
  });
});
