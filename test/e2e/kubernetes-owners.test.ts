// Pods over the texts of two owners, one of whom works for the host: keys of the HSM decide, pod by pod.

import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { forgeOwnDataset } from '../../src/lib/attack-kit/attacks/forge-dataset.js';
import { agree } from '../../src/lib/attack-kit/stage/agree.js';
import { connectionOf } from '../../src/lib/attack-kit/stage/connection-of.js';
import { datasetOf, type DataOwner, type Deal } from '../../src/lib/attack-kit/stage/deal.js';
import { openParty, type Stage } from '../../src/lib/attack-kit/stage/stage.js';
import { encryptText } from '../../src/lib/attack-kit/stage/steps.js';
import { blobClient, createSasIssuer } from '../../src/lib/azure/blob-store.js';
import { openKeyVault } from '../../src/lib/azure/key-vault.js';
import { utf8 } from '../../src/lib/base/bytes/arrays.js';
import { toBase64 } from '../../src/lib/base/bytes/base64.js';
import { type Sha256Hex, sha256Hex } from '../../src/lib/base/bytes/digest.js';
import { SILENT } from '../../src/lib/base/progress.js';
import { releasePolicyOf } from '../../src/lib/contract/release-policy/build.js';
import { type ReleasePolicy, renderReleasePolicy } from '../../src/lib/contract/release-policy/grammar.js';
import { SHARD_COUNT_VARIABLE } from '../../src/lib/contract/shard-variables.js';
import type { RunningEmulator } from '../../src/lib/emulator/emulator.js';
import { withPods } from '../../src/lib/kubernetes/pods/with-pods.js';
import { describeGroups, type RecomputedPolicy } from '../../src/lib/parties/deploy-room.js';
import { keyBindings, readDatasetKeys } from '../../src/lib/parties/key-bindings.js';
import type { RoomOperator } from '../../src/lib/ports/ports.js';
import { ROOM_EXIT } from '../../src/lib/room/exit-codes.js';
import { packedSummarizer } from '../support/agreed-parties.js';
import { startTestEmulator } from '../support/local-azure.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';

const NAME = 'two-owners';
const LIMITS = {
  scripts: ['Latin' as const],
  maxCharacters: 12_000,
  maxShareOfSource: 1,
  maxCopiedWords: 10_000,
  maxCopiedShare: 1,
  minDocuments: 1,
  maxResults: 1,
};

/* A pod's exit code. */
const REFUSED = ROOM_EXIT.keyRefused;
const DONE = 0;

