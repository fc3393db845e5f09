// Secure key release: token, policy, wrap, signed answer (Key Vault).

import { createHash, createPrivateKey, createPublicKey, X509Certificate, type KeyObject } from 'node:crypto';

import { CompactSign } from 'jose';

import { utf8 } from '../../base/bytes/arrays.js';
import { toBase64Url } from '../../base/bytes/base64.js';
import type { Json } from '../../base/bytes/canonical-json.js';
import {
  DEFAULT_RELEASE_WRAP,
  isReleaseWrapAlgorithm,
  wrapForRelease,
  type ReleaseWrapAlgorithm,
} from '../../room/key-release/key-wrap.js';
import { releasedKeyBytes } from '../../room/key-release/released-key.js';
import { evaluateReleasePolicy, type Claims } from '../../contract/release-policy/evaluate.js';
import { parseReleasePolicy } from '../../contract/release-policy/parse.js';
import { asObject, asStringList, type JsonObject } from '../http/messages.js';
import type { IssuedCertificate } from '../tls/authority.js';
import { verifyAttestation, type AuthorityResolver } from './attestation-token.js';
import { MIN_RUNTIME_KEY_BITS, type HostKind } from './constants.js';
import { badParameter, keyDisabled, notExportable, policyNotMet, tokenNotVerified } from './errors.js';
import {
  keyId,
  renderAttributes,
  renderPolicy,
  renderPublicMembers,
  renderTags,
  type HostAddress,
  type KeyVersion,
} from './key-records.js';
import { JWK_OPERATIONS } from '../sidecar/constants.js';

/** What a host needs to release keys. */
export interface ReleaseServices {
  readonly host: HostAddress;
  readonly resolveAuthority: AuthorityResolver;
  /** The host's TLS leaf: it signs the answers too. */
  readonly signer: IssuedCertificate;
}

export interface ReleaseRequest {
  readonly key: KeyVersion;
  readonly material: KeyObject;
  /** Whether the URL named a version: the answer's `request.kid` repeats what was asked. */
  readonly asked: 'version' | 'name';
  readonly apiVersion: string;
  readonly body: JsonObject;
  readonly now: Date;
}

/**
 * The signed answer to a release request, a compact JWS.
 *
 * @throws AzureError 400, or 403 for a key, token or policy that does not allow it.
 */
export async function releaseKey(services: ReleaseServices, request: ReleaseRequest): Promise<string> {
  const { kind } = services.host;
  const { key, body } = request;
  const enc = body['enc'] ?? DEFAULT_RELEASE_WRAP;
  if (typeof enc !== 'string' || !isReleaseWrapAlgorithm(enc))
    throw badParameter(kind, `Property enc has invalid value ${JSON.stringify(enc)}.`);
  if (typeof body['target'] !== 'string' || body['target'] === '')
    throw badParameter(kind, 'Property target is required.');
  if (!key.enabled) throw keyDisabled(kind, 'release');
  if (!key.exportable || key.releasePolicy === null) throw notExportable(kind);

  const policy = parseReleasePolicy(key.releasePolicy.text);
  const attestation = await verifyAttestation(body['target'], policy, services.resolveAuthority, request.now);
  if (attestation === null) throw tokenNotVerified(kind);
  if (!evaluateReleasePolicy(policy, attestation.claims, attestation.authority).satisfied)
    throw policyNotMet(kind);
  const runtimeKey = findRuntimeKey(kind, attestation.claims);
  return signAnswer(services, request, enc, runtimeKey);
}

interface RuntimeKey {
  readonly kid: string;
  readonly publicKey: KeyObject;
}

/* The first RSA key of the token's runtime data that is for encryption: to it alone the released key is readable. */
function findRuntimeKey(kind: HostKind, claims: Claims): RuntimeKey {
  const keys = asObject(claims['x-ms-runtime'])?.['keys'];
  const candidates = Array.isArray(keys) ? (keys as readonly Json[]).map(asObject) : [];
  const chosen = candidates.find((jwk) => jwk?.['kty'] === 'RSA' && isForEncryption(jwk));
  if (chosen === undefined || chosen === null)
    throw badParameter(kind, 'Target environment attestation has no encryption key.');
  return {
    kid: typeof chosen['kid'] === 'string' ? chosen['kid'] : '',
    publicKey: importRuntimeKey(kind, chosen),
  };
}

