// The policy of a contract's room: from the room's plan and the measured images, nothing else (docs/design.md#the-chain).

import type { ParsedContract } from '../../contract/parse.js';
import { planRoom, type RoomContainer, type RoomVariable } from '../../contract/room-plan.js';
import { CleanroomError } from '../../base/errors.js';
import type { MeasuredImage } from '../measured-image.js';
import type { EnvironmentRule, PolicyContent } from '../policy-document.js';
import {
  DEFAULT_FLAGS,
  infrastructureFragment,
  INJECTED_ENVIRONMENT,
  pauseContainer,
  RESOLV_CONF_MOUNT,
} from '../text/defaults.js';
import { type GeneratedPolicy, renderPolicy } from '../text/render-policy.js';
import { VIRTUAL_NODE_MOUNTS } from '../text/virtual-node.js';
import { DEFAULT_TEXT_PROFILE, textProfile, type TextProfileName } from '../text/text-profile.js';
import { containerRule, type NamedEnvironmentRule } from './container-rule.js';
import { escapePattern } from '../pattern/escape.js';
import { anchorPattern } from './patterns.js';
import { refuseSecrets } from './secrets.js';
import { CONFINED_SECURITY_CONTEXT, DEFAULT_SECURITY_CONTEXT } from './security-context.js';

export interface ContractPolicyInput {
  readonly parsed: ParsedContract;
  /** PEM of the extra TLS roots, exactly the bytes of `trust.emulated.tlsRoots`; null without that field. */
  readonly tlsRoots: string | null;
  /** The measured image of every container, by container name. */
  readonly images: ReadonlyMap<string, MeasuredImage>;
  readonly profile?: TextProfileName;
  /** pretty has another hash; compact if absent. */
  readonly layout?: 'compact' | 'pretty';
}

/**
 * The policy that `deploy` sends and `verify-policy` recomputes: the same input gives the same bytes.
 * Exact variables are required; parameters and what the platform injects are patterns over the whole variable.
 *
 * @throws CleanroomError IMAGE_ARCHIVE_MISSING, IMAGE_MISMATCH, MODEL_LAYER_MISSING, POLICY_LAYERS_EMPTY, POLICY_COMMAND_EMPTY, SECRET_IN_POLICY
 */
export function generateContractPolicy(input: ContractPolicyInput): GeneratedPolicy {
  const options = { profile: profileOf(input), layout: input.layout ?? 'compact' };
  return renderPolicy(contractPolicyContent(input), options);
}

/** The data of a contract's policy, before it is text. @throws as generateContractPolicy */
export function contractPolicyContent(input: ContractPolicyInput): PolicyContent {
  const profile = textProfile(profileOf(input));
  const { stdio, platform } = input.parsed.contract.room;
  requireModelLayer(input);
  const containers = planRoom(input).map((container) => {
    const rule = containerRule(
      {
        name: container.name,
        image: container.image,
        command: container.command ?? [],
        environment: container.environment.map(environmentRule),
        mounts: [],
        execProcesses: [],
        workingDir: null,
        securityContext: container.unprivileged ? CONFINED_SECURITY_CONTEXT : DEFAULT_SECURITY_CONTEXT,
      },
      imageOf(container, input.images),
      {
        profile,
        stdio,
        injected: ANCHORED_INJECTED,
        defaultMounts: platform === 'aci' ? [RESOLV_CONF_MOUNT] : VIRTUAL_NODE_MOUNTS,
        missingCommand: 'refuse',
      },
    );
    refuseSecrets(rule);
    return rule;
  });
  return {
    fragments: [infrastructureFragment(profile)],
    containers: [...containers, pauseContainer({ stdio, signals: profile.defaultSignals })],
    flags: DEFAULT_FLAGS,
  };
}

/* The text that confcom writes for the contract's platform. */
function profileOf({ profile, parsed: { contract } }: ContractPolicyInput): TextProfileName {
  return profile ?? (contract.room.platform === 'aci' ? DEFAULT_TEXT_PROFILE : 'vn2');
}

/* Whoever has no image still holds the policy against the layer that the contract names, which lies below all others. */
function requireModelLayer({ parsed, images }: ContractPolicyInput): void {
  const { model } = parsed.contract;
  const image = images.get('summarizer');
  if (!('layer' in model) || image === undefined) return;
  if (`sha256:${image.layers[0]?.rootHash ?? ''}` === model.layer) return;
  throw new CleanroomError(
    'MODEL_LAYER_MISSING',
    `the lowest layer of the summarizer's image has not the root hash that the contract names as model.layer (${model.layer})`,
  );
}

function imageOf(container: RoomContainer, images: ReadonlyMap<string, MeasuredImage>): MeasuredImage {
  const image = images.get(container.name);
  if (image === undefined) {
    throw new CleanroomError(
      'IMAGE_ARCHIVE_MISSING',
      `the image of ${container.name} (${container.image}) has not been read`,
    );
  }
  if (image.reference !== container.image) {
    throw new CleanroomError(
      'IMAGE_MISMATCH',
      `the archive for ${container.name} is ${image.reference}, and the contract names ${container.image}`,
    );
  }
  return image;
}

/* confcom's rules for the platform's variables, but over the whole variable: guests before framework 0.4 search
   for a pattern anywhere, so that `NODE_OPTIONS=x HOSTNAME=y` would pass as a HOSTNAME. A pod has no further ones: variables of
   services, whose names the owner of the cluster chooses, have no rule, and the guest drops them. */
const ANCHORED_INJECTED: readonly EnvironmentRule[] = INJECTED_ENVIRONMENT.map((rule) =>
  rule.strategy === 're2' ? { ...rule, pattern: anchorPattern(rule.pattern) } : rule,
);

function environmentRule(variable: RoomVariable): NamedEnvironmentRule {
  if (variable.kind === 'exact') {
    const pattern = `${variable.name}=${variable.value}`;
    return { name: variable.name, rule: { pattern, required: variable.required, strategy: 'string' } };
  }
  const pattern = anchorPattern(`${escapePattern(variable.name)}=${variable.pattern}`);
  return { name: variable.name, rule: { pattern, required: false, strategy: 're2' } };
}