describe('pods over the texts of two owners', function () {
  this.timeout(180_000);
  const directory = useTemporaryDirectory();
  const { signal } = new AbortController();
  let emulator: RunningEmulator;
  let deal: Deal;
  let colluder: DataOwner;
  let other: RecomputedPolicy;

  before(async () => {
    emulator = await startTestEmulator(join(directory(), 'emulator'), {
      parties: ['contoso', 'fabrikam', 'tailspin'],
    });
    const stage: Stage = {
      emulatorDirectory: emulator.directory,
      packageRoot: process.cwd(),
      cacheDirectory: join(directory(), 'cache'),
      progress: SILENT,
      signal,
    };
    const party = (name: string) => openParty(stage, name, join(directory(), name));
    const host = await party('contoso');
    const owners = [
      { environment: await party('fabrikam'), dataset: 'notes' },
      { environment: await party('tailspin'), dataset: 'minutes' },
    ];
    const summarizer = await packedSummarizer(host, directory(), null);
    const terms = { name: NAME, host, owners, summarizer, modelDirectory: null, limits: LIMITS };
    deal = await agree(stage, { ...terms, kubernetes: true });
    const text = join(directory(), 'text.txt');
    await writeFile(text, 'The ferry leaves at nine. The harbour is closed in winter. Crews rest on Sunday.');
    for (const owner of owners) await encryptText(stage, owner, text);
    colluder = owners[1]!;
    const changed = `${deal.policy.text}\n`;
    other = { text: changed, base64: toBase64(utf8(changed)), hash: sha256Hex(changed) };
  });
  after(() => emulator.stop());

  it('N1: gives nothing where the key of one owner alone admits the policy that the host gave the pods', async () => {
    await reseal(releasePolicyOf(deal.parsed.contract, other.hash));
    assert.deepEqual(await bindings(other), ['notes: unread', 'minutes: bound']);
    assert.deepEqual(await endsOf(other), [REFUSED, REFUSED]);
    assert.equal(await isStored(), false);
  });

  it('N3: gives nothing where a key admits several policies, one of them by fewer clauses, and that key is bound to no pods', async () => {
    const lax = withoutClauses(other.hash);
    const agreed = releasePolicyOf(deal.parsed.contract, deal.policy.hash);
    await reseal({ ...agreed, anyOf: [...agreed.anyOf, ...lax.anyOf] });
    for (const policy of [deal.policy, other])
      assert.deepEqual(await bindings(policy), ['notes: unread', 'minutes: other']);
    assert.deepEqual(await endsOf(other), [REFUSED, REFUSED]);
    assert.equal(await isStored(), false);
    await reseal(agreed);
    assert.deepEqual(await bindings(deal.policy), ['notes: unread', 'minutes: bound']);
    assert.deepEqual(await endsOf(deal.policy), [DONE, DONE]);
    assert.equal(await isStored(), true);
  });

  /* What is demanded of a room for its key, but its policy, is taken out. */
  function withoutClauses(hash: Sha256Hex): ReleasePolicy {
    const { anyOf, ...rest } = releasePolicyOf(deal.parsed.contract, hash);
    const isHash = (value: unknown): boolean => JSON.stringify(value).includes(hash);
    const [first, ...others] = anyOf.map((branch) => {
      const [only] = branch.conditions.filter(isHash);
      assert.ok(only !== undefined && branch.conditions.length > 1);
      return { ...branch, conditions: [only] as const };
    });
    return { ...rest, anyOf: [first!, ...others] };
  }

  /* The colluding owner seals a text to a key that is released as it likes. */
  async function reseal(policy: ReleasePolicy): Promise<void> {
    const { key } = datasetOf(deal, colluder);
    const vault = await openKeyVault(await connectionOf(colluder.environment), key.vault);
    await vault.create({
      name: key.name,
      kind: 'RSA-HSM',
      size: 3072,
      operations: ['wrapKey'],
      releasePolicy: { text: renderReleasePolicy(policy), immutable: true },
      tags: { dataset: colluder.dataset, version: '1', contract: deal.parsed.digest },
    });
    await forgeOwnDataset(deal, colluder, 'The minutes of Tailspin. They are short.');
  }

  /* As the colluding owner's toolkit finds the keys: each owner reads its own. */
  async function bindings({ hash }: RecomputedPolicy): Promise<readonly string[]> {
    const { contract } = deal.parsed;
    const connection = await connectionOf(colluder.environment);
    const keys = await readDatasetKeys(contract, (vault) => openKeyVault(connection, vault));
    return keyBindings(contract, hash, keys).map(({ dataset, kind }) => `${dataset}: ${kind}`);
  }

  /* How two pods under that policy end; then their Job is removed. */
  async function endsOf(recomputed: RecomputedPolicy): Promise<readonly number[]> {
    const { host } = deal.terms;
    const services = withPods(host.services, host.profile);
    const { parsed, tlsRoots, images } = deal;
    const [group] = await describeGroups(
      {
        ...{ name: NAME, parsed, tlsRoots, images, recomputed, agreedPolicy: null, dnsNameLabel: null },
        identity: host.profile.roomIdentity ?? null,
        replicas: null,
        registries: [],
        parameters: new Map([[SHARD_COUNT_VARIABLE, '2']]),
      },
      { sas: createSasIssuer(await connectionOf(host)), clock: () => new Date() },
    );
    const cluster = await services.cluster!();
    await cluster.create(group!, 2, { signal, timeoutMs: 60_000 });
    const rooms = await services.rooms();
    const names = [`${NAME}-0`, `${NAME}-1`];
    const ends = [];
    for (const name of names) ends.push(await endOf(rooms, name));
    await rooms.remove(`${NAME}-0`, signal);
    return ends;
  }

  async function endOf(rooms: RoomOperator, name: string): Promise<number> {
    for (;;) {
      const room = await rooms.get(name);
      const code = room?.containers.find((each) => each.name === 'summarizer')?.exitCode ?? null;
      if (code !== null) return code;
    }
  }

  async function isStored(): Promise<boolean> {
    const { resultBlob } = deal.parsed.contract.room;
    const result = { ...resultBlob, name: `${resultBlob.name}.result.json` };
    return (await blobClient(await connectionOf(deal.terms.host), result)).exists();
  }
});
