// What a room takes from its environment, and refuses though the policy's pattern might have let it through.

import assert from 'node:assert/strict';

import { REFUSED_VARIABLES } from '../../../src/lib/contract/refused-variables.js';
import { readRoomConfig } from '../../../src/lib/room/config.js';

const SAS = 'sv=2024-11-04&sp=r&se=2026-12-01T00:00:00Z&sr=b&sig=AbC%2Bd%2F9%3D';
const GOOD = {
  CLEANROOM_CONTRACT_DIGEST: 'a'.repeat(64),
  CLEANROOM_CONTRACT_URL:
    'https://fabrikamdata.blob.core.windows.net/cleanroom/quarterly-notes.contract.json',
  CLEANROOM_SAS_CONTRACT: SAS,
  CLEANROOM_SAS_RESULT: SAS,
  CLEANROOM_SAS_DATASET_NOTES: SAS,
  CLEANROOM_SAS_BUDGET_NOTES: SAS,
  UVM_SECURITY_CONTEXT_DIR: '/security-context-1',
};

describe('the environment of a room', () => {
  it('gives each SAS that the plan has', () => {
    const config = readRoomConfig(GOOD);
    assert.deepEqual(
      [config.contractSas, config.datasetSas('notes'), config.budgetSas('notes')],
      [SAS, SAS, SAS],
    );
  });

  it('I7: has no variable that runs other code in the room, weakens its TLS or prints what it reads', () => {
    for (const name of REFUSED_VARIABLES)
      assert.throws(() => readRoomConfig({ ...GOOD, [name]: '' }), { code: 'ROOM_CONFIG_INVALID' }, name);
    for (const name of [
      'NODE_OPTIONS',
      'NODE_COMPILE_CACHE',
      'NODE_USE_SYSTEM_CA',
      'LD_PRELOAD',
      'GCONV_PATH',
    ])
      assert.ok(REFUSED_VARIABLES.includes(name), name);
  });

  for (const name of ['CONTRACT', 'RESULT', 'DATASET_NOTES', 'BUDGET_NOTES'])
    it(`I6: holds nothing in CLEANROOM_SAS_${name} that makes the request another one`, () => {
      for (const query of [`${SAS}&comp=list`, `${SAS}&snapshot=2026-11-29T00:00:00Z`, `${SAS}&sp=rwd`]) {
        const environment = { ...GOOD, [`CLEANROOM_SAS_${name}`]: query };
        assert.throws(
          () => {
            const config = readRoomConfig(environment);
            config.datasetSas('notes');
            config.budgetSas('notes');
          },
          { code: 'ROOM_CONFIG_INVALID' },
        );
      }
    });
});
