// The stand-in for the key release sidecar against what Microsoft's own program answered (test/vectors/sidecar), request by request.

import assert from 'node:assert/strict';

import { MANAGED_HSM_ROLES } from '../../src/lib/emulator/identity/role-definitions.js';
import { askSidecarOnce } from '../peers/sidecar/answers.js';
import { makeKeys, sidecarQuestions } from '../peers/sidecar/questions.js';
import { readSidecarRecordings, recordedForm } from '../peers/sidecar/recordings.js';
import { type LocalRoom, type Sidecar, startLocalRoom, startSidecar } from '../support/local-room.js';

describe("answers of Microsoft's key release sidecar", function () {
  this.timeout(120_000);
  let room: LocalRoom;
  let sidecar: Sidecar;

  before(async () => {
    room = await startLocalRoom();
    const release = MANAGED_HSM_ROLES.cryptoServiceReleaseUser;
    await room.vault.roles.assign(room.identity.principalId, release, '/');
    await makeKeys(room);
    sidecar = await startSidecar(room);
    await sidecar.ready();
  });
  after(async () => {
    await sidecar.stop();
    await room.stop();
  });

  it('are recorded for every question of `npm run peers skr`', async () => {
    const { answers } = await readSidecarRecordings();
    assert.deepEqual(
      Object.keys(answers),
      sidecarQuestions(room).map(({ question }) => question),
    );
  });

  it('hold no key, no certificate and no address', async () => {
    const { answers } = await readSidecarRecordings();
    for (const [question, answer] of Object.entries(answers)) {
      assert.doesNotMatch(answer, /127\.0\.0\.1|localhost|BEGIN|LS0t/, question);
      assert.doesNotMatch(answer, /"(d|p|q|dp|dq|qi|k)":"(?!<base64>")/, question);
    }
  });

  it('are those of the stand-in', async () => {
    const { answers } = await readSidecarRecordings();
    for (const asked of sidecarQuestions(room)) {
      const ours = recordedForm(await askSidecarOnce(sidecar.port, asked), room);
      assert.equal(ours, answers[asked.question], asked.question);
    }
  });
});
