// Redirects, for the few services that answer with them (registries, model hubs): GET and HEAD only, a few hops, and no
// login to another origin.

import { HttpFailure, openExchange, type StreamedAnswer, type StreamedExchange } from './exchange.js';

const MAX_REDIRECTS = 5;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);

export interface FollowedAnswer extends StreamedAnswer {
  /** Where the answer came from. */
  readonly url: URL;
}

/**
 * Sends a request and follows its redirects; `authorization` goes to the first origin only.
 *
 * @param requireAllowed - throws for a target that must not be asked; called for the first one too.
 * @throws HttpFailure; what `requireAllowed` throws
 */
export async function openFollowing(
  request: StreamedExchange,
  requireAllowed: (target: URL, first: URL) => void,
): Promise<FollowedAnswer> {
  const first = new URL(request.url);
  const isFollowed = request.method === 'GET' || request.method === 'HEAD';
  let target = first;
  let headers = request.headers ?? {};
  for (let hops = 0; hops <= MAX_REDIRECTS; hops++) {
    requireAllowed(target, first);
    const answer = await openExchange({ ...request, url: target, headers });
    const { location } = answer.headers;
    if (!REDIRECTS.has(answer.status) || location === undefined || !isFollowed)
      return { ...answer, url: target };
    answer.discard();
    const next = URL.canParse(location, target.href) ? new URL(location, target) : null;
    if (next === null) throw new HttpFailure('redirects', 'redirects to no URL');
    if (next.origin !== target.origin) headers = withoutLogin(headers);
    target = next;
  }
  throw new HttpFailure('redirects', `redirects more than ${MAX_REDIRECTS} times`);
}

function withoutLogin(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => !/^(?:authorization|cookie)$/i.test(name)),
  );
}
