// Attacks of docs/security/threat-model.md on one room; each fails if its defence is taken out.

import assert from 'node:assert/strict';
import { freshKeyPairSync } from '../../../src/lib/keys/fresh-key.js';
import { parseReceipt } from '../../../src/lib/evidence/receipt.js';
import { utf8 } from '../../../src/lib/base/bytes/arrays.js';
import { canonicalJson } from '../../../src/lib/base/bytes/canonical-json.js';
import { ROOM_EXIT, roomExitCode } from '../../../src/lib/room/exit-codes.js';
import { causeFor } from '../../support/room/causes.js';
import { freshPublicKey } from '../../support/contract.js';
import { FERRY_TEXT, lenient, ORCHARD_TEXT } from '../../support/room/contracts.js';
import { createWorld, type World } from '../../support/room/world.js';
import { ENTRY, RESULT, SOON, openStored } from '../../support/room/room-blobs.js';

const BLOB = '/cleanroom/notes.sealed';

const CLOSED = `${ENTRY}.closed`;

const RECEIPT = '/results/quarterly-notes.receipt.jws';

const REFUSAL = '/results/quarterly-notes.refusal.jws';

describe('attacks of the host on a room', () => {
  let world: World;
  beforeEach(async () => {
    world = await createWorld((contract) => lenient(contract));
  });
  afterEach(() => world.close());

  it('I7: does not start with foreign code or foreign roots in its environment, and asks nobody for a key', async () => {
    await world.encrypt('notes', FERRY_TEXT);
    const attacks = {
      NODE_OPTIONS: '--import=./spy.mjs',
      LD_PRELOAD: '/spy.so',
      NODE_EXTRA_CA_CERTS: '/spy.pem',
      NODE_TLS_REJECT_UNAUTHORIZED: '0',
      NODE_PATH: '/tmp',
      NODE_DEBUG: 'stream',
      NODE_USE_ENV_PROXY: '1',
      OPENSSL_CONF: '/tmp/spy.cnf',
      CLEANROOM_CONTRACT_DIGEST: undefined,
      CLEANROOM_CONTRACT_URL: 'http://127.0.0.1/contract',
    };
    for (const [name, value] of Object.entries(attacks))
      await assert.rejects(
        world.start({ environment: { [name]: value } }),
        { code: 'ROOM_CONFIG_INVALID' },
        name,
      );
    assert.equal(world.sidecar.asked.length, 0);
  });

  it('I7: refuses TLS roots that the contract does not name', async () => {
    const without = await createWorld((contract) => lenient(contract));
    const roots = without.environment['CLEANROOM_TLS_ROOTS']!;
    const doubled = Buffer.from(`${Buffer.from(roots, 'base64url').toString()}\n`).toString('base64url');
    await assert.rejects(without.start({ environment: { CLEANROOM_TLS_ROOTS: doubled } }), {
      code: 'ROOM_CONFIG_INVALID',
    });
    await without.close();
  });

  it('I4: does not start under a policy whose hash is not HOST_DATA of its own report', async () => {
    world.sidecar.hostData = new Uint8Array(32);
    await assert.rejects(world.start(SOON), { code: 'ROOM_POLICY_MISMATCH' });
  });

  it('I11: is refused the key of an old blob that was put back, since its version is disabled', async () => {
    await world.encrypt('notes', FERRY_TEXT);
    const [old, oldStatement] = [await world.storage.bytes(BLOB), await world.storage.bytes(`${BLOB}.jws`)];
    for (const name of world.sidecar.keys.keys())
      world.sidecar.keys.set(name, 'KeyDisabled: the key is disabled');
    await world.encrypt('notes', ORCHARD_TEXT, { version: '2' });
    await world.storage.put(BLOB, old);
    await world.storage.put(`${BLOB}.jws`, oldStatement);
    const { state, code } = await world.run(SOON);
    assert.deepEqual({ state, code }, { state: 'refused', code: 'KEY_DISABLED' });
    assert.equal(await world.storage.text(RESULT), null);
  });

  it('I11: refuses an old payload under a new statement, and a new one under an old', async () => {
    await world.encrypt('notes', FERRY_TEXT);
    const old = await world.storage.bytes(BLOB);
    await world.encrypt('notes', ORCHARD_TEXT, { version: '2' });
    await world.storage.put(BLOB, old);
    const { code } = await world.run(SOON);
    assert.equal(code, 'DATASET_REFUSED');
    assert.equal(world.sidecar.asked.length, 0);
  });

  it('I14: summarizes one set of inputs however often it is started, and gives the same result each time', async () => {
    await world.encrypt('notes', FERRY_TEXT);
    assert.equal((await world.run()).state, 'done');
    const first = await openStored(world);
    for (let run = 0; run < 3; run++) assert.equal((await world.run()).state, 'done');
    assert.deepEqual(await openStored(world), first);
    const { receipt } = parseReceipt((await world.storage.text(RECEIPT)) ?? '');
    assert.deepEqual(receipt.budget, { used: 1, of: 1 });
  });

  it('I14: gives no second result for a nearly equal text when the budget is one', async () => {
    const pair = freshKeyPairSync({ type: 'rsa', bits: 2048 });
    await world.encrypt('notes', FERRY_TEXT, { key: { pair, version: 'a1' } });
    assert.equal((await world.run()).state, 'done');
    const result = await world.storage.text(RESULT);
    await world.encrypt('notes', FERRY_TEXT.replace('two more', 'three more'), {
      version: '2',
      key: { pair, version: 'a1' },
    });
    const { state, code } = await world.run();
    assert.deepEqual({ state, code }, { state: 'refused', code: 'BUDGET_SPENT' });
    assert.equal(await world.storage.text(RESULT), result);
    const { receipt } = parseReceipt((await world.storage.text(REFUSAL)) ?? '');
    assert.equal(receipt.refusal, 'BUDGET_SPENT');
    assert.equal(receipt.output, null);
  });

  it('I14: takes a place that somebody spoiled for used up, never for new', async () => {
    const spoiled: readonly (readonly [string, Uint8Array])[] = [
      [ENTRY, utf8('{}')],
      [ENTRY, new Uint8Array(0)],
      [ENTRY, new Uint8Array(100_000)],
    ];
    await world.encrypt('notes', FERRY_TEXT);
    for (const [path, bytes] of spoiled) {
      await world.storage.remove([CLOSED]);
      await world.storage.put(path, bytes);
      assert.equal((await world.run(SOON)).code, 'BUDGET_SPENT');
      assert.equal(await world.storage.text(RESULT), null);
    }
  });

  it('I14: gives nothing for a place whose closing is by nobody who has the keys', async () => {
    await world.encrypt('notes', FERRY_TEXT);
    assert.equal((await world.run()).state, 'done');
    const closed = (await world.storage.text(CLOSED))!;
    for (const forged of [closed.replace(/"output":"[0-9a-f]{64}"/, `"output":"${'0'.repeat(64)}"`), '{}']) {
      await world.storage.put(CLOSED, utf8(forged));
      assert.equal((await world.run(SOON)).code, 'BUDGET_SPENT');
    }
  });

  it('I14: takes the place before it opens any text, and closes it before anything is stored', async () => {
    await world.encrypt('notes', FERRY_TEXT);
    assert.equal((await world.run()).state, 'done');
    const { seen } = world.storage;
    const first = (part: string): number => seen.findIndex((request) => request.startsWith(part));
    const payload = seen.findIndex(
      (request, index) => request === `GET ${BLOB}` && seen.slice(0, index).includes(`PUT ${ENTRY}`),
    );
    assert.ok(first(`PUT ${ENTRY}`) !== -1 && first(`PUT ${ENTRY}`) < payload);
    assert.ok(payload < first(`PUT ${CLOSED}`));
    assert.ok(first(`PUT ${CLOSED}`) < first('PUT /results/'));
  });

  it('I15: does not start on a contract in which the host has added itself, and asks for no key', async () => {
    await world.encrypt('notes', FERRY_TEXT);
    const { contract } = world.parsed;
    const parties = contract.parties.map((party) =>
      party.id === 'contoso' ? { ...party, resultKey: freshPublicKey() } : party,
    );
    const forged = { ...contract, parties, summary: { ...contract.summary, delivery: 'page' as const } };
    await world.storage.put('/cleanroom/quarterly-notes.contract.json', utf8(canonicalJson(forged)));
    await assert.rejects(world.start(SOON), { code: 'CONTRACT_DIGEST_MISMATCH' });
    assert.equal(world.sidecar.asked.length, 0);
  });

  it('I16: asks the sidecar for the vault, the key and the authorities of the contract, and nobody else', async () => {
    await world.encrypt('notes', FERRY_TEXT);
    const environment = {
      MAA_ENDPOINT: 'attest.host.example',
      IDENTITY_ENDPOINT: 'http://127.0.0.1:1/token',
      AZURE_POD_IDENTITY_AUTHORITY_HOST: 'http://127.0.0.1:1',
      HTTPS_PROXY: 'http://127.0.0.1:1',
    };
    assert.equal((await world.run({ environment })).state, 'done');
    assert.deepEqual(
      world.sidecar.asked.map(({ authority, vault }) => ({ authority, vault })),
      [{ authority: 'sharedweu.weu.attest.azure.net', vault: 'fabrikam-hsm.managedhsm.azure.net' }],
    );
    assert.match(world.sidecar.asked[0]!.key, /^quarterly-notes\/[0-9a-f]{32}$/);
  });

  it('I16: refuses a blob whose owner names a key of another vault', async () => {
    await world.encrypt('notes', FERRY_TEXT);
    const moved = {
      ...world.parsed.contract.datasets[0]!,
      key: { vault: 'evil.vault.azure.net', name: 'k' },
    };
    const { appraiseSealStatement, verifySealStatement } =
      await import('../../../src/lib/sealed-blob/statement/seal-statement.js');
    const { headerSize, parseHeader } = await import('../../../src/lib/sealed-blob/format/header.js');
    const bytes = await world.storage.bytes(BLOB);
    const header = parseHeader(bytes.subarray(0, headerSize(bytes)));
    const owner = world.parsed.contract.parties.find(({ id }) => id === 'fabrikam')!;
    const statement = verifySealStatement((await world.storage.text(`${BLOB}.jws`))!, owner.contractKey);
    const checks = appraiseSealStatement(statement, {
      contract: world.parsed.digest,
      dataset: 'notes',
      key: moved.key,
      protected: header.protected,
      header: statement.header as never,
      payload: null,
    });
    assert.equal(checks.find((check) => check.id === 'SEAL_KEY')?.status, 'fail');
  });

  it('I18: refuses a text that the host has sealed itself, whoever signed for it, and asks for no key', async () => {
    const host = world.parties.get('contoso')!.contractKey;
    const stranger = freshKeyPairSync({ type: 'ec', curve: 'P-256' }).privateKey;
    for (const signer of [host, stranger]) {
      await world.encrypt('notes', 'A text that the host made up. It is long enough to be summarized.', {
        signer,
      });
      assert.equal((await world.run(SOON)).code, 'SEAL_STATEMENT_REJECTED');
    }
    await world.storage.remove([`${BLOB}.jws`]);
    assert.equal((await world.run(SOON)).code, 'BLOB_MISSING');
    assert.equal(world.sidecar.asked.length, 0);
  });

  it('I18: delivers nothing of a payload that is not the one its owner signed', async () => {
    await world.encrypt('notes', FERRY_TEXT);
    const bytes = Uint8Array.from(await world.storage.bytes(BLOB));
    bytes[bytes.length - 1]! ^= 1;
    await world.storage.put(BLOB, bytes);
    assert.equal((await world.run(SOON)).code, 'NO_RESULT');
    const { code } = await causeFor(world);
    assert.ok(code === 'SEALED_BLOB_REJECTED' || code === 'DATASET_REFUSED', code);
    assert.equal(await world.storage.text(RESULT), null);
  });

  it('I18: delivers nothing of a payload that opens well and is another than its owner stated', async () => {
    await world.encrypt('notes', FERRY_TEXT, { misstated: true });
    assert.equal((await world.run(SOON)).code, 'NO_RESULT');
    assert.equal((await causeFor(world)).code, 'DATASET_REFUSED');
    assert.equal(await world.storage.text(RESULT), null);
  });

  it('X1: notices a blob that is replaced while it is being read', async () => {
    await world.encrypt('notes', FERRY_TEXT);
    const good = await world.storage.bytes(BLOB);
    let reads = 0;
    world.storage.intercept = async ({ method, path }) => {
      if (method === 'GET' && path === BLOB && ++reads % 3 === 0) await world.storage.put(BLOB, good);
      return null;
    };
    const { code } = await world.run(SOON);
    assert.equal(code, 'NO_RESULT');
    assert.equal((await causeFor(world)).code, 'BLOB_CHANGED');
    assert.equal(await world.storage.text(RESULT), null);
  });

  it('O7: after a cut between release and result gives the same result at the next start, and counts once', async () => {
    await world.encrypt('notes', FERRY_TEXT);
    world.storage.intercept = ({ method, path }) =>
      method === 'PUT' && path.startsWith('/results/') ? { status: 503 } : null;
    const cut = await world.run({ giveUpAfterMs: 300 });
    assert.equal(cut.state, 'failed');
    assert.equal(await world.storage.text(RESULT), null);
    assert.match((await world.storage.text(CLOSED)) ?? '', /"output":"/);
    world.storage.intercept = null;
    assert.equal((await world.run()).state, 'done');
    assert.deepEqual(parseReceipt((await world.storage.text(RECEIPT)) ?? '').receipt.budget, {
      used: 1,
      of: 1,
    });
  });

  it('O7: waits while the sidecar is away or talks nonsense, and goes on when it is back', async () => {
    await world.encrypt('notes', FERRY_TEXT);
    const nonsense = ['', '[]', '{"evidence":"x"}', '<html>', '{"report":1}{"token":""}'];
    let calls = 0;
    world.sidecar.override = () => {
      const body = nonsense[calls++];
      return body === undefined ? null : { status: 200, body };
    };
    assert.equal((await world.run()).state, 'done');
    assert.ok(calls > nonsense.length);
  });

  it('O7: gives up on a sidecar that answers nonsense to the end, with nothing given out', async () => {
    await world.encrypt('notes', FERRY_TEXT);
    world.sidecar.override = ({ path }) =>
      path === '/key/release' ? { status: 200, body: '{"key":"{}"}' } : null;
    const { state, code } = await world.run(SOON);
    assert.ok(code !== null && state !== 'done', state);
    assert.equal(await world.storage.text(RESULT), null);
    assert.ok([ROOM_EXIT.keyRefused, ROOM_EXIT.unreachable].includes(roomExitCode(code) as never), code);
  });
});
