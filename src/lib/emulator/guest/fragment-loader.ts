// Loading of fragments and of lists of ledgers' keys (hcsshim securitypolicyenforcer_rego.go, LoadFragment and
// LoadTransparencyTrustList): once with each set of parameters, receipts by the keys that were loaded before.

import type { FragmentImport } from '../../cce-policy/policy-document.js';
import { parseFragment } from '../../cce-policy/read/fragment-model.js';
import { ShapeError } from '../../cce-policy/read/policy-shape.js';
import { readRego, RegoFormError } from '../../cce-policy/read/rego-reader.js';
import { type Candidates, svnAllowed } from './candidates.js';
import {
  ALLOW,
  type Decision,
  type Denial,
  deny,
  type FragmentReceipt,
  type FragmentRequest,
  type TrustListRequest,
} from './requests.js';

/** A receipt by a key that a trust list brought, and the subjects of the lists that did. */
interface CheckedReceipt {
  readonly ledger: string;
  readonly subjects: readonly string[];
}

export class FragmentLoader {
  /** Subjects of the trust lists that offered a key, by ledger and key id. */
  private readonly keys = new Map<string, readonly string[]>();

  load(request: FragmentRequest, candidates: Candidates): Decision {
    const { issuer, feed } = request;
    const headerSvn = request.headerSvn ?? null;
    const byIssuer = candidates.imports().filter((rule) => rule.issuer === issuer);
    if (byIssuer.length === 0) return deny('invalid fragment issuer');
    const imports = byIssuer.filter((rule) => rule.feed === feed);
    if (imports.length === 0) return deny('invalid fragment feed');
    const receipts = (request.receipts ?? []).flatMap((receipt) => this.checked(receipt));
    const refusal = admissionRefusal(imports, headerSvn, receipts);
    return refusal ?? loadEach(request, imports, candidates);
  }

  /** Takes the keys of those ledgers that a list of that issuer and subject may speak for. */
  loadTrustList({ issuer, subject, svn, ledgers }: TrustListRequest, candidates: Candidates): Decision {
    const lists = candidates
      .trustLists()
      .filter((list) => list.issuer === issuer && list.subject === subject)
      .filter((list) => svnAllowed(String(svn), list.minimum_svn));
    if (lists.length === 0)
      return deny("no TTL candidate matches the provided TTL's issuer, subject and svn");
    const allowed = lists.flatMap(({ allowed_ledgers }) => allowed_ledgers);
    const names = Object.keys(ledgers).filter((name) => allowed.includes('*') || allowed.includes(name));
    if (names.length === 0)
      return deny('The provided TTL does not contain any ledgers it is allowed to load');
    for (const name of names) {
      for (const keyId of ledgers[name] ?? []) {
        const key = keyOf(name, keyId);
        this.keys.set(key, [...new Set([...(this.keys.get(key) ?? []), subject])]);
      }
    }
    return ALLOW;
  }

  /* A receipt by a key that nobody brought is as if it were not there. */
  private checked({ ledger, keyId }: FragmentReceipt): readonly CheckedReceipt[] {
    const subjects = this.keys.get(keyOf(ledger, keyId));
    return subjects === undefined ? [] : [{ ledger, subjects }];
  }
}

function keyOf(ledger: string, keyId: string): string {
  return JSON.stringify([ledger, keyId]);
}

/* Before the text is looked at: an import whose SVN and receipts the envelope meets. */
function admissionRefusal(
  imports: readonly FragmentImport[],
  headerSvn: number | null,
  receipts: readonly CheckedReceipt[],
): Denial | null {
  const bySvn = imports.filter(
    (rule) => headerSvn === null || svnAllowed(String(headerSvn), rule.minimum_svn),
  );
  if (bySvn.length === 0) return deny('fragment svn is below the specified minimum');
  const missing = bySvn.map(({ required_receipts = [] }) =>
    required_receipts.filter((demand) => !isMet(demand, receipts)),
  );
  if (missing.some((demands) => demands.length === 0)) return null;
  return deny(...new Set(missing.flat().map((demand) => `missing receipt from ${demand}`)));
}

function isMet(demand: string, receipts: readonly CheckedReceipt[]): boolean {
  if (demand === '*') return receipts.length > 0;
  if (demand.startsWith('TTL:')) return receipts.some(({ subjects }) => subjects.includes(demand.slice(4)));
  return receipts.some(({ ledger }) => ledger === demand);
}

/* What an earlier set of parameters brought stays, also where a later one is refused: so does the guest. */
function loadEach(
  { issuer, feed, text, headerSvn }: FragmentRequest,
  imports: readonly FragmentImport[],
  candidates: Candidates,
): Decision {
  const sets = candidates.parametersFor(issuer, feed);
  for (const parameters of sets) {
    const outcome = readAndLoad(() =>
      candidates.load(parseFragment(text, parameters), imports, headerSvn ?? null),
    );
    if ('problem' in outcome) return deny(outcome.problem);
    if (outcome.addsModule && sets.length > 1) {
      return deny(
        'Fragment cannot include namespace if multiple possible parameter combinations are defined',
      );
    }
    if (outcome.addsModule) return ALLOW;
  }
  return ALLOW;
}

/** A denial where a text is no Rego that can be read; null where it can. */
export function unreadable(text: string): Denial | null {
  try {
    readRego(text, 'fragment');
    return null;
  } catch (cause) {
    if (cause instanceof RegoFormError) return deny(cause.message);
    throw cause;
  }
}

function readAndLoad(load: () => ReturnType<Candidates['load']>): ReturnType<Candidates['load']> {
  try {
    return load();
  } catch (cause) {
    if (cause instanceof RegoFormError || cause instanceof ShapeError) return { problem: cause.message };
    throw cause;
  }
}
