// A guest's answers under CCE policies of profile 1.x, by hcsshim's own enforcer of api 0.10: decisions and what is kept. Ours
// answers as the newest guest does, so what changed since is named for each difference.

import type { ContainerRequest, SignalRequest } from '../../src/lib/emulator/guest/requests.js';
import { type GuestAnswer, ourAnswers } from './guest-answer.js';
import { type Call, changedSessions, type GuestSession, recordedSessions } from './guest-sessions.js';
import type { Compared, Peer } from './peer.js';

const QUESTIONS = { short: 300, whole: 3800 };
/* Questions that came with api 0.11 and 0.12. */
const NEWER: readonly string[] = [
  'mountWritableDevice',
  'unmountWritableDevice',
  'loadTrustList',
  'hostNetwork',
];

export const OLDER_ENFORCER: Peer = {
  name: 'hcsshim-enforcer-0.10',
  lockedPackage: 'github.com/Microsoft/hcsshim',
  about: 'what a guest of api 0.10 answers under a CCE policy of profile 1.x: decisions, what is kept',
  program: { go: 'enforcer-0.10' },
  compare: async (session) => {
    const known = recordedSessions().flatMap(asOlder);
    const made = changedSessions(known, QUESTIONS[session.short ? 'short' : 'whole'], session);
    const sessions = (session.short ? made : [...known, ...made]).flatMap(asOlder);
    const answers = await session.ask(sessions.map(({ policy, calls }) => ({ policy, calls })));
    return sessions.flatMap((asked, place) =>
      compareSession(asked, JSON.parse(answers[place] ?? '[]') as readonly GuestAnswer[]),
    );
  },
};

/* The same session as a guest of api 0.10 can be asked it; none where its policy is of a newer framework. */
function asOlder({ name, policy, calls }: GuestSession): readonly GuestSession[] {
  if (/framework_version := "(0\.[4-9]|[1-9])/.test(policy)) return [];
  return [
    {
      name,
      policy: policy.replace(/api_version := "0\.1[1-9]\.0"/, 'api_version := "0.10.0"'),
      calls: calls.filter(({ method }) => !NEWER.includes(method)),
    },
  ];
}

/* A guest that let in what the other did not is in another state from there on: the session ends there. */
function compareSession(asked: GuestSession, theirs: readonly GuestAnswer[]): readonly Compared[] {
  const compared: Compared[] = [];
  const all = ourAnswers(asked);
  for (const [index, call] of asked.calls.entries()) {
    const ours = all[index] ?? { allowed: false };
    const other = theirs[index] ?? { allowed: false };
    const text = (answer: GuestAnswer): string => JSON.stringify({ ...answer, reasons: undefined });
    const differs = text(ours) !== text(other);
    compared.push({
      question: `${asked.name}, question ${index + 1}: ${call.method}`,
      ours: differs ? JSON.stringify(ours) : text(ours),
      theirs: text(other),
      byDesign: differs ? changedSince(call, ours, other) : null,
    });
    if (differs) return compared;
  }
  return compared;
}

/* What guests have changed since api 0.10. */
function changedSince({ method, args }: Call, ours: GuestAnswer, theirs: GuestAnswer): string | null {
  const reasons = (ours.reasons ?? []).filter((reason) => !reason.startsWith('framework_version is '));
  const only = (pattern: RegExp): boolean =>
    !ours.allowed && theirs.allowed && reasons.every((reason) => pattern.test(reason));
  if (method === 'mountDevice' && only(/^mountpoint invalid$/))
    return 'newer guests check where layers are mounted';
  if (method === 'createContainer' && only(/^devices not supported$/)) return 'newer guests refuse devices';
  if (method === 'createContainer' && only(/^invalid user$/)) return 'newer guests match whole names';
  if (
    (method === 'createContainer' && only(/^invalid mount list: /)) ||
    (method === 'plan9Mount' && only(/^mountpoint invalid$/))
  )
    return 'newer guests match whole paths';
  if (method === 'loadFragment' && only(/unable to load fragment|^line \d/))
    return 'newer guests check a fragment’s package';
  if (method === 'mountOverlay' && only(/^an overlay has already been mounted at this place$/))
    return 'newer guests mount one overlay at a place';
  if (!ours.allowed || theirs.allowed) return null;
  if (method === 'signal' && [9, 15].includes((args[0] as SignalRequest).signal))
    return 'newer guests let SIGKILL and SIGTERM through';
  if (method === 'createContainer' && ours.environment === undefined) return 'newer guests need no variable';
  if (method === 'createContainer' && newerMount(args[0] as ContainerRequest))
    return 'newer guests know more mounts';
  return null;
}

function newerMount({ mounts, isSandboxContainer }: ContainerRequest): boolean {
  return mounts.some(
    ({ type, options }) =>
      type === 'cgroup2' || (isSandboxContainer && type === 'sysfs' && options.includes('rw')),
  );
}
