// Which version of confcom a text is written like: its content, written again under each profile, gives the same bytes or not.

import type { PolicyContent } from '../policy-document.js';
import { POLICY_FLAGS } from '../policy-document.js';
import { VIRTUAL_NODE_PATTERNS } from '../text/virtual-node.js';
import { renderPolicy } from '../text/render-policy.js';
import { type TextProfile, textProfile, type TextProfileName } from '../text/text-profile.js';
import type { KnownPolicy, PolicyModel } from './policy-model.js';

export interface RecognisedProfile {
  readonly profile: TextProfileName;
  readonly layout: 'compact' | 'pretty';
}

/** What a profile decides, for people. */
export interface ProfileDefaults {
  readonly apiVersion: string;
  readonly frameworkVersion: string;
  readonly infrastructureSvn: string;
  readonly signals: readonly (number | string)[];
}

/* The newest first, so that where several give the same bytes the current one is named first; older names of them last. */
const ORDER: readonly TextProfileName[] = ['2.2-prerelease', 'vn2', '2.2', '2.1', '2.0', '1.x', '1.x-early'];

/** Every profile and layout under which this policy's content gives exactly this text; none where the text is its own. */
export function recogniseProfile(model: PolicyModel): readonly RecognisedProfile[] {
  if (model.form === 'unknown') return [];
  const content = contentOf(model);
  if (content === null) return [];
  const isPod = hasVirtualNodeRules(model);
  return ORDER.filter((name) => name !== 'vn2' || isPod)
    .filter((name) => agrees(model, textProfile(name)))
    .flatMap((profile) =>
      (['compact', 'pretty'] as const)
        .filter((layout) => renderPolicy(content, { profile, layout }).hash === model.hash)
        .map((layout) => ({ profile, layout })),
    );
}

export function profileDefaults(name: TextProfileName): ProfileDefaults {
  const { apiVersion, frameworkVersion, infrastructureSvn, defaultSignals } = textProfile(name);
  return { apiVersion, frameworkVersion, infrastructureSvn, signals: defaultSignals };
}

/* The bytes do not tell 2.0 from 2.2 where no default shows: signals and repeated probes do. */
function agrees(
  { containers }: KnownPolicy,
  { defaultSignals, distinctExecProcesses }: TextProfile,
): boolean {
  const signalsFit = containers.every(({ signals }) =>
    defaultSignals.every((signal, index) => signals[index] === signal),
  );
  const none = defaultSignals.length > 0 || containers.some(({ signals }) => signals.join() !== '9,15');
  const repeated = containers.some(
    ({ exec_processes }) =>
      new Set(exec_processes.map((process) => JSON.stringify(process))).size < exec_processes.length,
  );
  return signalsFit && none && !(repeated && distinctExecProcesses);
}

function hasVirtualNodeRules({ containers }: KnownPolicy): boolean {
  return containers.some(({ env_rules }) =>
    VIRTUAL_NODE_PATTERNS.every((pattern) => env_rules.some((rule) => rule.pattern === pattern)),
  );
}

/* Null where the text has what no profile writes. */
function contentOf(model: KnownPolicy): PolicyContent | null {
  const { fragments, containers, flags, externalProcesses, platformRules, trustLists } = model;
  if (externalProcesses.length > 0 || platformRules.length > 0 || trustLists.length > 0) return null;
  const entries = POLICY_FLAGS.map((flag) => [flag, flags[flag] ?? false] as const);
  return { fragments, containers, flags: Object.fromEntries(entries) as PolicyContent['flags'] };
}
