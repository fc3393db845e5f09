// The contract's form. The published JSON Schema is generated from this file (templates/contract.schema.json).

import * as v from 'valibot';

import { SCRIPTS } from './limits/alphabet.js';

/** The version of the form that this toolkit writes and reads. */
export const CONTRACT_VERSION = 2;

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
  /** Results, and to a dataset's owner the causes of runs without a result, are sealed to it. */
  resultKey: v.optional(PublicKeySchema),
});

const CONTAINER_NAME = v.pipe(
  v.string(),
  v.regex(
    /^[a-z0-9](?:-?[a-z0-9]){2,62}$/,
    'a container name: 3 to 63 lower-case letters, digits, single hyphens',
  ),
);
const BLOB_NAME = v.pipe(
  v.string(),
  v.regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$/, 'a plain blob name, no path'),
);

const BlobReference = v.strictObject({
  /** Storage account URL without a trailing slash; an emulated one has the account as its path. */
  account: HTTPS_URL,
  container: CONTAINER_NAME,
  name: BLOB_NAME,
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
  /** Where results are counted, in the account of `blob`: entries NAME.budget.1, .2, …, created and never replaced. */
  budget: v.strictObject({ container: CONTAINER_NAME, name: BLOB_NAME }),
});

const Container = v.strictObject({
  name: ID,
  image: v.pipe(
    v.string(),
    v.regex(/^[a-z0-9][A-Za-z0-9.:/_-]*@sha256:[0-9a-f]{64}$/, 'an image reference by digest: name@sha256:…'),
  ),
  cpu: v.pipe(v.number(), v.gtValue(0), v.maxValue(1024)),
  memoryGiB: v.pipe(v.number(), v.gtValue(0), v.maxValue(16_384)),
});

/** Whose code the room runs: a release of this toolkit, or layers that each owner has to know by herself. */
const Program = v.union(
  [
    v.strictObject({
      release: v.pipe(
        v.string(),
        v.regex(/^\d{1,5}(?:\.\d{1,5}){2}(?:[-+][0-9A-Za-z.+-]{1,60})?$/, 'a version, such as 1.0.0'),
      ),
    }),
    v.strictObject({ layers: v.pipe(v.array(DIGEST), v.minLength(1), v.maxLength(128)) }),
  ],
  'must be { release: VERSION } or { layers: [DIGEST, …] }',
);

const FAMILY = v.picklist(['t5', 'bart', 't5-bart']);
export const ModelFactsSchema = v.strictObject({ family: FAMILY, digest: DIGEST });

/* A model that fails at a text may be stood in for by sentences of the text. */
const OR_EXTRACTIVE = v.optional(v.literal('model-or-extractive'));

const Model = v.union(
  [
    /** In the image; `layer` is the dm-verity root hash of its layer there. */
    v.strictObject({ ...ModelFactsSchema.entries, layer: DIGEST, method: OR_EXTRACTIVE }),
    /** Sealed by its owner, who keeps it secret. */
    v.strictObject({ ...ModelFactsSchema.entries, dataset: ID, method: OR_EXTRACTIVE }),
    v.strictObject({ method: v.literal('extractive') }),
  ],
  'must be { family, digest, layer }, { family, digest, dataset } or { method: extractive }',
);

const SHARE = v.pipe(v.number(), v.gtValue(0), v.maxValue(1));

/* All texts of a result together, counted in what no model chooses. */
const TEXT_LIMITS = {
  /** The alphabet of what may leave. */
  scripts: v.pipe(v.array(v.picklist(SCRIPTS)), v.minLength(1), v.maxLength(SCRIPTS.length)),
  /** Code points that are not white space. */
  maxCharacters: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1_000_000)),
  /** The same unit, as a share of the sources'. */
  maxShareOfSource: SHARE,
  /** Longest run of source words. */
  maxCopiedWords: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1_000_000)),
  /** Share of the result that stands in runs of three source words or more. */
  maxCopiedShare: v.pipe(v.number(), v.minValue(0), v.maxValue(1)),
  /** Fewest documents of a dataset, distinct by their words. */
  minDocuments: COUNT,
} as const;

const ExtractiveLimits = v.strictObject(TEXT_LIMITS);
const Limits = v.strictObject({
  ...TEXT_LIMITS,
  /** How many results may ever be given under this contract; runs without one count too. One count for all methods. */
  maxResults: COUNT,
});

const SVN_OF_COMPONENT = v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(255)));

const TcbFloor = v.strictObject({
  fmc: SVN_OF_COMPONENT,
  bootloader: SVN_OF_COMPONENT,
  tee: SVN_OF_COMPONENT,
  snp: SVN_OF_COMPONENT,
  microcode: SVN_OF_COMPONENT,
});

const Product = v.picklist(['Milan', 'Genoa', 'Turin']);

export const ContractSchema = v.strictObject({
  version: v.literal(CONTRACT_VERSION),
  name: ID,
  parties: v.pipe(v.array(PartySchema), v.minLength(1), v.maxLength(256)),
  datasets: v.pipe(v.array(DatasetSchema), v.minLength(1), v.maxLength(256)),
  room: v.strictObject({
    host: ID,
    region: v.pipe(v.string(), v.regex(/^[a-z0-9]{3,40}$/, 'an Azure region name, such as westeurope')),
    /** A pod's policy text differs from a container group's, so it is agreed on. */
    platform: v.picklist(['aci', 'virtual-nodes']),
    program: Program,
    containers: v.pipe(v.array(Container), v.minLength(2), v.maxLength(16)),
    /** Containers besides summarizer and sidecar: each of them can have every key. */
    trustedWithKeys: v.optional(v.pipe(v.array(ID), v.minLength(1), v.maxLength(14))),
    sidecarPort: PORT,
    ports: v.pipe(v.array(PORT), v.minLength(1), v.maxLength(8)),
    /** Whether the containers' stdio reaches the host. */
    stdio: v.boolean(),
    contractBlob: BlobReference,
    resultBlob: BlobReference,
  }),
  model: Model,
  summary: v.strictObject({
    recipients: v.pipe(v.array(ID), v.minLength(1)),
    /** sealed: only recipients can read it. page: whoever reaches the room reads it. */
    delivery: v.picklist(['sealed', 'page']),
    limits: Limits,
    /** For sentences of the text; required where the method can be extractive. */
    extractiveLimits: v.optional(ExtractiveLimits),
    /** A summary of several documents says by number which one a sentence comes from. */
    attribution: v.optional(v.boolean()),
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
  consent: v.strictObject({
    threshold: v.union([v.literal('all'), COUNT], 'must be all, or a number of signatures'),
  }),
  trust: v.optional(v.strictObject({ emulated: v.strictObject({ anchors: DIGEST, tlsRoots: DIGEST }) })),
});

export type Contract = v.InferOutput<typeof ContractSchema>;
export type ContractParty = Contract['parties'][number];
export type ContractDataset = Contract['datasets'][number];
export type ContractBlob = v.InferOutput<typeof BlobReference>;
export type ContractLimits = v.InferOutput<typeof Limits>;
/** The limits on the texts of one result. */
export type TextLimits = v.InferOutput<typeof ExtractiveLimits>;
export type ContractModel = v.InferOutput<typeof Model>;
/** What a contract says of a model, wherever it is. */
export type ModelFacts = v.InferOutput<typeof ModelFactsSchema>;
export type PublicKeyJwk = v.InferOutput<typeof PublicKeySchema>;
