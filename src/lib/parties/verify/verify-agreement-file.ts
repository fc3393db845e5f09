// `verify` of an offer or a reply: whose code would run, under which contract, who has signed, and to what the sealed text's
// key is bound. It is a verdict before anything runs, and none about a room (docs/security/what-verify-checks.md).

import type { Check } from '../../base/verdict/check.js';
import { CheckList } from '../../base/verdict/check.js';
import { CleanroomError } from '../../base/errors.js';
import type { Judgement, Subject } from '../../base/verdict/statement.js';
import type { ParsedContract } from '../../contract/check.js';
import type { Environment } from '../../ports/environment.js';
import { cleanFileKind, readCleanBytes } from '../agree/clean-file.js';
import { type AgreedFiles, openOffer, openReply, transferKeyOf } from '../agree/offer-and-reply.js';
import type { AgreementEvidence, Unread } from '../before/agreement-evidence.js';
import { judgeAgreement } from '../before/judge-agreement.js';
import { DEMANDABLE_BEFORE } from '../before/statements.js';
import { readRequired } from '../required-checks.js';
import { programJudge } from '../known-programs.js';
import { recomputePolicy, type RecomputeRequest } from '../policy-evidence.js';
import { readSealsOf } from './read-seals.js';

export interface AgreementFileRequest extends Omit<RecomputeRequest, 'parsed' | 'environment'> {
  readonly bytes: Uint8Array;
  /** Where the bytes came from, as it is shown. */
  readonly path: string;
  /** The verifier's own contract (-f); null: the one in the file is judged, and nothing says that it is the agreed one. */
  readonly contract: ParsedContract | null;
  /** Ids of statements and checks, as `--require` has them: several in one, by commas. */
  readonly require: readonly string[];
  /** `--trust-program`: `sha256:…` each. */
  readonly trusted: readonly string[];
  readonly emulatedAllowed: boolean;
  /** Null: images are read from archives only. */
  readonly environment: Environment | null;
}

export interface AgreementVerification extends Judgement, Omit<Subject, 'reference'> {
  readonly kind: 'offer' | 'reply';
  /** Id of the party that sent it. */
  readonly sender: string;
  /** SHA-256 of the policy that was judged: the recomputed one where images were given, else the file's. */
  readonly policyHash: string;
}

/** @throws CleanroomError USAGE for an unknown id; CLEANROOM_FILE_…, CONTRACT_… for a file that is malformed; IMAGE_… */
export async function verifyAgreementFile(request: AgreementFileRequest): Promise<AgreementVerification> {
  const required = readRequired(request.require, DEMANDABLE_BEFORE);
  const opened = open(request);
  const { parsed, policyText, consents } = opened.files;
  const recomputed = await recomputePolicy({ ...request, parsed });
  const { images } = recomputed;
  const { policyHash, ...judgement } = judgeAgreement(
    {
      parsed,
      recomputed: recomputed.policy,
      file: { kind: 'read', text: policyText },
      keys: opened.keys,
      room: NOTHING_RUNS,
      hostData: NOTHING_RUNS,
      consents,
      further: [...opened.checks, ...checksOfContract(parsed, request)],
      judgeProgram: await programJudge(parsed, {
        trusted: request.trusted,
        ...(images === null ? {} : { images }),
      }),
    },
    { signers: opened.signers, party: opened.kind === 'reply' ? opened.sender : null, required },
  );
  const { name, parties } = parsed.contract;
  return {
    kind: opened.kind,
    sender: opened.sender,
    contract: { name, digest: parsed.digest, parties: parties.map(({ id }) => id) },
    at: new Date().toISOString(),
    policyHash,
    ...shownOf(judgement),
  };
}

/* Findings and differences stand in the reasons of the checks; policy show --lint and policy diff list them. */
function shownOf(judgement: Judgement): Judgement {
  const { verdict, trust, checkedAgainst, scope, statements, checks, warnings } = judgement;
  return { verdict, trust, checkedAgainst, scope, statements, checks, warnings };
}

const NOTHING_RUNS: Unread = { kind: 'unread', reason: 'an offer or a reply is about no running room' };

interface Opened {
  readonly kind: 'offer' | 'reply';
  readonly sender: string;
  readonly files: AgreedFiles;
  readonly keys: AgreementEvidence['keys'];
  /** Those whose turn to sign has passed. */
  readonly signers: readonly string[];
  readonly checks: readonly Check[];
}

function open({ bytes, path }: AgreementFileRequest): Opened {
  const kind = cleanFileKind(bytes);
  if (kind === 'offer') {
    const offer = openOffer(readCleanBytes(bytes, path, kind));
    const { host } = offer.parsed.contract.room;
    const signers = [host];
    const keys = new Map<string, Unread>(offer.parsed.contract.datasets.map(({ id }) => [id, NOT_MADE_YET]));
    return { kind, sender: host, files: offer, keys, signers, checks: checksOfTransfer(offer) };
  }
  if (kind === 'reply') {
    const reply = openReply(readCleanBytes(bytes, path, kind));
    const { party: sender, parsed } = reply;
    const signers = [...new Set([parsed.contract.room.host, sender])];
    const { keys, checks } = readSealsOf(reply);
    return { kind, sender, files: reply, keys, signers, checks };
  }
  if (kind === 'card')
    throw new CleanroomError(
      'CLEANROOM_FILE_OTHER',
      `${path} is a card: it says who a party is, and nothing in it can be verified`,
      {
        hint: 'Compare the fingerprints of its keys with the party by another channel; contract show and accept show them.',
      },
    );
  throw new CleanroomError('CLEANROOM_FILE_INVALID', `${path} is a zip file, and no card, offer or reply`);
}

const NOT_MADE_YET: Unread = { kind: 'unread', reason: 'its owner makes the key with accept' };

function checksOfTransfer({ parsed, transfer }: ReturnType<typeof openOffer>): readonly Check[] {
  const checks = new CheckList();
  try {
    transferKeyOf(parsed, transfer);
    checks.pass('TRANSFER_KEY', {});
  } catch (cause) {
    if (!(cause instanceof CleanroomError)) throw cause;
    checks.fail('TRANSFER_KEY', { reason: cause.message });
  }
  return checks.list();
}

function checksOfContract(
  { digest, contract }: ParsedContract,
  { contract: own, emulatedAllowed }: AgreementFileRequest,
): readonly Check[] {
  const checks = new CheckList();
  if (own === null) checks.skip('CONTRACT_SAME', { reason: 'no contract of your own was given (-f)' });
  else
    checks.record('CONTRACT_SAME', own.digest === digest, {
      expected: own.digest,
      actual: digest,
      ...(own.digest === digest ? {} : { reason: 'the file is about another contract than the one given' }),
    });
  const emulated = contract.trust !== undefined;
  checks.record('TRUST_ROOTS', !emulated || emulatedAllowed, {
    actual: emulated ? 'a local Azure: emulated hardware' : 'pinned roots',
    ...(emulated && !emulatedAllowed
      ? { reason: 'the contract is for a local Azure, which protects nothing (--allow-emulated)' }
      : {}),
  });
  return checks.list();
}
