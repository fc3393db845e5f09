// One engine on every surface: the same evidence, asked the same, has one answer from command, directory, URL, library, page and
// `summary`.

import assert from 'node:assert/strict';
import { createPublicKey } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import * as library from '../../../packages/verify/src/node.js';
import { nodeSignatureCrypto } from '../../../src/lib/attestation/crypto/node-crypto.js';
import { sha256Hex } from '../../../src/lib/base/bytes/digest.js';
import { utf8 } from '../../../src/lib/base/bytes/arrays.js';
import { CleanroomError } from '../../../src/lib/base/errors.js';
import { type EvidenceBundle, renderBundle } from '../../../src/lib/evidence/evidence-bundle.js';
import { piecesOfBundle } from '../../../src/lib/evidence/evidence-pieces.js';
import { verifierPlan } from '../../../src/lib/evidence/verifier-plan.js';
import { verifyPieces } from '../../../src/lib/evidence/verify-evidence-file.js';
import { CHECKS_OF_RECIPIENT, receiveSummary } from '../../../src/lib/parties/receive-summary.js';
import { planVerification } from '../../../src/lib/parties/verify/plan-verification.js';
import { verifyDirectory } from '../../../src/lib/parties/verify/verify-directory.js';
import { runVerification } from '../../../src/lib/parties/verify-request.js';
import { readSettings, type VerifyFlags } from '../../../src/lib/parties/verify-settings.js';
import type { BlobStore } from '../../../src/lib/ports/ports.js';
import { selfSignedCertificate } from '../../../src/lib/room/self-signed.js';
import { renderVerifyPage } from '../../../tools/verify-page.js';
import { useChromium } from '../../support/chromium.js';
import { OFFLINE } from '../../support/offline-verification.js';
import { useTemporaryDirectory } from '../../support/temporary-directory.js';
import {
  type BundleCase,
  bundleCases,
  type CorpusCase,
  formCases,
  vectorCases,
} from '../../support/verdict-corpus.js';
import { type WholeRun, wholeRun } from '../../support/whole-bundle.js';

type Answer = 'accepted' | 'refused' | 'unproven' | 'not-evidence';
type Answers = ReadonlyMap<string, Answer>;

const WORKER = new URL('../../support/batch-worker.mjs', import.meta.url);

