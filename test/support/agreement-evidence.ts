// What is at hand before anything runs, for tests of what is concluded from it: nothing but what a test gives.

import type {
  AgreementEvidence,
  AgreementQuestion,
  Unread,
} from '../../src/lib/parties/before/agreement-evidence.js';

export const NOT_GIVEN: Unread = { kind: 'unread', reason: 'not given in this test' };

/** Nobody says who asks, and nobody must have signed. */
export const NOBODY_ASKS: AgreementQuestion = { signers: 'listed', party: null, required: [] };

/** Evidence with what is given, and nothing else; the program is one that this installation knows. */
export function agreementEvidence(
  given: Partial<AgreementEvidence> & Pick<AgreementEvidence, 'parsed'>,
): AgreementEvidence {
  return {
    recomputed: NOT_GIVEN,
    file: NOT_GIVEN,
    keys: new Map(),
    room: NOT_GIVEN,
    hostData: NOT_GIVEN,
    consents: [],
    judgeProgram: () => ({ kind: 'known', text: 'summarizer of this test' }),
    ...given,
  };
}
