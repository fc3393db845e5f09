// The contract's form. The published JSON Schema is generated from this file (templates/contract.schema.json).

import * as v from 'valibot';

const ID = v.pipe(
  v.string(),
  v.regex(/^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/, 'lower-case letters, digits and hyphens, 1 to 40'),
);
const DIGEST = v.pipe(v.string(), v.regex(/^sha256:[0-9a-f]{64}$/, 'sha256: and 64 lower-case hex digits'));
const HTTPS_URL = v.pipe(
  v.string(),
  v.regex(
    /^https:\/\/[A-Za-z0-9.-]+(?::\d{1,5})?(?:\/[A-Za-z0-9._-]+)*$/,
    'an https URL without a trailing slash',
  ),
);
const HOST_AND_PORT = v.pipe(
  v.string(),
  v.regex(/^[A-Za-z0-9.-]+(?::\d{1,5})?$/, 'a host name, with a port where it is not 443'),
);
const P256_COORDINATE = v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{43}$/, '32 bytes in base64url'));
const COUNT = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1_000_000));
const GUID = v.pipe(
  v.string(),
  v.regex(/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, 'a GUID in lower case'),
);
const PORT = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_535));

export const PublicKeySchema = v.strictObject({
  kty: v.literal('EC'),
  crv: v.literal('P-256'),
  x: P256_COORDINATE,
  y: P256_COORDINATE,
});

const Role = v.picklist(['host', 'data-owner', 'model-owner', 'recipient', 'auditor']);

export const PartySchema = v.strictObject({
  id: ID,
  roles: v.pipe(v.array(Role), v.minLength(1)),
  /** Signs consent, and a data owner's seal statements. */
  contractKey: PublicKeySchema,
  /** Results are sealed to it; every recipient has one. */
  resultKey: v.optional(PublicKeySchema),
});

const BlobReference = v.strictObject({
  /** Storage account URL without a trailing slash; an emulated one has the account as its path. */
  account: HTTPS_URL,
  container: v.pipe(
    v.string(),
    v.regex(
      /^[a-z0-9](?:-?[a-z0-9]){2,62}$/,
      'a container name: 3 to 63 lower-case letters, digits, single hyphens',
    ),
  ),
  name: v.pipe(v.string(), v.regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$/, 'a plain blob name, no path')),
});

export const DatasetSchema = v.strictObject({
  id: ID,
  owner: ID,
  kind: v.picklist(['text', 'model']),
  key: v.strictObject({
    vault: HOST_AND_PORT,
    name: v.pipe(v.string(), v.regex(/^[A-Za-z0-9-]{1,127}$/, 'letters, digits and hyphens')),
    /** The vault's tenant where it is not the room's, and the application that the room logs in there as. */
    login: v.optional(
      v.strictObject({
        tenant: GUID,
        clientId: GUID,
        /** Token endpoint without tenant; https://login.microsoftonline.com if absent. */
        authority: v.optional(HTTPS_URL),
      }),
    ),
  }),
  blob: BlobReference,
});

const Container = v.strictObject({
  name: ID,
  image: v.pipe(
    v.string(),
    v.regex(/^[a-z0-9][A-Za-z0-9.:/_-]*@sha256:[0-9a-f]{64}$/, 'an image reference by digest: name@sha256:…'),
  ),
  cpu: v.pipe(v.number(), v.gtValue(0)),
  memoryGiB: v.pipe(v.number(), v.gtValue(0)),
});

const Model = v.union([
  v.strictObject({ family: v.picklist(['t5', 'bart', 't5-bart']), digest: DIGEST }),
  v.strictObject({ dataset: ID }),
  v.strictObject({ method: v.literal('extractive') }),
]);

const Limits = v.strictObject({
  /** Longest summary, in the model's tokens (words for the extractive method). */
  maxTokens: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(4096)),
  /** Largest length of the summary as a share of its source, in words: 0 to 1. */
  maxShareOfSource: v.pipe(v.number(), v.gtValue(0), v.maxValue(1)),
  /** Longest run of words that the summary may share with the source. */
  maxVerbatimTokens: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(100_000)),
  /** Fewest documents that a dataset must hold. */
  minDocuments: COUNT,
  /** How many distinct sets of inputs may ever be summarized under this contract, refusals by the limits included. */
  maxResults: COUNT,
});

const TcbFloor = v.strictObject({
  fmc: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(255))),
  bootloader: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(255))),
  tee: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(255))),
  snp: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(255))),
  microcode: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(255))),
});

const Product = v.picklist(['Milan', 'Genoa', 'Turin']);

export const ContractSchema = v.strictObject({
  version: v.literal(1),
  name: ID,
  parties: v.pipe(v.array(PartySchema), v.minLength(1), v.maxLength(256)),
  datasets: v.pipe(v.array(DatasetSchema), v.minLength(1), v.maxLength(256)),
  room: v.strictObject({
    host: ID,
    region: v.pipe(v.string(), v.regex(/^[a-z0-9]{3,40}$/, 'an Azure region name, such as westeurope')),
    containers: v.pipe(v.array(Container), v.minLength(2), v.maxLength(16)),
    sidecarPort: PORT,
    ports: v.pipe(v.array(PORT), v.minLength(1), v.maxLength(8)),
    /** Whether the containers' stdio reaches the host. */
    stdio: v.boolean(),
    stateBlob: BlobReference,
    contractBlob: BlobReference,
    resultBlob: BlobReference,
  }),
  model: Model,
  summary: v.strictObject({
    recipients: v.pipe(v.array(ID), v.minLength(1)),
    /** sealed: only recipients can read it. page: whoever reaches the room reads it. */
    delivery: v.picklist(['sealed', 'page']),
    limits: Limits,
    /** Beams of the search; 1 (greedy) if absent. */
    beams: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(8))),
  }),
  attestation: v.strictObject({
    authorities: v.pipe(v.array(HTTPS_URL), v.minLength(1), v.maxLength(10)),
    /** Least GUEST_SVN of the SNP report: 2 on ACI. */
    guestSvn: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(0xffff_ffff)),
    /** Least SVN of the UVM endorsement: 100 and up on ACI. */
    uvmMinSvn: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(0xffff_ffff)),
    products: v.pipe(v.array(Product), v.minLength(1)),
    minTcb: v.optional(
      v.strictObject({
        Milan: v.optional(TcbFloor),
        Genoa: v.optional(TcbFloor),
        Turin: v.optional(TcbFloor),
      }),
    ),
  }),
  consent: v.strictObject({ threshold: v.union([v.literal('all'), COUNT]) }),
  trust: v.optional(v.strictObject({ emulated: v.strictObject({ anchors: DIGEST, tlsRoots: DIGEST }) })),
});

export type Contract = v.InferOutput<typeof ContractSchema>;
export type ContractParty = Contract['parties'][number];
export type ContractDataset = Contract['datasets'][number];
export type ContractBlob = v.InferOutput<typeof BlobReference>;
export type ContractLimits = v.InferOutput<typeof Limits>;
export type PublicKeyJwk = v.InferOutput<typeof PublicKeySchema>;
