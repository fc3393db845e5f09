// `key create`: a dataset's key in its owner's vault, bound to the policy recomputed here.

import type { JsonWebKey } from 'node:crypto';

import { readTextBounded } from '../base/files/read-bounded.js';
import { type ImportKeyRequest, readImportKeyConfig } from '../contract/release-policy/importkey-config.js';
import { readIdentityKey } from '../keys/recipient-key.js';
import { agreedPolicy } from './agreed-policy.js';
import { createDatasetKey, type KeyRequest, type KeyView, requireKey } from './dataset-keys.js';
import {
  attestVaultKey,
  type KeyAttestationView,
  requireAttestedNew,
  unattestedWarning,
  viewAttestation,
} from './key-attestation.js';
import type { UseCaseContext } from '../ports/use-case.js';
import { openKeyContext } from './key-context.js';
import { readSecret } from './secret-input.js';
import { contractAnchors } from './verify-room-evidence.js';

export interface KeyCreateRequest {
  readonly contractPath: string;
  /** Undefined: the party's only one. */
  readonly dataset: string | undefined;
  readonly imageFlags: readonly string[] | undefined;
  /** RSA if absent. */
  readonly kind: KeyRequest['kind'] | undefined;
  /** Bits. */
  readonly size: number | undefined;
  readonly mutableReason: string | undefined;
  /** File of Microsoft's importkey tool that says the kind. */
  readonly importKeyConfig: string | undefined;
  /** Where the private key to import is: FILE, env:NAME or fd:N. */
  readonly importFrom: string | undefined;
  /** `--trust-program`: `sha256:…` each. */
  readonly trusted: readonly string[];
}

export interface CreatedKey extends KeyView {
  /** What the HSM attests of it; null where it attests nothing. */
  readonly attestation: KeyAttestationView | null;
}

const MAX_CONFIG_BYTES = 1024 * 1024;

/** @throws CleanroomError IMPORTKEY_CONFIG_REFUSED, and as agreedPolicy, openKeyContext and createDatasetKey */
export async function runKeyCreate(request: KeyCreateRequest, context: UseCaseContext): Promise<CreatedKey> {
  const { contractPath, importKeyConfig, importFrom, size, mutableReason } = request;
  const { environment, parsed, dataset, vault } = await openKeyContext(
    context.desk,
    contractPath,
    request.dataset,
  );
  const { imageFlags, trusted } = request;
  const recomputed = await agreedPolicy({ contractPath, parsed, environment, imageFlags, trusted }, context);
  const asked = { parsed, dataset, policyHash: recomputed.policy.hash };
  const configured =
    importKeyConfig === undefined ? null : await readConfiguredKind(importKeyConfig, asked, context);
  context.progress.phase(`creating key ${dataset.key.name}`);
  const material = importFrom === undefined ? null : await readMaterial(importFrom);
  if (material !== null) context.warn('the maker of the imported key may have a copy that opens the blob');
  if (mutableReason !== undefined) context.warn('the release policy can be changed after the audit');
  const made = await createDatasetKey(vault, {
    ...asked,
    kind: configured ?? request.kind ?? 'rsa',
    ...(size === undefined ? {} : { size }),
    mutableReason: mutableReason ?? null,
    material,
  });
  const key = await requireKey(vault, dataset.key.name, made.id.slice(made.id.lastIndexOf('/') + 1));
  const { hsm } = await contractAnchors(parsed, environment.profile);
  const attested = await attestVaultKey(vault, key, hsm, () => new Date());
  await requireAttestedNew(vault, key, attested, material === null ? 'made' : 'found');
  const attestation = viewAttestation(attested);
  const warning = unattestedWarning(made.id, attestation);
  if (warning !== null) context.warn(warning);
  return { ...made, attestation };
}

async function readConfiguredKind(
  path: string,
  asked: ImportKeyRequest,
  { warn }: UseCaseContext,
): Promise<'rsa' | 'oct'> {
  const { kind, notes } = readImportKeyConfig(await readTextBounded(path, MAX_CONFIG_BYTES), asked);
  for (const note of notes) warn(note);
  return kind;
}

async function readMaterial(source: string): Promise<JsonWebKey> {
  return readIdentityKey(await readSecret(source)).export({ format: 'jwk' });
}
