// The emulator's own certificate authority: a root, an issuing CA, and one server leaf a service.

import { X509Certificate } from 'node:crypto';

import * as v from 'valibot';

import type { Clock } from '../clock.js';
import type { StateStore } from '../state/state-store.js';
import { loadDocumentAs } from '../state/stored-document.js';
import { issueCertificate, type KeyedCertificate } from './certificates.js';
import { AUTHORITY_YEARS, ISSUING_NAME, LEAF_YEARS, RENEW_BEFORE_DAYS, ROOT_NAME } from './constants.js';

/** A leaf with what a server, or a JWS signer, needs beside it. */
export interface IssuedCertificate extends KeyedCertificate {
  /** Leaf, then issuing CA: what a TLS server sends. */
  readonly chainPem: string;
  /** Leaf, issuing CA, root as standard base64 DER: a JWS `x5c` (RFC 7515 §4.1.6). */
  readonly x5c: readonly string[];
}

export interface TlsAuthority {
  /** PEM of the root: the one certificate that clients of the emulator have to trust. */
  readonly rootPem: string;
  /**
   * The leaf of the service `name`, made at the first call and whenever `hosts` differ or it is about to expire.
   *
   * @param hosts - IP addresses, DNS names, and for an HSM also its literal `host:port` (Key Vault).
   */
  issue(name: string, hosts: readonly string[]): Promise<IssuedCertificate>;
}

const Keyed = v.strictObject({ privateKeyPem: v.string(), certificatePem: v.string() });
const Leaf = v.strictObject({ ...Keyed.entries, hosts: v.array(v.string()) });
const State = v.strictObject({ root: Keyed, issuing: Keyed, leaves: v.record(v.string(), Leaf) });
type State = v.InferOutput<typeof State>;

const DOCUMENT = 'tls';
const DAY_MS = 86_400_000;

/** Opens the authority of a state directory, or founds it. */
export async function createTlsAuthority(store: StateStore, clock: Clock): Promise<TlsAuthority> {
  const found = await loadDocumentAs(store, DOCUMENT, State);
  const state = found ?? (await foundAuthority(clock()));
  if (found === null) await store.save(DOCUMENT, state);
  let pending: Promise<unknown> = Promise.resolve();

  const issue = async (name: string, hosts: readonly string[]): Promise<IssuedCertificate> => {
    const kept = state.leaves[name];
    if (kept !== undefined && sameHosts(kept.hosts, hosts) && !nearExpiry(kept, clock())) {
      return withChain(kept, state);
    }
    // One key for all leaves of one local Azure: to make one takes as long as all the rest of its start.
    const privateKeyPem = Object.values(state.leaves)[0]?.privateKeyPem;
    const made = await issueCertificate({
      commonName: hosts[0] ?? name,
      notBefore: clock(),
      years: LEAF_YEARS,
      issuer: state.issuing,
      ...(privateKeyPem === undefined ? {} : { privateKeyPem }),
      profile: { kind: 'server', hosts },
    });
    state.leaves[name] = { ...made, hosts: [...hosts] };
    await store.save(DOCUMENT, state);
    return withChain(made, state);
  };

  return {
    rootPem: state.root.certificatePem,
    issue: (name, hosts) => {
      const issued = pending.then(() => issue(name, hosts));
      pending = issued.catch(() => undefined);
      return issued;
    },
  };
}

async function foundAuthority(now: Date): Promise<State> {
  const base = { notBefore: now, years: AUTHORITY_YEARS };
  const root = await issueCertificate({
    ...base,
    commonName: ROOT_NAME,
    issuer: null,
    profile: { kind: 'authority', pathLength: 1 },
  });
  const issuing = await issueCertificate({
    ...base,
    commonName: ISSUING_NAME,
    issuer: root,
    profile: { kind: 'authority', pathLength: 0 },
  });
  return { root, issuing, leaves: {} };
}

function withChain(leaf: KeyedCertificate, { issuing, root }: State): IssuedCertificate {
  const chain = [leaf.certificatePem, issuing.certificatePem, root.certificatePem];
  return {
    privateKeyPem: leaf.privateKeyPem,
    certificatePem: leaf.certificatePem,
    chainPem: leaf.certificatePem + issuing.certificatePem,
    x5c: chain.map((pem) => new X509Certificate(pem).raw.toString('base64')),
  };
}

function sameHosts(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((host, i) => host === b[i]);
}

function nearExpiry({ certificatePem }: KeyedCertificate, now: Date): boolean {
  const expires = Date.parse(new X509Certificate(certificatePem).validTo);
  return expires - now.getTime() < RENEW_BEFORE_DAYS * DAY_MS;
}
