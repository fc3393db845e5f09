// The whole flow with the owner's key in a Key Vault Premium instead of a Managed HSM: a real room, which gets it by release. The
// room is a process of this machine, as on one that gives rooms no namespaces.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { firstOwner } from '../../src/lib/attack-kit/stage/deal.js';
import { encryptText, receiveSummaryOf, runRoom } from '../../src/lib/attack-kit/stage/steps.js';
import { type PackedParties, startPackedParties } from '../support/packed-parties.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';

const TEXT =
  'Fabrikam Orchard is a graphical tool for planning deliveries. It reads orders, computes routes, and shows them on a map.\n';

describe('a key in Key Vault Premium', function () {
  this.timeout(180_000);
  const root = useTemporaryDirectory();
  let parties: PackedParties;
  before(async () => (parties = await startPackedParties(root(), { vault: 'keyVault', rooms: 'processes' })));
  after(() => parties.stop());

  it('is released to the attested room, without namespaces too, and named in its receipt with the fingerprint of the blob', async () => {
    const { stage, deal, emulator } = parties;
    assert.equal(emulator.rooms.kind, 'processes');
    const text = join(root(), 'notes.txt');
    writeFileSync(text, TEXT);
    const { key } = await encryptText(stage, firstOwner(deal), text);
    assert.match(key, /^https:\/\/127\.0\.0\.2:\d+\/keys\//);
    const report = await runRoom(stage, deal);
    assert.equal(report.state, 'done', JSON.stringify(report));
    const { verdict, receipt } = await receiveSummaryOf(deal);
    assert.equal(verdict.verdict, 'accepted');
    assert.equal(receipt.inputs[0]?.key, key);
    assert.equal(verdict.checks.find(({ id }) => id === 'RECEIPT_JKT')?.status, 'pass');
  });
});
