// A recipient fetches a result whose every part was made here: emulated evidence, a receipt, sealed blob and sealed result.

import assert from 'node:assert/strict';
import { type KeyObject } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { freshKeyPairSync } from '../../../src/lib/keys/fresh-key.js';
import { renderBundle } from '../../../src/lib/evidence/evidence-bundle.js';
import { inputsDigest, type Receipt, type ReceiptInput } from '../../../src/lib/evidence/receipt.js';
import { signReceipt } from '../../../src/lib/room/sign-receipt.js';
import { utf8 } from '../../../src/lib/base/bytes/arrays.js';
import { sha256Hex } from '../../../src/lib/base/bytes/digest.js';
import type { PublicKeyJwk } from '../../../src/lib/contract/schema.js';
import { CleanroomError } from '../../../src/lib/base/errors.js';
import { headerSize } from '../../../src/lib/sealed-blob/format/header.js';
import { keyThumbprint } from '../../../src/lib/keys/key-thumbprint.js';
import { encodeResult } from '../../../src/lib/summarizer/result-document.js';
import { sealResult } from '../../../src/lib/summarizer/sealed-result.js';
import type { BlobStore } from '../../../src/lib/ports/ports.js';
import {
  CHECKS_OF_RECIPIENT,
  type ReceivedSummary,
  receiveSummary,
} from '../../../src/lib/parties/receive-summary.js';
import { openSeenResults } from '../../../src/lib/parties/seen-results.js';
import {
  emulatedRoom,
  type EmulatedRoom,
  refusalReceipt,
  verifyUnderOwnAnchors,
} from '../../support/emulated-evidence.js';
import { useTemporaryDirectory } from '../../support/temporary-directory.js';
import { ecParty, sealBytes } from '../../support/sealed.js';

const KEY = 'https://fabrikam-hsm.managedhsm.azure.net/keys/quarterly-notes/0123abc';