describe('the same evidence', function () {
  this.timeout(240_000);
  const directory = useTemporaryDirectory();
  const path = (name: string): string => join(directory(), name);
  let run: WholeRun;
  let bundles: readonly BundleCase[];
  let ofRoom: readonly CorpusCase[];
  let vectors: readonly CorpusCase[];
  /* What is asked of a room's evidence: the verifier's own contract, and the policy whose code she knows. */
  let asked: VerifyFlags;
  const nothing: VerifyFlags = { 'allow-emulated': false, 'self-test': false };
  let byCommand: Answers;

  before(async () => {
    run = await wholeRun('one line');
    bundles = bundleCases(run.bundle, (await wholeRun('another line', 'other-notes')).bundle);
    ofRoom = [...bundles, ...formCases(run.bundle)];
    vectors = vectorCases();
    writeFileSync(path('contract.yaml'), run.room.contract.canonical);
    writeFileSync(path('anchors.json'), run.room.anchorsText);
    asked = {
      ...nothing,
      'allow-emulated': true,
      anchors: path('anchors.json'),
      contract: path('contract.yaml'),
      'host-data': sha256Hex(run.room.policy),
    };
    for (const [folder, cases] of [
      ['room', ofRoom],
      ['vectors', vectors],
    ] as const) {
      mkdirSync(path(folder));
      cases.forEach(({ bytes }, index) => writeFileSync(fileOf(folder, index), bytes));
    }
    byCommand = new Map([
      ...(await answers(ofRoom, (_case, index) => command(fileOf('room', index), asked))),
      ...(await answers(vectors, (_case, index) => command(fileOf('vectors', index), nothing))),
    ]);
  });

  const fileOf = (folder: string, index: number): string =>
    path(join(folder, `${String(index).padStart(4, '0')}.evidence.json`));

  async function answers<T extends CorpusCase>(
    cases: readonly T[],
    ask: (one: T, index: number) => Promise<Answer>,
  ): Promise<Answers> {
    const found = new Map<string, Answer>();
    for (const [index, one] of cases.entries()) found.set(one.name, await ask(one, index));
    return found;
  }

  function command(target: string, flags: VerifyFlags): Promise<Answer> {
    return answerOf(async () => {
      const outcome = await runVerification(target, flags, OFFLINE);
      assert.ok(outcome.kind === 'evidence');
      assert.equal(outcome.exitCode, outcome.result.verdict === 'accepted' ? 0 : 5);
      return outcome.result.verdict;
    });
  }

  function requireSame(found: Answers, cases: readonly CorpusCase[]): void {
    const differing = cases
      .filter(({ name }) => found.get(name) !== byCommand.get(name))
      .map(
        ({ name }) =>
          `${name}: ${found.get(name) ?? 'none'}, by the command ${byCommand.get(name) ?? 'none'}`,
      );
    assert.deepEqual(differing, []);
  }

  it('is more than four hundred cases, accepted, refused, unproven and none', () => {
    const all = [...byCommand.values()];
    assert.ok(all.length >= 400, String(all.length));
    assert.equal(byCommand.get('whole'), 'accepted');
    for (const answer of ['accepted', 'refused', 'unproven', 'not-evidence'] as const)
      assert.ok(all.filter((found) => found === answer).length >= 3, answer);
  });

  it('has one answer from the library', async () => {
    const contract = run.room.contract;
    const hostData = sha256Hex(run.room.policy);
    const plans = {
      asked: library.verifierPlan(
        {
          crypto: library.signatureCrypto,
          anchors: library.parseAnchors(run.room.anchorsText),
          emulatedAllowed: true,
          contract,
          stated: { hostData },
          namedPolicy: hostData,
        },
        new Date(),
      ).plan,
      nothing: library.verifierPlan({ crypto: library.signatureCrypto }, new Date()).plan,
    };
    const by = (plan: library.VerificationPlan) => (one: CorpusCase) =>
      answerOf(async () => {
        const verdict = await library.verifyEvidenceFile(one.bytes, plan);
        assert.equal(library.accepted(verdict) !== null, verdict.verdict === 'accepted');
        assert.equal(verdict.evidence !== null, verdict.verdict === 'accepted');
        return verdict.verdict;
      });
    requireSame(await answers(ofRoom, by(plans.asked)), ofRoom);
    requireSame(await answers(vectors, by(plans.nothing)), vectors);
  });

  it('has one answer from a directory', async () => {
    for (const [folder, cases, flags] of [
      ['room', ofRoom, asked],
      ['vectors', vectors, nothing],
    ] as const) {
      const { plan } = await planVerification(await readSettings(flags), new Date());
      const { entries } = await verifyDirectory(
        path(folder),
        plan,
        await OFFLINE.progress(),
        OFFLINE.signal,
        WORKER,
      );
      const found = new Map(
        cases.map(({ name }, index) => [name, entries[index]?.outcome ?? 'not-evidence']),
      );
      requireSame(found, cases);
    }
  });

  describe('in a browser', () => {
    const chromium = useChromium();

    it('has one answer from verify.html', async () => {
      writeFileSync(path('verify.html'), await renderVerifyPage());
      const page = await chromium().newPage();
      await page.goto(pathToFileURL(path('verify.html')).href);
      const show = async ({ bytes }: CorpusCase, index: number): Promise<Answer> => {
        const name = `${index}.json`;
        await page.setInputFiles('#file', { name, mimeType: 'application/json', buffer: Buffer.from(bytes) });
        await page.waitForSelector(`#verdict[data-of="${name}"]`, { state: 'attached' });
        const header = page.locator('#verdict header');
        if ((await header.count()) === 0) return 'not-evidence';
        return (await header.getAttribute('class'))?.split(' ')[0] as Answer;
      };
      requireSame(await answers(vectors, show), vectors);
      await page.click('summary');
      await page.setInputFiles('#anchors', path('anchors.json'));
      await page.setInputFiles('#contract', path('contract.yaml'));
      await page.fill('#host-data', sha256Hex(run.room.policy));
      await page.press('#host-data', 'Tab');
      requireSame(await answers(ofRoom, (one, index) => show(one, 10_000 + index)), ofRoom);
      await page.close();
    });
  });

  describe('of a room that answers', () => {
    let server: Server;
    let served: EvidenceBundle;

    before(async () => {
      const { tlsKey } = run.room;
      server = createServer(
        {
          key: tlsKey.export({ type: 'pkcs8', format: 'pem' }),
          cert: selfSignedCertificate(tlsKey, createPublicKey(tlsKey), 'localhost', new Date()),
        },
        (request, response) => {
          const url = new URL(request.url ?? '/', 'https://localhost');
          const nonce = url.searchParams.get('nonce');
          response.writeHead(nonce === null ? 404 : 200).end(nonce === null ? '' : renderBundle(over(nonce)));
        },
      );
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    });
    after(() => new Promise((resolve) => server.close(resolve)));

    /* A room answers the nonce that it is asked with; what a case changed stays changed. */
    function over(nonce: string): EvidenceBundle {
      const { runtimeData, report } = run.bundle;
      const fresh = run.room.runtimeData({ nonce });
      return {
        ...served,
        ...(served.runtimeData === runtimeData ? { runtimeData: fresh } : {}),
        ...(served.report === report ? { report: run.room.report(fresh) } : {}),
      };
    }

    it('has one answer from its URL, and no better one where the connection is not its', async () => {
      const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const some = bundles.filter((_case, index) => index % 3 === 0);
      const found = await answers(some, ({ bundle }) => {
        served = bundle;
        return command(url, asked);
      });
      for (const { name } of some) {
        const file = byCommand.get(name);
        const answer = found.get(name) === 'not-evidence' ? 'refused' : found.get(name);
        assert.equal(answer, file === 'not-evidence' ? 'refused' : file, name);
      }
    });
  });

  it('has one answer from `summary` and from the command that demands the result', async () => {
    const { contract, anchors, policy } = run.room;
    const hostData = sha256Hex(policy);
    const { plan } = verifierPlan(
      {
        crypto: nodeSignatureCrypto,
        anchors,
        emulatedAllowed: true,
        contract,
        stated: { hostData },
        namedPolicy: hostData,
        resultAsked: true,
        required: CHECKS_OF_RECIPIENT,
      },
      new Date(),
    );
    const [receipt = ''] = run.bundle.receipts ?? [];
    const some = bundles.filter(
      ({ bundle }, index) => bundle.receipts?.join() === receipt && index % 2 === 0,
    );
    assert.ok(some.length > 40);
    for (const { name, bundle, bytes } of some) {
      const stored = new Map([
        ['quarterly-notes.result.json', run.sealed],
        ['quarterly-notes.receipt.jws', utf8(receipt)],
        ['quarterly-notes.report.json', bytes],
      ]);
      const blobs = {
        read: ({ name: blob }: { name: string }) =>
          Promise.resolve(stored.has(blob) ? { bytes: stored.get(blob), etag: '"1"' } : null),
        readRange: () => Promise.resolve(null),
      } as unknown as BlobStore;
      const bySummary = await answerOf(async () => {
        const received = await receiveSummary(
          { parsed: contract, resultKey: run.resultKey },
          {
            blobs,
            clock: () => new Date(),
            seen: { read: () => Promise.resolve([]), add: () => Promise.resolve() },
            verify: (found, { further }) => verifyPieces(piecesOfBundle(found), plan, further),
            verifyRefusal: () => Promise.reject(new Error('nothing was refused')),
          },
        );
        return received.verdict.verdict;
      });
      const file = fileOf(
        'room',
        bundles.findIndex((one) => one.bundle === bundle),
      );
      assert.equal(bySummary, await command(file, { ...asked, require: ['RESULT'] }), name);
    }
  });

  it('I21: is refused where its policy is of another program, unproven where nobody knows it, and only then', async () => {
    const { contract, anchors } = run.room;
    const program = async (kind: 'known' | 'different' | 'unknown'): Promise<readonly unknown[]> => {
      const judgeProgram = () => ({ kind, text: 'a program' });
      const { plan } = verifierPlan(
        { crypto: nodeSignatureCrypto, anchors, emulatedAllowed: true, contract, judgeProgram },
        new Date(),
      );
      const { verdict, checks, statements } = await verifyPieces(piecesOfBundle(run.bundle), plan);
      const found = statements.find(({ id }) => id === 'PROGRAM');
      return [verdict, checks.find(({ id }) => id === 'PROGRAM_KNOWN')?.status, found?.status];
    };
    assert.deepEqual(await program('known'), ['accepted', 'pass', 'proven']);
    assert.deepEqual(await program('different'), ['refused', 'fail', 'refuted']);
    assert.deepEqual(await program('unknown'), ['unproven', 'skip', 'unproven']);
  });

  it('is refused where the report binds no data of a room: ROOM_DATA', async () => {
    const { plan } = verifierPlan(
      { crypto: nodeSignatureCrypto, anchors: run.room.anchors, emulatedAllowed: true },
      new Date(),
    );
    const runtimeData = '{"keys":[]}';
    const bundle = { ...run.bundle, runtimeData, report: run.room.report(runtimeData) };
    const { verdict, checks } = await verifyPieces(piecesOfBundle(bundle), plan);
    assert.equal(verdict, 'refused');
    assert.deepEqual(
      checks.filter(({ status }) => status === 'fail').map(({ id }) => id),
      ['ROOM_DATA'],
    );
  });

  it('has the answer of today a week and five years later, but for its freshness', async () => {
    const hostData = sha256Hex(run.room.policy);
    const at = async (days: number): Promise<readonly string[]> => {
      const { plan } = verifierPlan(
        {
          crypto: nodeSignatureCrypto,
          anchors: run.room.anchors,
          emulatedAllowed: true,
          contract: run.room.contract,
          stated: { hostData },
          namedPolicy: hostData,
          required: ['RESULT', 'KEYS'],
        },
        new Date(Date.now() + days * 86_400_000),
      );
      const { verdict, statements } = await verifyPieces(piecesOfBundle(run.bundle), plan);
      return [verdict, ...statements.map(({ id, status }) => `${id} ${status}`)];
    };
    const today = await at(0);
    assert.equal(today[0], 'accepted');
    assert.deepEqual(await at(7), today);
    assert.deepEqual(await at(5 * 365), today);
  });
});

async function answerOf(ask: () => Promise<Answer>): Promise<Answer> {
  try {
    return await ask();
  } catch (cause) {
    if (cause instanceof CleanroomError) return 'not-evidence';
    throw cause;
  }
}
