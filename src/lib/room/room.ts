// A room from start to end: who am I, what may I do, then serve and work at the same time (docs/design.md#the-chain).

import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { Server } from 'node:https';
import type { AddressInfo } from 'node:net';

import type { SignedReceipt } from './sign-receipt.js';
import { toBase64Url } from '../base/bytes/base64.js';
import type { ParsedContract } from '../contract/check.js';
import { ERROR_CODES, EXIT } from '../base/error-codes.js';
import { CleanroomError, type ErrorCode } from '../base/errors.js';
import { createSidecarClient, type SidecarClient } from './key-release/sidecar-client.js';
import type { ResultDocument } from '../summarizer/result-document.js';
import { type BlobClient, createBlobClient } from './blob-client.js';
import { type Environment, readRoomConfig, type RoomConfig } from './config.js';
import { fetchContract } from './contract-source.js';
import { listenOn } from './listen.js';
import type { Log } from './log.js';
import { type OwnPolicy, readOwnPolicy, requirePinnedContract } from './own-policy.js';
import { createRateLimit } from './rate-limit.js';
import { ReceiptDraft } from './receipt-draft.js';
import { resultBlobs, storeRefusal } from './result-store.js';
import { retrying, type RetrySchedule } from './retry.js';
import {
  collectRoomEvidence,
  NO_RECEIPT_PIECES,
  type RoomEvidence,
  withReceiptPieces,
} from './room-evidence.js';
import { createRoomIdentity, type RoomIdentity } from './room-identity.js';
import { StatusBoard } from './room-status.js';
import type { RoomView } from './room-view.js';
import { createRoomServer } from './web/server.js';
import { doWork, type ReleasedWork } from './work.js';
import { createVaultLogins, type VaultLogins } from './vault-login.js';

const NONCE_BYTES = 32;
const EVIDENCE_BURST = 5;
const EVIDENCE_PER_SECOND = 1;

export interface RoomOptions {
  readonly environment: Environment;
  readonly log: Log;
  readonly schedule: RetrySchedule;
  readonly modelsDirectory: string;
  readonly availableMemory: () => Promise<number>;
  /** Where a sealed model is unpacked; the system's if absent. */
  readonly temporaryDirectory?: string;
  readonly signal: AbortSignal;
  readonly now: () => Date;
  /** Other than the contract's first port; 0 lets the system choose. */
  readonly port?: number;
  /** What the thread that summarizes runs, as summarizeApart has it. */
  readonly summaryWorker?: URL;
}

/** How the work of a room ended. */
export interface RoomEnd {
  readonly state: 'done' | 'refused' | 'failed';
  readonly code: ErrorCode | null;
}

export interface RunningRoom {
  readonly port: number;
  /** Whether it is one of several, which ends with its work: the platform counts on that. */
  readonly isShard: boolean;
  /** The work's end; never rejects. The page and API go on until `close`. */
  readonly ended: Promise<RoomEnd>;
  close(): Promise<void>;
}

interface Premises {
  readonly config: RoomConfig;
  readonly client: BlobClient;
  readonly sidecar: SidecarClient;
  readonly vaultLogin: VaultLogins;
  readonly parsed: ParsedContract;
  readonly policy: OwnPolicy;
  readonly identity: RoomIdentity;
  readonly startEvidence: RoomEvidence;
}

/**
 * Finds out what this room is and what it may do, then serves its page and starts the work.
 *
 * @throws CleanroomError where the room must not exist: ROOM_CONFIG_INVALID, ROOM_POLICY_MISMATCH, CONTRACT_…, and what
 *   stayed away too long (BLOB_MISSING, SIDECAR_UNREACHABLE, SERVICE_UNREACHABLE).
 */
export async function startRoom(options: RoomOptions): Promise<RunningRoom> {
  const premises = await enterPremises(options);
  const room = new Room(options, premises);
  const server = await room.listen();
  options.log.write('serving', { port: portOf(server), contract: premises.parsed.digest });
  return {
    port: portOf(server),
    isShard: premises.config.shard !== null,
    ended: room.work(),
    close: () => close(server, premises.client),
  };
}

async function enterPremises(options: RoomOptions): Promise<Premises> {
  const config = readRoomConfig(options.environment);
  const policy = await readOwnPolicy(config.securityContextDirectory);
  requirePinnedContract(policy, config.contractDigest);
  const client = createBlobClient({ tlsRoots: config.tlsRoots });
  try {
    const parsed = await startRetry(options, 'contract', () => fetchContract(client, config));
    const sidecar = createSidecarClient({ port: parsed.contract.room.sidecarPort });
    const identity = await createRoomIdentity(options.now());
    const subject = { identity, parsed, policy, now: options.now, receipt: null, beside: NO_RECEIPT_PIECES };
    const nonce = toBase64Url(randomBytes(NONCE_BYTES));
    const startEvidence = await startRetry(options, 'sidecar', () =>
      collectRoomEvidence(sidecar, subject, nonce),
    );
    const vaultLogin = createVaultLogins(config.tlsRoots);
    return { config, client, sidecar, vaultLogin, parsed, policy, identity, startEvidence };
  } catch (error) {
    client.close();
    throw error;
  }
}

