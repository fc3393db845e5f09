// What attackers find: a deal that was kept honestly, and new ones where an attack needs its own.

import type { ContractLimits } from '../../contract/schema.js';
import type { ReceivedSummary } from '../../parties/receive-summary.js';
import type { Deal } from '../stage/deal.js';
import type { Stage } from '../stage/stage.js';

export interface NewDeal {
  /** The first brings `notes`; more bring datasets of their own. */
  readonly owners?: readonly string[];
  readonly limits?: Partial<ContractLimits>;
  /** False: sentences are picked, no model. */
  readonly model?: boolean;
  /** A model of the host's own: the one that its client is shown, and the one that its image holds. */
  readonly hostModel?: { readonly shown: string; readonly packed: string };
  /** What the host changes in its contract before it signs and hands it over. */
  readonly amend?: (contract: string) => string;
}

export interface AttackSetting {
  readonly stage: Stage;
  /** Directory for the attackers' own files. */
  readonly directory: string;
  /** The deal whose summary the host has; its room still answers. An attack that changes its blobs puts them back. */
  readonly honest: () => Promise<Deal>;
  /** Agrees a deal under a name of its own; nothing is encrypted or deployed yet. */
  readonly agree: (name: string, terms?: NewDeal) => Promise<Deal>;
  /** File with the confidential text of `honest`. */
  readonly textPath: string;
  /** What a person sees of a summary on a terminal. */
  readonly showSummary: (summary: ReceivedSummary) => string;
}
