// OCI Distribution 1.1: pull and push of one repository. Everything pulled is checked against its digest.

import { createHash } from 'node:crypto';

import { sha256Hex, type Sha256Hex } from '../../base/bytes/digest.js';
import { CleanroomError } from '../../base/errors.js';
import { type Descriptor, digestHex, digestMismatch, MAX_DOCUMENT_BYTES } from '../archive/descriptor.js';
import type { ArchiveBlob } from '../build/oci-archive.js';
import {
  readAnswer,
  registryFailure,
  type RegistryAnswer,
  type RegistryRequest,
  sendRequest,
} from './registry-http.js';
import { type Authentication, authorize, parseChallenge } from './registry-token.js';

export interface RegistryOptions extends Authentication {
  /** Base URL, such as https://contoso.azurecr.io. */
  readonly url: URL;
  readonly repository: string;
}

export interface FetchedManifest {
  readonly bytes: Uint8Array;
  /** SHA-256 of `bytes`. */
  readonly digest: Sha256Hex;
}

const MANIFEST_TYPES = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
].join(', ');

export class RegistryClient {
  private authorization: string | null = null;

  constructor(private readonly options: RegistryOptions) {}

  /**
   * Fetches a manifest or index by tag or digest.
   *
   * @throws CleanroomError IMAGE_DIGEST_MISMATCH, REGISTRY_DENIED, REGISTRY_REFUSED, REGISTRY_INSECURE, SERVICE_UNREACHABLE
   */
  async fetchManifest(reference: string): Promise<FetchedManifest> {
    const { answer, bytes } = await this.getManifest(reference);
    this.require(answer, 200, `the manifest ${reference}`);
    return checkedManifest(reference, answer, bytes);
  }

  /** A blob's bytes: no more than the descriptor says, and checked against its digest at the end. @throws as fetchManifest */
  async *openBlob(descriptor: Pick<Descriptor, 'digest' | 'size'>): AsyncGenerator<Uint8Array> {
    const answer = await this.send(`blobs/${descriptor.digest}`, { method: 'GET' });
    this.require(answer, 200, `the blob ${descriptor.digest}`);
    const hash = createHash('sha256');
    let size = 0;
    try {
      for await (const chunk of answer.body) {
        size += chunk.length;
        if (size > descriptor.size)
          throw digestMismatch('the blob', `${descriptor.size} bytes of ${descriptor.digest}`, 'longer');
        hash.update(chunk);
        yield chunk;
      }
    } catch (cause) {
      throw registryFailure(answer, cause);
    } finally {
      answer.discard();
    }
    const actual = hash.digest('hex');
    if (actual !== digestHex(descriptor))
      throw digestMismatch('the blob', descriptor.digest, `sha256:${actual}`);
  }

  /** Uploads a blob unless the registry has it. @returns whether it was sent. @throws as fetchManifest */
  async pushBlob(blob: ArchiveBlob): Promise<boolean> {
    const present = await this.send(`blobs/sha256:${blob.digest}`, { method: 'HEAD' });
    present.discard();
    if (present.status === 200) return false;
    const begun = await this.send('blobs/uploads/', { method: 'POST', headers: { 'content-length': '0' } });
    begun.discard();
    this.require(begun, 202, 'the upload');
    const location = this.uploadLocation(begun);
    location.searchParams.set('digest', `sha256:${blob.digest}`);
    const done = await this.sendTo(location, {
      method: 'PUT',
      headers: { 'content-type': 'application/octet-stream' },
      body: { size: blob.size, bytes: blob.open() },
    });
    done.discard();
    this.require(done, 201, `the blob sha256:${blob.digest}`);
    return true;
  }

  /** Stores a manifest under a tag or its digest. @throws as fetchManifest */
  async pushManifest(reference: string, mediaType: string, manifest: ArchiveBlob): Promise<void> {
    const answer = await this.send(`manifests/${reference}`, {
      method: 'PUT',
      headers: { 'content-type': mediaType },
      body: { size: manifest.size, bytes: manifest.open() },
    });
    answer.discard();
    this.require(answer, 201, `the manifest ${reference}`);
  }