/* Before there is a page to say it on, waiting is said in the log. */
function startRetry<T>(
  { schedule, signal, log }: RoomOptions,
  what: string,
  attempt: () => Promise<T>,
): Promise<T> {
  return retrying(attempt, {
    schedule,
    signal,
    onWait: ({ code }, attempts, delayMs) => log.write('waiting', { what, code, attempts, delayMs }),
  });
}

/* Holds what changes while the room runs: its status, and after the end its receipt and result. */
class Room {
  private readonly board: StatusBoard;
  private readonly draft: ReceiptDraft;
  private receipt: SignedReceipt | null = null;
  private finished: ReleasedWork | null = null;

  constructor(
    private readonly options: RoomOptions,
    private readonly premises: Premises,
  ) {
    const { parsed, policy, identity, startEvidence } = premises;
    this.board = new StatusBoard(options.now);
    this.draft = new ReceiptDraft({
      parsed,
      policyHash: policy.hash,
      reportDigest: startEvidence.reportDigest,
      key: identity.receipt.privateKey,
      now: options.now,
    });
  }

  async listen(): Promise<Server> {
    const { identity, parsed } = this.premises;
    const server = createRoomServer({
      view: this.view(),
      privateKey: identity.tls.privateKeyPem,
      certificate: identity.tls.certificate,
      rateLimit: createRateLimit(EVIDENCE_BURST, EVIDENCE_PER_SECOND),
    });
    await listenOn(server, this.options.port ?? parsed.contract.room.ports[0]);
    return server;
  }

  async work(): Promise<RoomEnd> {
    const { log } = this.options;
    try {
      const startEvidence = this.premises.startEvidence.bundle;
      const context = {
        ...this.options,
        ...this.premises,
        startEvidence,
        board: this.board,
        draft: this.draft,
      };
      const work = await doWork(context);
      if (work.outcome === 'shared') return this.end('done', null);
      this.receipt = work.receipt;
      if (work.outcome === 'empty') return this.end('refused', 'NO_RESULT');
      this.finished = work;
      return this.end('done', null);
    } catch (error) {
      const code =
        error instanceof CleanroomError
          ? error.code
          : this.options.signal.aborted
            ? 'INTERRUPTED'
            : 'INTERNAL';
      log.write('stopped', { code, kind: error instanceof Error ? error.name : 'unknown' });
      await this.refuse(this.draft.signRefused(code));
      return this.end(isRefusal(code) ? 'refused' : 'failed', code);
    }
  }

  private end(state: RoomEnd['state'], code: ErrorCode | null): RoomEnd {
    this.board.finish(state, code);
    this.options.log.write('ended', { state, code });
    return { state, code };
  }

  /* A refusal has a receipt too; that it cannot be stored changes nothing about the refusal. */
  private async refuse(receipt: SignedReceipt): Promise<void> {
    const { client, config, parsed, startEvidence } = this.premises;
    this.receipt = receipt;
    const stored = {
      receipt: receipt.jws,
      report: withReceiptPieces(startEvidence.bundle, this.draft.pieces),
    };
    try {
      await storeRefusal(client, resultBlobs(parsed.contract, config.resultSas), stored);
    } catch (error) {
      this.options.log.write('refusal-not-stored', {
        code: error instanceof CleanroomError ? error.code : 'INTERNAL',
      });
    }
  }

  private view(): RoomView {
    const { parsed, policy, sidecar, identity } = this.premises;
    const published = parsed.contract.summary.delivery === 'page';
    return {
      contract: parsed.contract,
      contractDigest: parsed.digest,
      policyHash: policy.hash,
      status: () => this.board.snapshot(),
      receipt: () => this.receipt,
      sealedResult: () => this.finished?.sealed ?? null,
      summaries: () => {
        const document = this.finished?.document ?? null;
        return published && document !== null ? shownSummaries(document) : null;
      },
      evidence: async (nonce) => {
        const receipt = this.receipt?.jws ?? null;
        const subject = {
          identity,
          parsed,
          policy,
          now: this.options.now,
          receipt,
          beside: this.draft.pieces,
        };
        return (await collectRoomEvidence(sidecar, subject, nonce)).bundle;
      },
    };
  }
}

function shownSummaries({ summary, documents }: ResultDocument): readonly string[] {
  return [summary, ...documents].map(({ text }) => text);
}

/* Refused: somebody's terms do not hold, and would not hold at the next try. Failed: something did not work. */
function isRefusal(code: ErrorCode): boolean {
  const { exit } = ERROR_CODES[code];
  return (
    exit === EXIT.refused ||
    exit === EXIT.badInput ||
    code === 'KEY_RELEASE_DENIED' ||
    code === 'KEY_DISABLED'
  );
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

async function close(server: Server, client: BlobClient): Promise<void> {
  client.close();
  const closed = once(server, 'close');
  server.close();
  server.closeIdleConnections();
  setTimeout(() => server.closeAllConnections(), 2000).unref();
  await closed;
}
