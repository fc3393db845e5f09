// From a contract to the containers of its room: what each is given. Policy, deployment and room all read this one list.

import type { Contract, ContractBlob, ContractDataset } from './schema.js';
import type { ParsedContract } from './parse.js';
import { toBase64, toBase64Url } from '../base/bytes/base64.js';
import { utf8 } from '../base/bytes/arrays.js';
import { SAS_PATTERN } from './sas-query.js';
import { shardVariables } from './shard-variables.js';

/** One environment rule: an exact value, or a parameter that the deployment fills within a bounded pattern. */
export type RoomVariable =
  | { readonly kind: 'exact'; readonly name: string; readonly value: string; readonly required: boolean }
  | {
      readonly kind: 'parameter';
      readonly name: string;
      /** re2, of the value, unanchored */ readonly pattern: string;
      readonly secret: boolean;
    };

export interface RoomContainer {
  readonly name: string;
  readonly image: string;
  readonly cpu: number;
  readonly memoryGiB: number;
  /** Null: the image's own entrypoint. */
  readonly command: readonly string[] | null;
  readonly environment: readonly RoomVariable[];
  readonly ports: readonly number[];
  /** Whether it is started as ROOM_USER, without any capability, and can gain none: our own program; the sidecar is its maker's. */
  readonly unprivileged: boolean;
  /** Whether it unpacks a sealed model into its `/tmp`; else it writes no file at all. */
  readonly writesFiles: boolean;
}

/** A blob that the room reaches with a SAS, and the least permissions that SAS needs (Storage `sr` and `sp`). */
export interface RoomSas {
  readonly variable: string;
  readonly blob: ContractBlob;
  /** container: also blobs beside it, whose names begin with the blob's (seal statement, receipt, report). */
  readonly scope: 'blob' | 'container';
  readonly permissions: 'r' | 'rc' | 'rcw';
}

/** User and group of the room's own program; neither root nor anybody. */
export const ROOM_USER = 65532;

export const CONTRACT_DIGEST_VARIABLE = 'CLEANROOM_CONTRACT_DIGEST';
/** URL of the canonical contract's blob, without SAS. */
export const CONTRACT_URL_VARIABLE = 'CLEANROOM_CONTRACT_URL';
/** Base64 of the PEM of extra TLS roots; only under a contract with `trust.emulated`, whose digest it must have. */
export const TLS_ROOTS_VARIABLE = 'CLEANROOM_TLS_ROOTS';

const TOKEN_PATTERN = [1, 8, 1].map((thousands) => atMost('[A-Za-z0-9_-]', thousands)).join('[.]');

/**
 * 1 to `thousands` * 1000 characters of a class. Not as nested repeats, since re2 refuses more than 1000 in all, and
 * whole thousands first, so that a matcher follows few threads.
 */
function atMost(characterClass: string, thousands: number): string {
  return `${`(?:${characterClass}{1000})?`.repeat(thousands - 1)}${characterClass}{1,1000}`;
}

/** The blob's URL, without SAS. */
export function blobUrl(blob: ContractBlob): string {
  return `${blob.account}/${blob.container}/${blob.name}`;
}

/** Where a dataset's owner keeps the count of results: the blobs' names begin with this one's. */
export function budgetBlob({ blob, budget }: ContractDataset): ContractBlob {
  return { account: blob.account, ...budget };
}

/** The places at which the results of a contract are counted, the first dataset's first, each once. */
export function budgetPlaces(
  contract: Contract,
): readonly { readonly dataset: string; readonly url: string }[] {
  const all = contract.datasets.map((dataset) => ({
    dataset: dataset.id,
    url: blobUrl(budgetBlob(dataset)),
  }));
  return all.filter(({ url }, index) => all.findIndex((other) => other.url === url) === index);
}

/** Every SAS that the room is started with, one a blob and purpose; the environment carries the query without `?`. */
export function roomSasList(contract: Contract): readonly RoomSas[] {
  return [
    { variable: 'CLEANROOM_SAS_CONTRACT', blob: contract.room.contractBlob, scope: 'blob', permissions: 'r' },
    {
      variable: 'CLEANROOM_SAS_RESULT',
      blob: contract.room.resultBlob,
      scope: 'container',
      permissions: 'rcw',
    },
    ...contract.datasets.map(({ id, blob }): RoomSas => {
      return { variable: datasetSasVariable(id), blob, scope: 'container', permissions: 'r' };
    }),
    ...contract.datasets.map((dataset): RoomSas => ({
      variable: budgetSasVariable(dataset.id),
      blob: budgetBlob(dataset),
      scope: 'container',
      permissions: 'rc',
    })),
  ];
}