describe('receiving a summary', function () {
  this.timeout(60_000);
  const directory = useTemporaryDirectory();
  let room: EmulatedRoom;
  const result = freshKeyPairSync({ type: 'ec', curve: 'P-256' });
  const party = ecParty();
  const jkt = keyThumbprint(party.recipient.key);
  let blob: Uint8Array;
  let header: Uint8Array;

  before(async () => {
    room = await emulatedRoom();
    blob = await sealBytes(utf8('text of Fabrikam'), {
      ...party,
      recipient: { ...party.recipient, keyId: KEY },
    });
    header = blob.subarray(0, headerSize(blob));
  });

  it('compares the fingerprint of each released key with the header of its sealed blob', async () => {
    const { verdict } = await receive({});
    assert.equal(verdict.verdict, 'accepted');
    assert.deepEqual(checkOf(verdict, 'RECEIPT_JKT'), { status: 'pass', expected: jkt, actual: jkt });
    assert.equal(checkOf(verdict, 'RECEIPT_KEYS').status, 'pass');
  });

  it('refuses a summary whose key is another than the blob is sealed to, and names both fingerprints', async () => {
    const other = keyThumbprint(ecParty().recipient.key);
    const { verdict } = await receive({ jkt: other });
    assert.equal(verdict.verdict, 'refused');
    assert.deepEqual(checkOf(verdict, 'RECEIPT_JKT'), { status: 'fail', expected: jkt, actual: other });
  });

  it('refuses a summary that was made with a key which the contract does not name', async () => {
    const { verdict } = await receive({ key: KEY.replace('fabrikam-hsm', 'contoso-hsm') });
    assert.equal(verdict.verdict, 'refused');
    assert.equal(checkOf(verdict, 'RECEIPT_KEYS').status, 'fail');
  });

  it('lists the comparison as not made where the blob may not be read, or is another since', async () => {
    const forbidden = new CleanroomError('SERVICE_FORBIDDEN', 'blob notes.sealed: 403');
    for (const readRange of [
      () => Promise.reject(forbidden),
      () => Promise.resolve(null),
      (_blob: unknown, offset: number, length: number) =>
        Promise.resolve(utf8('no sealed blob at all').subarray(offset, offset + length)),
    ]) {
      const { verdict } = await receive({}, { store: { readRange } });
      assert.equal(verdict.verdict, 'accepted');
      assert.equal(checkOf(verdict, 'RECEIPT_JKT').status, 'skip');
    }
    const { verdict } = await receive({ header: sha256Hex('an earlier header') });
    assert.equal(checkOf(verdict, 'RECEIPT_JKT').status, 'skip');
  });

  function checkOf({ checks }: ReceivedSummary['verdict'], id: string) {
    const found = checks.find((check) => check.id === id);
    assert.ok(found !== undefined, id);
    const { status, expected, actual } = found;
    return { status, ...(expected === undefined ? {} : { expected, actual }) };
  }

  /* What a host could put there instead: each is refused by one check, and by no other. */
  const SWAPS: readonly (readonly [string, (made: Made) => Partial<Made>])[] = [
    ['RECEIPT_SIGNATURE', ({ receipt }) => ({ jws: signReceipt(receipt, stranger).jws })],
    ['RECEIPT_CONTRACT', ({ receipt }) => signed({ ...receipt, contract: sha256Hex('another contract') })],
    ['RECEIPT_REPORT', ({ receipt }) => signed({ ...receipt, report: sha256Hex('another start') })],
    ['RECEIPT_OUTPUT', ({ receipt }) => signed(withOutput(receipt, { digest: sha256Hex('another text') }))],
    ['RECEIPT_SEALED', ({ receipt }) => signed(withOutput(receipt, { sealed: sha256Hex('another file') }))],
    ['RECEIPT_INPUTS', ({ receipt }) => signed({ ...receipt, inputsDigest: sha256Hex('other inputs') })],
  ];
  const stranger = freshKeyPairSync({ type: 'ec', curve: 'P-256' }).privateKey;
  const signed = (receipt: Receipt): Partial<Made> => ({ jws: signReceipt(receipt, room.receiptKey).jws });
  const withOutput = (receipt: Receipt, changes: Partial<NonNullable<Receipt['output']>>): Receipt => ({
    ...receipt,
    output: { ...receipt.output!, ...changes },
  });

  for (const [id, swap] of SWAPS)
    it(`I22: is believed by ${id}: another one refuses the summary, and nothing else does`, async () => {
      const { verdict } = await receive({}, { swap, entries: () => Promise.resolve(null) });
      assert.equal(verdict.verdict, 'refused');
      const failed = verdict.checks.filter(({ status }) => status === 'fail').map((check) => check.id);
      assert.deepEqual(failed, [id]);
    });

  it('demands each check by which a recipient believes a summary, and the summary stands on them all', async () => {
    assert.deepEqual(
      SWAPS.map(([id]) => id),
      [...CHECKS_OF_RECIPIENT],
    );
    const { verdict } = await receive({});
    for (const id of CHECKS_OF_RECIPIENT) assert.equal(checkOf(verdict, id).status, 'pass', id);
  });

  it('I22: believes no refusal that a room of verified evidence did not sign', async () => {
    const receipt = (key: KeyObject): Uint8Array => utf8(refusalReceipt(room, [], {}, key));
    const evidence = utf8(renderBundle(room.bundle()));
    const codeOf = (stored: Readonly<Record<string, Uint8Array>>): Promise<string> =>
      receiveFrom(
        new Map(Object.entries(stored).map(([name, bytes]) => [`quarterly-notes.${name}`, bytes])),
      ).then(
        () => 'none',
        (cause: unknown) => (cause instanceof CleanroomError ? cause.code : 'other'),
      );
    const genuine = { 'refusal.jws': receipt(room.receiptKey), 'refusal.report.json': evidence };
    assert.equal(await codeOf(genuine), 'RESULT_WAS_REFUSED');
    assert.equal(await codeOf({ 'refusal.jws': genuine['refusal.jws'] }), 'RECEIPT_REJECTED');
    assert.equal(await codeOf({ ...genuine, 'refusal.jws': receipt(stranger) }), 'RECEIPT_REJECTED');
    const forged = renderBundle(room.bundle({ report: new Uint8Array(1184) }));
    assert.equal(await codeOf({ ...genuine, 'refusal.report.json': utf8(forged) }), 'RECEIPT_REJECTED');
    assert.equal(await codeOf({}), 'RESULT_NOT_THERE');
  });

  it('I20: gives no text of a result whose receipt or evidence is gone, or is no text', async () => {
    for (const around of [
      { leftOut: 'receipt.jws' },
      { leftOut: 'report.json' },
      { further: { 'receipt.jws': Uint8Array.of(0xff) } },
    ])
      await assert.rejects(receive({}, around), { code: 'RESULT_NOT_THERE' }, JSON.stringify(around));
  });

  it('says where storage holds another version of a dataset, or a later run gave no result', async () => {
    assert.deepEqual((await receive({})).beside, []);
    const { beside, verdict } = await receive({ header: sha256Hex('an earlier header') });
    assert.deepEqual(beside, [
      'storage has another version of notes than version 1, of which this summary was made',
    ]);
    assert.equal(verdict.verdict, 'accepted');
    const refusal = (key: KeyObject, time: string): Readonly<Record<string, Uint8Array>> => ({
      'refusal.jws': utf8(refusalReceipt(room, [], { time }, key)),
      'refusal.report.json': utf8(renderBundle(room.bundle())),
    });
    const later = '2126-01-01T00:00:00.000Z';
    const noted = async (further: Readonly<Record<string, Uint8Array>>): Promise<readonly string[]> =>
      (await receive({}, { further })).beside;
    const [sentence] = await noted(refusal(room.receiptKey, later));
    assert.match(sentence ?? '', /^a later run gave no result: [A-Z_]+, 2126-01-01T00:00:00.000Z$/);
    assert.deepEqual(await noted(refusal(room.receiptKey, '2020-01-01T00:00:00.000Z')), []);
    assert.deepEqual(await noted(refusal(stranger, later)), []);
    assert.deepEqual(
      await noted({ 'refusal.jws': utf8('no receipt'), 'refusal.report.json': utf8('{}') }),
      [],
    );
  });

  const OTHERS = sha256Hex('other inputs');
  const OWN_INPUTS = inputsDigest([{ dataset: 'notes', payload: sha256Hex('payload') }]);

  it('I25: refuses a summary whose place in the budget another result has: by an entry in storage', async () => {
    const place = (changes: object): Readonly<Record<string, Uint8Array>> => ({
      [ENTRY]: entry({ inputs: OTHERS, ...changes }),
    });
    assert.equal(await placeCheck({}), 'pass');
    assert.equal(await placeCheck(place({})), 'fail');
    assert.equal(await placeCheck({ [ENTRY]: utf8('no entry') }), 'fail');
    assert.equal(await placeCheck(place({ inputs: OWN_INPUTS, place: 2 })), 'fail');
    const closing = { use: 'cleanroom-budget-closed', output: sha256Hex('another text') };
    assert.equal(await placeCheck({ [`${ENTRY}.closed`]: entry(closing) }), 'fail');
    assert.equal(await placeCheck({ [`${ENTRY}.closed`]: entry({ ...closing, output: null }) }), 'pass');
  });

  it('I25: refuses it where a run without a result has that place for other inputs', async () => {
    const refusal = (changes: Partial<Receipt>): Readonly<Record<string, Uint8Array>> => ({
      'refusal.jws': utf8(
        refusalReceipt(room, [], { budget: { used: 1, of: 1 }, inputsDigest: OTHERS, ...changes }),
      ),
      'refusal.report.json': utf8(renderBundle(room.bundle())),
    });
    assert.equal(await placeCheck(refusal({})), 'fail');
    assert.equal(await placeCheck(refusal({ inputsDigest: OWN_INPUTS })), 'pass');
    assert.equal(await placeCheck(refusal({ budget: null, inputsDigest: null })), 'pass');
  });

  it('I25: refuses it where this recipient accepted another result in that place, whatever storage holds now', async () => {
    const contractPath = join(directory(), 'contoso', 'contract.yaml');
    const of = (text: string): Promise<ReceivedSummary> => receive({}, { text, contractPath });
    for (const text of ['one line', 'one line', 'another line', 'one line', 'another line']) {
      const { verdict } = await of(text);
      assert.equal(verdict.verdict, text === 'one line' ? 'accepted' : 'refused');
    }
    const found = (await of('another line')).verdict.checks.filter(({ status }) => status === 'fail');
    assert.deepEqual(
      found.map(({ id }) => id),
      ['RECEIPT_PLACE'],
    );
    const path = join(directory(), 'contoso', '.cleanroom', 'results', `${room.contract.digest}.json`);
    writeFileSync(path, '[');
    await assert.rejects(of('one line'), isDamaged);
    writeFileSync(path, '[{"place": 1}]');
    await assert.rejects(of('one line'), isDamaged);
  });

  const isDamaged = (cause: unknown): boolean =>
    cause instanceof CleanroomError && cause.code === 'JSON_MALFORMED';

  it('says where the entry of a summary is gone from storage, and nothing where it may not be read', async () => {
    const { beside, verdict } = await receive({}, { entries: () => Promise.resolve(null) });
    assert.equal(verdict.verdict, 'accepted');
    assert.match(beside.join('\n'), /budget entry https:.*budget\.1 of this summary is gone/);
    const forbidden = new CleanroomError('SERVICE_FORBIDDEN', '403');
    const closed = await receive({}, { entries: () => Promise.reject(forbidden) });
    assert.deepEqual([closed.beside, closed.verdict.verdict], [[], 'accepted']);
  });

  interface Made {
    readonly receipt: Receipt;
    readonly jws: string;
  }

  interface Around {
    readonly store?: Partial<BlobStore>;
    readonly swap?: (made: Made) => Partial<Made>;
    readonly further?: Readonly<Record<string, Uint8Array>>;
    /** Of what the room leaves. */
    readonly leftOut?: string;
    readonly text?: string;
    /** What reading a budget entry comes to. */
    readonly entries?: () => Promise<null>;
    /** Of the recipient, who keeps beside it what it accepted. */
    readonly contractPath?: string;
  }

  async function receive(
    change: Partial<ReceiptInput>,
    { store = {}, swap = () => ({}), further = {}, leftOut, text = 'one line', ...around }: Around = {},
  ): Promise<ReceivedSummary> {
    const inputs: ReceiptInput[] = [
      {
        dataset: 'notes',
        owner: 'fabrikam',
        kind: 'text',
        version: '1',
        header: sha256Hex(header),
        payload: sha256Hex('payload'),
        key: KEY,
        jkt,
        ...change,
      },
    ];
    const document = encodeResult(
      {
        v: 2,
        use: 'cleanroom-result',
        contract: room.contract.digest,
        inputs: inputsDigest(inputs),
        method: 'extractive',
        summary: { text },
        documents: [],
        checks: [],
        salt: 'salt',
      },
      900,
    );
    const { x, y } = result.publicKey.export({ format: 'jwk' });
    const recipient: PublicKeyJwk = { kty: 'EC', crv: 'P-256', x: x!, y: y! };
    const sealed = utf8(await sealResult(document, [recipient]));
    const bundle = room.bundle();
    const receipt: Receipt = {
      v: 2,
      use: 'cleanroom-receipt',
      outcome: 'released',
      contract: room.contract.digest,
      policy: sha256Hex(room.policy),
      report: sha256Hex(bundle.report),
      inputs,
      inputsDigest: inputsDigest(inputs),
      model: { digest: null },
      extractiveLimits: null,
      limits: room.contract.contract.summary.limits,
      output: { digest: sha256Hex(document), sealed: sha256Hex(sealed) },
      budget: { used: 1, of: 1 },
      causes: null,
      refusal: null,
      time: new Date().toISOString(),
    };
    const made: Made = { receipt, jws: signReceipt(receipt, room.receiptKey).jws };
    const { jws } = { ...made, ...swap(made) };
    const all = {
      'result.json': sealed,
      'receipt.jws': utf8(jws),
      'report.json': utf8(renderBundle(bundle)),
      [ENTRY]: entry({}),
      [`${ENTRY}.closed`]: entry({ use: 'cleanroom-budget-closed', output: sha256Hex(document) }),
      ...further,
    };
    const stored = Object.entries(all)
      .filter(([name]) => name !== leftOut)
      .map(([name, bytes]) => [`quarterly-notes.${name}`, bytes] as const);
    return receiveFrom(new Map(stored), store, around);
  }

  const ENTRY = 'budget.1';
  let paths = 0;
  /* A recipient that has accepted nothing yet. */
  const freshPath = (): string => join(directory(), `recipient-${++paths}`, 'contract.yaml');

  function entry(changes: object): Uint8Array {
    const place = { contract: room.contract.digest, place: 1, inputs: OWN_INPUTS };
    return utf8(JSON.stringify({ v: 2, use: 'cleanroom-budget-entry', ...place, mac: 'm', ...changes }));
  }

  async function placeCheck(further: Readonly<Record<string, Uint8Array>>): Promise<string> {
    const { verdict } = await receive({}, { further });
    const { status } = checkOf(verdict, 'RECEIPT_PLACE');
    assert.equal(verdict.verdict, status === 'fail' ? 'refused' : 'accepted');
    return status;
  }

  function receiveFrom(
    stored: ReadonlyMap<string, Uint8Array>,
    store: Partial<BlobStore> = {},
    { contractPath = freshPath(), entries }: Pick<Around, 'contractPath' | 'entries'> = {},
  ): Promise<ReceivedSummary> {
    const blobs = {
      read: ({ name }: { name: string }) => {
        if (entries !== undefined && name.includes('.budget.')) return entries();
        const bytes = stored.get(name);
        return Promise.resolve(bytes === undefined ? null : { bytes, etag: '"1"' });
      },
      readRange: (_blob: unknown, offset: number, length: number) =>
        Promise.resolve(blob.subarray(offset, offset + length)),
      ...store,
    } as unknown as BlobStore;
    return receiveSummary(
      { parsed: room.contract, resultKey: result.privateKey },
      {
        blobs,
        clock: () => new Date(),
        seen: openSeenResults(contractPath, room.contract.digest),
        verify: (evidence, beside) =>
          verifyUnderOwnAnchors(room, evidence, { ...beside, required: CHECKS_OF_RECIPIENT }),
        verifyRefusal: (evidence) => verifyUnderOwnAnchors(room, evidence),
      },
    );
  }
});