  /**
   * The index of what refers to a manifest.
   *
   * @returns its bytes, or null where the registry does not have that part of the specification.
   * @throws as fetchManifest
   */
  async listReferrers(digest: string): Promise<Uint8Array | null> {
    const answer = await this.send(`referrers/${digest}`, {
      method: 'GET',
      headers: { accept: 'application/vnd.oci.image.index.v1+json' },
    });
    const bytes = await readAnswer(answer, MAX_DOCUMENT_BYTES);
    return answer.status === 200 ? bytes : null;
  }

  /**
   * A manifest's bytes by tag, or null where the registry says that there is none. A registry that fails is no registry
   * without the tag: what stands under it would be overwritten.
   *
   * @throws as fetchManifest
   */
  async tryManifest(tag: string): Promise<Uint8Array | null> {
    const { answer, bytes } = await this.getManifest(tag);
    if (answer.status === 404) return null;
    this.require(answer, 200, `the manifest ${tag}`);
    return checkedManifest(tag, answer, bytes).bytes;
  }

  private async getManifest(
    reference: string,
  ): Promise<{ readonly answer: RegistryAnswer; readonly bytes: Uint8Array }> {
    const answer = await this.send(`manifests/${reference}`, {
      method: 'GET',
      headers: { accept: MANIFEST_TYPES },
    });
    return { answer, bytes: await readAnswer(answer, MAX_DOCUMENT_BYTES) };
  }

  private send(path: string, request: RegistryRequest): Promise<RegistryAnswer> {
    return this.sendTo(new URL(`/v2/${this.options.repository}/${path}`, this.options.url), request);
  }

  /* A body can be sent once only: uploads come after a request that has settled the authorization. */
  private async sendTo(url: URL, request: RegistryRequest): Promise<RegistryAnswer> {
    const first = await this.sendAuthorized(url, request);
    if (first.status !== 401 || request.body !== undefined) return first;
    first.discard();
    const challenge = parseChallenge(first.headers['www-authenticate']);
    if (challenge === null) return first;
    const { repository } = this.options;
    const actions = request.method === 'GET' ? 'pull' : 'pull,push';
    const scope = `repository:${repository}:${actions}`;
    this.authorization = await authorize(challenge, this.options.url, scope, this.options);
    return this.sendAuthorized(url, request);
  }

  private sendAuthorized(url: URL, request: RegistryRequest): Promise<RegistryAnswer> {
    const authorization = this.authorization === null ? {} : { authorization: this.authorization };
    return sendRequest(
      url,
      { ...request, headers: { ...request.headers, ...authorization } },
      this.options.ca,
    );
  }

  private uploadLocation(answer: RegistryAnswer): URL {
    const location = answer.headers.location ?? '';
    const url = URL.canParse(location, answer.url.href) ? new URL(location, answer.url) : null;
    if (url?.origin !== this.options.url.origin)
      throw new CleanroomError('REGISTRY_INSECURE', `${answer.url.host} sends the upload to another host`);
    return url;
  }

  private require(answer: RegistryAnswer, status: number, what: string): void {
    if (answer.status === status) return;
    answer.discard();
    const { host } = this.options.url;
    if (answer.status === 401 || answer.status === 403)
      throw new CleanroomError('REGISTRY_DENIED', `${host} denies access to ${what} (${answer.status})`);
    throw new CleanroomError('REGISTRY_REFUSED', `${host} answers ${answer.status} to ${what}`);
  }
}

/* The digest is the one that was asked for, else the one that the registry names. */
function checkedManifest(reference: string, { headers }: RegistryAnswer, bytes: Uint8Array): FetchedManifest {
  const digest = sha256Hex(bytes);
  const expected = reference.startsWith('sha256:') ? reference : headers['docker-content-digest'];
  if (expected !== undefined && expected !== `sha256:${digest}`)
    throw digestMismatch('the manifest', String(expected), `sha256:${digest}`);
  return { bytes, digest };
}