function isForEncryption(jwk: JsonObject): boolean {
  const operations = asStringList(jwk['key_ops']) ?? [];
  return jwk['use'] === 'enc' || operations.some((name) => name === 'encrypt' || name === 'wrapKey');
}

function importRuntimeKey(kind: HostKind, { n, e }: JsonObject): KeyObject {
  try {
    if (typeof n !== 'string' || typeof e !== 'string') throw new TypeError('an RSA key needs n and e');
    const publicKey = createPublicKey({ key: { kty: 'RSA', n, e }, format: 'jwk' });
    if ((publicKey.asymmetricKeyDetails?.modulusLength ?? 0) >= MIN_RUNTIME_KEY_BITS) return publicKey;
  } catch {
    // refused below, as a weak key is
  }
  throw badParameter(kind, 'The encryption key of the target environment is not usable.');
}

async function signAnswer(
  { host, signer }: ReleaseServices,
  request: ReleaseRequest,
  enc: ReleaseWrapAlgorithm,
  runtimeKey: RuntimeKey,
): Promise<string> {
  const { nonce } = request.body;
  const payload = {
    request: {
      'api-version': request.apiVersion,
      enc,
      kid: keyId(host, request.key.name, request.asked === 'version' ? request.key.version : undefined),
      ...(typeof nonce === 'string' ? { nonce } : {}),
    },
    response: { key: { ...releasedBundle(host, request, enc, runtimeKey) } },
  };
  return new CompactSign(utf8(JSON.stringify(payload)))
    .setProtectedHeader(jwsHeader(host.kind, signer))
    .sign(createPrivateKey(signer.privateKeyPem));
}

function releasedBundle(
  host: HostAddress,
  { key, material }: ReleaseRequest,
  enc: ReleaseWrapAlgorithm,
  runtimeKey: RuntimeKey,
): Record<string, Json> {
  const target = releasedKeyBytes(material);
  const keyHsm = {
    schema_version: '1.0',
    header: { kid: runtimeKey.kid, alg: 'dir', enc },
    ciphertext: toBase64Url(wrapForRelease(enc, runtimeKey.publicKey, target)),
  };
  target.fill(0);
  return {
    key: {
      kid: keyId(host, key.name, key.version),
      kty: host.kind.releasedKtyWithSuffix ? key.kty : key.kty.replace('-HSM', ''),
      key_ops: key.keyOps.filter((operation) => JWK_OPERATIONS.includes(operation)),
      ...renderPublicMembers(host.kind, key),
      key_hsm: toBase64Url(utf8(JSON.stringify(keyHsm))),
    },
    attributes: renderAttributes(host.kind, key),
    ...renderTags(key),
    ...(key.releasePolicy === null ? {} : { release_policy: renderPolicy(host.kind, key.releasePolicy) }),
  };
}

function jwsHeader(
  kind: HostKind,
  { certificatePem, x5c }: IssuedCertificate,
): {
  alg: string;
  kid: string;
  typ?: string;
  x5t?: string;
  'x5t#S256': string;
  x5c: string[];
} {
  const der = new X509Certificate(certificatePem).raw;
  const digest = (name: string): Buffer => createHash(name).update(der).digest();
  const sha256 = toBase64Url(digest('sha256'));
  if (kind.jwsHeader === 'sha256-kid')
    return { alg: 'RS256', kid: sha256, 'x5t#S256': sha256, x5c: [...x5c] };
  return {
    alg: 'RS256',
    typ: 'JWT',
    kid: digest('sha1').toString('hex').toUpperCase(),
    x5t: toBase64Url(digest('sha1')),
    'x5t#S256': sha256,
    x5c: [...x5c],
  };
}
