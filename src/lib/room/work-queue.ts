// Azure Queue Storage over https with a SAS: receive, prolong, delete and put messages that name a document or the merge.
//
// The queue is the host's. It may lose, repeat or invent messages: what a message says is a hint at work that the room
// itself knows to be left, never an instruction (docs/reference/replicas.md).

import { decodeUtf8, utf8 } from '../base/bytes/arrays.js';
import { CleanroomError } from '../base/errors.js';
import {
  createStorageAgent,
  exchangeWithStorage,
  foreignAnswer,
  isBusy,
  type StorageAnswer,
} from './storage-exchange.js';

const MAX_ANSWER_BYTES = 128 * 1024;
const TIMEOUT_MS = 60_000;

/** A piece of work: one document by its place in the sealed datasets, or the merge of all. */
export type WorkItem = { readonly kind: 'document'; readonly index: number } | { readonly kind: 'merge' };

/** A message that this room has leased: nobody else sees it until the lease ends. */
export interface LeasedMessage {
  /** Null for a message that no room wrote. */
  readonly item: WorkItem | null;
  /** How often it has been received, this time included. */
  readonly deliveries: number;
  readonly id: string;
  readonly receipt: string;
}

export interface WorkQueue {
  /** The next message, leased for `seconds`; null where none is visible. */
  receive(seconds: number): Promise<LeasedMessage | null>;
  /** Leases it for `seconds` more, 0 to give it back; null where the lease was lost. */
  prolong(message: LeasedMessage, seconds: number): Promise<LeasedMessage | null>;
  /** Deletes it; nothing happens where the lease was lost. */
  remove(message: LeasedMessage): Promise<void>;
  put(item: WorkItem): Promise<void>;
  close(): void;
}

export interface WorkQueueOptions {
  /** URL of the queue, without SAS. */
  readonly url: string;
  /** Query of the SAS; secret. */
  readonly sas: string;
  /** PEM of the only TLS roots to trust; Node's built-in ones if null. */
  readonly tlsRoots: string | null;
}

/** Each call throws CleanroomError: QUEUE_REFUSED, SERVICE_UNREACHABLE. @see Azure Queue Storage REST, "Operations on messages" */
export function createWorkQueue({ url, sas, tlsRoots }: WorkQueueOptions): WorkQueue {
  const agent = createStorageAgent(tlsRoots);
  const what = `queue ${url}`;
  const call = (
    method: 'GET' | 'PUT' | 'POST' | 'DELETE',
    path: string,
    parameters: Readonly<Record<string, string>>,
    text: string | null,
  ): Promise<StorageAnswer> => {
    const body =
      text === null ? null : utf8(`<QueueMessage><MessageText>${text}</MessageText></QueueMessage>`);
    return exchangeWithStorage(agent, TIMEOUT_MS, {
      method,
      url: `${url}/messages${path}`,
      query: `${new URLSearchParams(parameters).toString()}&${sas}`,
      headers: { 'content-type': 'application/xml', 'content-length': String(body?.length ?? 0) },
      body,
      maxBytes: MAX_ANSWER_BYTES,
      what,
    });
  };
  const expect = (answer: StorageAnswer, status: number): StorageAnswer => {
    if (answer.status === status) return answer;
    const code = isBusy(answer.status) ? 'SERVICE_UNREACHABLE' : 'QUEUE_REFUSED';
    throw new CleanroomError(code, `${what}: storage answered ${answer.status}`);
  };
  return {
    receive: async (seconds) => {
      const asked = { numofmessages: '1', visibilitytimeout: String(seconds) };
      return readMessage(expect(await call('GET', '', asked, null), 200), what);
    },
    prolong: async (message, seconds) => {
      const asked = { popreceipt: message.receipt, visibilitytimeout: String(seconds) };
      const answer = await call('PUT', `/${message.id}`, asked, renderItem(message.item));
      if (isLost(answer)) return null;
      const receipt = expect(answer, 204).headers['x-ms-popreceipt'];
      return typeof receipt === 'string' ? { ...message, receipt } : null;
    },
    remove: async (message) => {
      const answer = await call('DELETE', `/${message.id}`, { popreceipt: message.receipt }, null);
      if (!isLost(answer)) expect(answer, 204);
    },
    put: async (item) => {
      /* Never expires: a run may take longer than the seven days of the default. */
      expect(await call('POST', '', { messagettl: '-1' }, renderItem(item)), 201);
    },
    close: () => agent.destroy(),
  };
}

/* Someone else has it by now (PopReceiptMismatch), or it is gone (MessageNotFound). */
function isLost({ status }: StorageAnswer): boolean {
  return status === 404 || status === 400;
}

function renderItem(item: WorkItem | null): string {
  if (item === null) return '';
  return item.kind === 'merge' ? 'merge' : `document ${item.index}`;
}

/** Text of a message to its item; null for anything that a room does not write. */
export function parseWorkItem(text: string): WorkItem | null {
  if (text === 'merge') return { kind: 'merge' };
  const index = /^document (0|[1-9]\d{0,5})$/.exec(text)?.[1];
  return index === undefined ? null : { kind: 'document', index: Number(index) };
}

function readMessage({ bytes }: StorageAnswer, what: string): LeasedMessage | null {
  const xml = decodeUtf8(bytes) ?? '';
  if (!xml.includes('<QueueMessagesList')) throw foreignAnswer(what);
  const id = element(xml, 'MessageId');
  if (id === null) return null;
  const receipt = element(xml, 'PopReceipt');
  const deliveries = Number(element(xml, 'DequeueCount'));
  if (!/^[A-Za-z0-9-]{1,64}$/.test(id) || receipt === null || !Number.isSafeInteger(deliveries))
    throw foreignAnswer(what);
  return { item: parseWorkItem(element(xml, 'MessageText') ?? ''), deliveries, id, receipt };
}

/* Ids, receipts (base64) and our own texts need no XML entities but those of base64's plus sign, which has none. */
function element(xml: string, name: string): string | null {
  return new RegExp(`<${name}>([^<&]{0,4096})</${name}>`).exec(xml)?.[1] ?? null;
}
