// The floors of a new contract: those of the dated table, shown to who signs, demanded by the key and by the verifier.

import assert from 'node:assert/strict';

import { expectationsOfContract } from '../../../src/lib/attestation/contract-floors.js';
import { defaultExpectations } from '../../../src/lib/attestation/expectations.js';
import { mergeStricter } from '../../../src/lib/attestation/stricter.js';
import { checksOfStated, STATED_BY_CONTRACT } from '../../../src/lib/evidence/stated.js';
import { floorsOf } from '../../../src/lib/contract/published/reference-classes.js';
import { REFERENCE_VALUES } from '../../../src/lib/contract/published/reference-values.js';
import { releasePolicyOf } from '../../../src/lib/contract/release-policy/build.js';
import type { ParsedContract } from '../../../src/lib/contract/check.js';
import { explainContract } from '../../../src/lib/evidence/contract-explained.js';
import {
  composeContract,
  DEFAULT_EXTRACTIVE_LIMITS,
  DEFAULT_LIMITS,
} from '../../../src/lib/parties/compose-contract.js';
import { exampleContract } from '../../support/contract.js';

function compose(): ParsedContract {
  const { parties, datasets, room, model, attestation, trust } = exampleContract();
  const cards = parties.map((party) => ({
    party,
    datasets: datasets.filter(({ owner }) => owner === party.id),
  }));
  return composeContract(cards as unknown as Parameters<typeof composeContract>[0], {
    name: 'quarterly-notes',
    platform: 'aci',
    region: room.region,
    summarizerImage: room.containers[0]!.image,
    sidecarImage: room.containers[1]!.image,
    summarizerMemoryGiB: 4,
    model,
    authorities: attestation.authorities,
    resultAccount: room.resultBlob.account,
    limits: DEFAULT_LIMITS,
    extractiveLimits: DEFAULT_EXTRACTIVE_LIMITS,
    program: { release: '1.0.0' },
    floors: floorsOf(REFERENCE_VALUES),
    delivery: 'sealed',
    trust,
  });
}

describe('the floors of a new contract', () => {
  let parsed: ParsedContract;
  let attestation: ParsedContract['contract']['attestation'];

  before(() => {
    parsed = compose();
    ({ attestation } = parsed.contract);
  });

  it('O1: are those of the table: the utility VM, and each product’s firmware', () => {
    const { uvmMinSvn, minTcb } = floorsOf(REFERENCE_VALUES);
    assert.deepEqual([attestation.uvmMinSvn, attestation.minTcb], [uvmMinSvn, minTcb]);
    assert.equal(attestation.guestSvn, 2);
  });

  it('are said by `contract show`, product by product', () => {
    const said = explainContract(parsed, null).flatMap(({ statements }) => statements);
    for (const product of attestation.products)
      assert.ok(
        said.some((text) => text.startsWith(`Firmware of ${product} at least `)),
        product,
      );
    assert.ok(said.some((text) => text.includes('SVN at least 103')));
    assert.ok(said.some((text) => text.includes('guest SVN at least 2')));
    assert.ok(!said.some((text) => text.includes('No floor')));
  });

  it('stand in the release policy, as far as a token names no product', () => {
    const text = JSON.stringify(releasePolicyOf(parsed.contract, 'ab'.repeat(32) as never));
    for (const claim of ['bootloader-svn', 'snpfw-svn', 'microcode-svn', 'guestsvn'])
      assert.ok(text.includes(`x-ms-sevsnpvm-${claim}`), claim);
  });

  it('I17: are not weakened by an appraisal file, in no component', () => {
    const base = expectationsOfContract(parsed.contract, defaultExpectations(new Date()));
    const { expectations, looser } = mergeStricter(base, {
      uvmMinSvn: 1,
      guestSvn: 0,
      minTcb: { Milan: { bootloader: 0, tee: 0, snp: 0, microcode: 255 }, Genoa: {} },
    });
    assert.equal(expectations.uvmMinSvn, 103);
    assert.equal(expectations.guestSvn, 2);
    assert.deepEqual(expectations.minTcb, {
      ...attestation.minTcb,
      Milan: { ...attestation.minTcb?.Milan, microcode: 255 },
    });
    assert.equal(looser.length, 4);
  });

  it('have to be compared: a contract with a floor for every product leaves no evidence without one', () => {
    const checks = checksOfStated(STATED_BY_CONTRACT, 'room');
    for (const id of ['GUEST_SVN', 'UVM_SVN', 'PRODUCT_ALLOWED'] as const) assert.ok(checks.includes(id), id);
  });
});
