// A transparency log of one entry: its proof beside the evidence, and the log itself as a file, damaged in one way.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { CheckLog } from '../../../src/lib/attestation/check-log.js';
import { nodeSignatureCrypto } from '../../../src/lib/attestation/crypto/node-crypto.js';
import { defaultExpectations } from '../../../src/lib/attestation/expectations.js';
import { utf8 } from '../../../src/lib/base/bytes/arrays.js';
import { sha256Hex } from '../../../src/lib/base/bytes/digest.js';
import type { Check } from '../../../src/lib/base/verdict/check.js';
import { checkContract } from '../../../src/lib/contract/check.js';
import { proveEntry, renderProof } from '../../../src/lib/evidence/log-proof.js';
import {
  type LogEntry,
  logState,
  parseLog,
  parseTreeHead,
  renderEntry,
} from '../../../src/lib/evidence/transparency-log.js';
import { recordLogProofs } from '../../../src/lib/evidence/verify-log-proofs.js';
import { publicKeyObject } from '../../../src/lib/keys/contract-signer.js';
import { generatePartyKey } from '../../../src/lib/keys/party-keys.js';
import { verifyLog } from '../../../src/lib/parties/log.js';
import type { LogStore } from '../../../src/lib/parties/log-store.js';
import { signTreeHead } from '../../../src/lib/parties/sign-tree-head.js';
import { exampleContract } from '../contract.js';

const POLICY = 'package policy\n';

/** A proof of one entry, two minutes after its head was signed. */
export async function logged(kind: 'contract' | 'policy', maxAgeMs?: number): Promise<readonly Check[]> {
  const key = await generatePartyKey();
  const value = exampleContract();
  value.parties[0]!.contractKey = key.publicKey;
  const contract = checkContract(value);
  const subject = kind === 'contract' ? contract.digest : sha256Hex(POLICY);
  const log = parseLog(renderEntry({ kind, sha256: subject, subject: 'one', at: 0 }));
  const head = parseTreeHead(await signTreeHead(logState(log), key.privateKey, new Date(0)));
  const expectations = {
    ...defaultExpectations(new Date(120_000)),
    ...(maxAgeMs === undefined ? {} : { logHeadMaxAgeMs: maxAgeMs }),
  };
  const checks = new CheckLog();
  await recordLogProofs(
    { logProofs: [utf8(renderProof(proveEntry(log, 0, head, null)))] },
    contract,
    POLICY,
    { crypto: nodeSignatureCrypto, expectations },
    checks,
  );
  return checks.checks();
}

/** A log whose form is broken, whose head a stranger signed, that was cut since a head was kept, or whose entry nobody stated. */
export async function logFile(broken: 'form' | 'head' | 'cut' | 'statement'): Promise<readonly Check[]> {
  const [key, stranger] = [await generatePartyKey(), await generatePartyKey()];
  const entry: LogEntry = { kind: 'policy', sha256: sha256Hex(POLICY), subject: 'one', at: 0 };
  const text = renderEntry(entry);
  const signer = broken === 'head' ? stranger : key;
  const head = await signTreeHead(logState(parseLog(text)), signer.privateKey, new Date(0));
  const store: LogStore = {
    name: 'audit.log',
    readLog: () => Promise.resolve(broken === 'form' ? `${text}no entry\n` : text),
    readHead: () => Promise.resolve(head),
    append: () => Promise.reject(new Error('read only')),
    dropTail: () => Promise.reject(new Error('read only')),
    writeHead: () => Promise.reject(new Error('read only')),
  };
  const keys = [publicKeyObject(key.publicKey)];
  if (broken !== 'cut') return (await verifyLog(store, [], keys)).checks;
  const longer = parseLog(text + renderEntry({ ...entry, subject: 'two' }));
  const directory = await mkdtemp(join(tmpdir(), 'cleanroom-test-'));
  const kept = join(directory, 'kept.head.jws');
  try {
    await writeFile(kept, await signTreeHead(logState(longer), key.privateKey, new Date(0)));
    return (await verifyLog(store, [kept], keys)).checks;
  } finally {
    await rm(directory, { recursive: true });
  }
}
