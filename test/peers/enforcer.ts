// A guest's answers under a CCE policy, by hcsshim's own enforcer of api 0.12: decisions, what is kept, and reasons.

import { type GuestAnswer, ourAnswers, wordingByDesign } from './guest-answer.js';
import { changedSessions, recordedSessions } from './guest-sessions.js';
import type { Peer } from './peer.js';

const QUESTIONS = { short: 300, whole: 4000 };

export const ENFORCER: Peer = {
  name: 'hcsshim-enforcer',
  lockedPackage: 'github.com/Microsoft/hcsshim',
  about: 'what a guest of api 0.12 answers under a CCE policy: decisions, what is kept, reasons',
  program: { go: 'enforcer' },
  compare: async (session) => {
    const known = recordedSessions();
    const made = changedSessions(known, QUESTIONS[session.short ? 'short' : 'whole'], session);
    const sessions = session.short ? made : [...known, ...made];
    const answers = await session.ask(sessions.map(({ policy, calls }) => ({ policy, calls })));
    return sessions.flatMap((asked, place) => {
      const theirs = JSON.parse(answers[place] ?? '[]') as readonly GuestAnswer[];
      return ourAnswers(asked).map((ours, index) => {
        const other = theirs[index] ?? { allowed: false };
        return {
          question: `${asked.name}, question ${index + 1}: ${asked.calls[index]?.method ?? ''}`,
          ours: JSON.stringify(ours),
          theirs: JSON.stringify(other),
          byDesign: ours.allowed || other.allowed ? null : wordingByDesign(ours, other),
        };
      });
    });
  },
};
