// Artefacts that earlier versions made, by the daily path itself (tools/golden-artefacts.ts), read by this one. A directory each
// version; what stands in one is never changed. Their private keys are of parties that were made for this alone.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

import type { JWK } from 'jose';

import { sha256Hex } from '../src/lib/base/bytes/digest.js';
import { parseContract } from '../src/lib/contract/parse.js';
import { parseReleasePolicy } from '../src/lib/contract/release-policy/parse.js';
import { parsePolicy } from '../src/lib/cce-policy/read/policy-model.js';
import { parseBundle } from '../src/lib/evidence/evidence-bundle.js';
import { parseProof, proofProblem } from '../src/lib/evidence/log-proof.js';
import { parseReceipt } from '../src/lib/evidence/receipt.js';
import { parseRoomLock } from '../src/lib/images/base/room-lock.js';
import { parsePartyKey } from '../src/lib/keys/party-keys.js';
import { appraiseConsent } from '../src/lib/keys/sign-consent.js';
import { type CleanFile, parseCleanFile } from '../src/lib/parties/agree/clean-file.js';
import { openOffer, openReply, transferKeyOf } from '../src/lib/parties/agree/offer-and-reply.js';
import { readCard } from '../src/lib/parties/agree/read-card.js';
import { openAccess } from '../src/lib/parties/agree/sealed-access.js';
import { readDirectoryConfig } from '../src/lib/parties/profile.js';
import { parseResult } from '../src/lib/summarizer/result-document.js';
import { openResult } from '../src/lib/summarizer/sealed-result.js';
import { type CommandRun, runCleanroomIn } from './support/run-command.js';
import { useTemporaryDirectory } from './support/temporary-directory.js';

const GOLDEN = resolve('test/golden');

for (const version of readdirSync(GOLDEN)) {
  describe(`what cleanroom ${version} made`, () => {
    const home = useTemporaryDirectory();
    const path = (name: string): string => join(GOLDEN, version, name);
    const read = (name: string): Uint8Array => readFileSync(path(name));
    const text = (name: string): string => readFileSync(path(name), 'utf8');
    const run = (...argv: string[]): Promise<CommandRun> =>
      runCleanroomIn({ cwd: join(GOLDEN, version), env: { HOME: home() } }, argv);
    const contract = () => parseContract(text('contract.yaml'));

    it('is a contract whose digest every other artefact names, signed by its parties', async () => {
      const { digest } = contract();
      assert.equal(parseReceipt(text('receipt.jws').trim()).receipt.contract, digest);
      assert.ok(text('policy.rego').includes(`CLEANROOM_CONTRACT_DIGEST=${digest}`));
      assert.equal((await run('contract', 'verify', '-f', 'contract.yaml')).code, 0);
    });

    it('is a policy that is read, and has its hash', async () => {
      const policy = parsePolicy(text('policy.rego'));
      assert.equal(policy.form, 'known');
      const { hostData } = parseBundleFacts();
      assert.equal((await run('policy', 'show', 'policy.rego', '--hash')).stdout.trim(), hostData);
    });

    it('is a sealed blob that opens to its text, with a statement that holds', async () => {
      const argv = ['-f', 'contract.yaml', '--dataset', 'notes', '--statement', 'notes.sealed.jws'];
      const verified = await run('blob', 'verify', 'notes.sealed', ...argv);
      assert.equal(verified.code, 0, verified.stderr);
      const out = join(home(), 'opened');
      const opened = await run('decrypt', 'notes.sealed', '--identity', 'own.test-key.jwk', '--out', out);
      assert.equal(opened.code, 0, opened.stderr);
      assert.deepEqual(readFileSync(out), read('notes.txt'));
    });

    it('is a sealed result that its recipient opens', async () => {
      const key = JSON.parse(text('contoso.result.test-key.jwk')) as JWK;
      const { contract: digest, summary } = parseResult(await openResult(read('result.json'), key));
      assert.equal(digest, contract().digest);
      assert.ok(text('notes.txt').includes(summary.text.slice(0, 40)), summary.text);
    });

    it('is evidence that is verified at its time: hardware to service, and the receipt with budget entries and seals', async () => {
      const at = text('made-at').trim();
      const argv = ['--allow-emulated', '--anchors', 'anchors.json', '--at', at, '--json'];
      const own = ['-f', 'contract.yaml', '--host-data', sha256Hex(text('policy.rego'))];
      const { code, stdout } = await run('verify', 'room.evidence.json', ...argv, ...own);
      assert.equal(code, 0, stdout);
      const { result } = JSON.parse(stdout) as {
        result: { readonly statements: readonly Judged[]; readonly checks: readonly Judged[] };
      };
      const proven = ['HARDWARE', 'GUEST', 'POLICY', 'CONTRACT', 'CONSENT', 'KEYS', 'RESULT', 'SERVICE'];
      const passed = ['SIGNATURE', 'CONTRACT', 'KEYS', 'SEALS', 'BUDGET', 'ENTRIES'];
      assert.deepEqual(
        statusOf(result.statements, proven),
        proven.map(() => 'proven'),
      );
      const checks = passed.map((name) => `RECEIPT_${name}`);
      assert.deepEqual(
        statusOf(result.checks, checks),
        checks.map(() => 'pass'),
      );
    });

    it('is budget entries, byte for byte those of the evidence', () => {
      const { bundle } = parseBundleFacts();
      for (const name of ['budget.1', 'budget.1.closed'])
        assert.ok(bundle.budget?.includes(text(name)), name);
    });

    it('is a log that holds, and a proof of an entry', async () => {
      const { code, stdout } = await run('log', 'verify', 'audit.log', '-f', 'contract.yaml');
      assert.equal(code, 0, stdout);
      assert.equal(proofProblem(parseProof(read('contract.proof.json'))), null);
    });

    it('is a card, an offer, and a reply with access for the host', async () => {
      const card = await readCard(path('fabrikam.cleanroom'));
      assert.equal(card.party.id, 'fabrikam');
      assert.deepEqual(await readCard(path('fabrikam.party.json')), card);
      const offer = openOffer(parseCleanFile(read('quarterly-notes.cleanroom'), 'offer'));
      const transfer = parsePartyKey(text('contoso.transfer.test-key.jwk'));
      assert.equal(transferKeyOf(offer.parsed, offer.transfer).x, transfer.publicKey.x);
      const file: CleanFile<'reply'> = parseCleanFile(read('reply.cleanroom'), 'reply');
      const reply = openReply(file);
      for (const { parsed } of [offer, reply]) assert.equal(parsed.digest, contract().digest);
      assert.ok(appraiseConsent(reply.parsed, reply.consents).sufficient);
      assert.ok((await openAccess(reply.access, transfer)).length > 0);
    });

    it('is a configuration, a lock of the room, and a release policy', async () => {
      assert.deepEqual(await readDirectoryConfig(join(GOLDEN, version)), { party: 'contoso' });
      assert.ok(parseRoomLock(text('room.lock.json')));
      const { bundle } = parseBundleFacts();
      for (const { policy } of bundle.releasePolicies ?? []) assert.ok(parseReleasePolicy(policy));
    });

    function parseBundleFacts() {
      const bundle = parseBundle(read('room.evidence.json'));
      return { bundle, hostData: Buffer.from(bundle.report.slice(0xc0, 0xe0)).toString('hex') };
    }
  });
}

interface Judged {
  readonly id: string;
  readonly status: string;
}

function statusOf(list: readonly Judged[], ids: readonly string[]): readonly (string | undefined)[] {
  return ids.map((id) => list.find((entry) => entry.id === id)?.status);
}