/** Variable of a dataset's SAS: covers the blob and its seal statement `<name>.jws`. */
export function datasetSasVariable(datasetId: string): string {
  return `CLEANROOM_SAS_DATASET_${variableSuffix(datasetId)}`;
}

/** Variable of the SAS of a dataset's budget: it may create entries and read them, and neither replace nor remove one. */
export function budgetSasVariable(datasetId: string): string {
  return `CLEANROOM_SAS_BUDGET_${variableSuffix(datasetId)}`;
}

/** Variable of the access token that the sidecar uses for a dataset's vault, where managed identity does not reach it. */
export function datasetTokenVariable(datasetId: string): string {
  return `CLEANROOM_ACCESS_TOKEN_${variableSuffix(datasetId)}`;
}

function variableSuffix(id: string): string {
  return id.toUpperCase().replaceAll('-', '_');
}

export interface RoomPlanInput {
  readonly parsed: ParsedContract;
  /** PEM of the extra TLS roots, exactly the bytes of `trust.emulated.tlsRoots`; null without that field. */
  readonly tlsRoots: string | null;
}

/** The containers of the room, in the contract's order. */
export function planRoom({ parsed, tlsRoots }: RoomPlanInput): readonly RoomContainer[] {
  return parsed.contract.room.containers.map((container) => {
    const isSummarizer = container.name === 'summarizer';
    const isSidecar = container.name === 'skr';
    return {
      ...container,
      command: isSidecar && container.image.startsWith('mcr.microsoft.com/aci/skr') ? ['/skr.sh'] : null,
      environment: isSummarizer
        ? summarizerEnvironment(parsed, tlsRoots)
        : isSidecar
          ? sidecarEnvironment(parsed.contract, tlsRoots)
          : [],
      ports: isSummarizer ? parsed.contract.room.ports : isSidecar ? [parsed.contract.room.sidecarPort] : [],
      unprivileged: isSummarizer,
      writesFiles: !isSummarizer || 'dataset' in parsed.contract.model,
    };
  });
}

function summarizerEnvironment(
  { contract, digest }: ParsedContract,
  tlsRoots: string | null,
): readonly RoomVariable[] {
  return [
    exact(CONTRACT_DIGEST_VARIABLE, digest),
    exact(CONTRACT_URL_VARIABLE, blobUrl(contract.room.contractBlob)),
    ...tlsRootsRule(tlsRoots),
    ...roomSasList(contract).map(({ variable }): RoomVariable => ({
      kind: 'parameter',
      name: variable,
      pattern: SAS_PATTERN,
      secret: true,
    })),
    ...contract.datasets.map(({ id }): RoomVariable => ({
      kind: 'parameter',
      name: datasetTokenVariable(id),
      pattern: TOKEN_PATTERN,
      secret: true,
    })),
    ...shardVariables(contract).map(({ name, pattern }): RoomVariable => ({
      kind: 'parameter',
      name,
      pattern,
      secret: false,
    })),
  ];
}

function sidecarEnvironment(contract: Contract, tlsRoots: string | null): readonly RoomVariable[] {
  const args = {
    certcache: { endpoint_type: 'LocalTHIM', endpoint: '169.254.169.254/metadata/THIM/amd/certification' },
  };
  return [
    exact('Port', String(contract.room.sidecarPort)),
    exact('SkrSideCarArgs', toBase64(utf8(JSON.stringify(args)))),
    ...tlsRootsRule(tlsRoots),
  ];
}

function tlsRootsRule(tlsRoots: string | null): readonly RoomVariable[] {
  return tlsRoots === null ? [] : [exact(TLS_ROOTS_VARIABLE, toBase64Url(utf8(tlsRoots)))];
}

function exact(name: string, value: string): RoomVariable {
  return { kind: 'exact', name, value, required: true };
}
