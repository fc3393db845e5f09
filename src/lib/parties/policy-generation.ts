// policy generate: from the flags to one policy, whichever of the three inputs they name.

import type { Deployment } from '../cce-policy/generate/deployment.js';
import type { DeploymentPolicyOptions } from '../cce-policy/generate/deployment-policy.js';
import type { GeneratedPolicy } from '../cce-policy/text/render-policy.js';
import { CleanroomError } from '../base/errors.js';
import { readTextBounded } from '../base/files/read-bounded.js';
import type { UseCaseContext } from '../ports/use-case.js';

const MAX_INPUT = 8 * 1024 * 1024;

export interface GenerationRequest {
  readonly contract: string | undefined;
  readonly template: string | undefined;
  readonly parameters: string | undefined;
  readonly confcomInput: string | undefined;
  readonly group: string | undefined;
  readonly images: readonly string[];
  readonly fragmentsFile: string | undefined;
  readonly unresolved: 'refuse' | 'any-value';
  readonly options: Omit<DeploymentPolicyOptions, 'fragments' | 'sortEnvironment'>;
  readonly layout: 'compact' | 'pretty';
}

export interface Generation {
  readonly policy: GeneratedPolicy;
  /** Place of the group among the template's container groups. */
  readonly groupIndex: number;
}

/**
 * Generates the policy of a contract, a template or confcom's input.
 *
 * @throws CleanroomError USAGE unless exactly one input is named; TEMPLATE_GROUP_AMBIGUOUS; what generating throws
 */
export async function generatePolicy(
  request: GenerationRequest,
  context: UseCaseContext,
): Promise<Generation> {
  const named = [request.contract, request.template, request.confcomInput].filter(
    (input) => input !== undefined,
  );
  if (named.length !== 1) {
    throw new CleanroomError('USAGE', 'name one input: -f contract.yaml, --template FILE or --input FILE');
  }
  if (request.contract !== undefined) {
    return { policy: await ofContract(request.contract, request, context), groupIndex: 0 };
  }
  const { deployment, groupIndex } =
    request.template === undefined
      ? { deployment: await readConfcomInput(request.confcomInput ?? ''), groupIndex: 0 }
      : await readTemplate(request.template, request);
  return { policy: await ofDeployment(deployment, request, context), groupIndex };
}

async function ofContract(
  path: string,
  { images: imageFlags, options, layout }: GenerationRequest,
  context: UseCaseContext,
): Promise<GeneratedPolicy> {
  const { readContract } = await import('./environment.js');
  const { recomputeRoomPolicy } = await import('./room-policy.js');
  const parsed = await readContract(path);
  const environment = await context.desk.openIfThere();
  const form = { profile: options.profile, layout };
  return (await recomputeRoomPolicy({ ...context, parsed, environment, imageFlags, form })).policy;
}

async function ofDeployment(
  deployment: Deployment,
  { images, options, layout, fragmentsFile }: GenerationRequest,
  context: UseCaseContext,
): Promise<GeneratedPolicy> {
  const { measureDeployment } = await import('./deployment-images.js');
  const { deploymentPolicyContent } = await import('../cce-policy/generate/deployment-policy.js');
  const { parseFragmentImports } = await import('../cce-policy/generate/confcom-input.js');
  const { renderPolicy } = await import('../cce-policy/text/render-policy.js');
  const fragments =
    fragmentsFile === undefined ? [] : parseFragmentImports(await readTextBounded(fragmentsFile, MAX_INPUT));
  const measured = await measureDeployment(deployment, images, context.cacheDirectory, context);
  const content = deploymentPolicyContent(deployment, measured, {
    ...options,
    fragments,
    sortEnvironment: false,
  });
  return renderPolicy(content, { profile: options.profile, layout });
}

async function readConfcomInput(path: string): Promise<Deployment> {
  const { parseConfcomInput } = await import('../cce-policy/generate/confcom-input.js');
  return parseConfcomInput(await readTextBounded(path, MAX_INPUT));
}

async function readTemplate(
  path: string,
  { parameters, unresolved, group }: GenerationRequest,
): Promise<{ readonly deployment: Deployment; readonly groupIndex: number }> {
  const { parseTemplate } = await import('../cce-policy/generate/arm-template.js');
  const deployments = parseTemplate(await readTextBounded(path, MAX_INPUT), {
    parameters: parameters === undefined ? null : await readTextBounded(parameters, MAX_INPUT),
    unresolved,
  });
  const candidates = deployments.filter(({ name }) => group === undefined || name === group);
  const [deployment, another] = candidates;
  const names = deployments.map(({ name }) => name).join(', ');
  if (deployment === undefined) {
    throw new CleanroomError('USAGE', `the template has no container group ${group ?? ''}; it has: ${names}`);
  }
  if (another !== undefined) {
    throw new CleanroomError(
      'TEMPLATE_GROUP_AMBIGUOUS',
      `the template has several container groups: ${names}`,
    );
  }
  return { deployment, groupIndex: deployments.indexOf(deployment) };
}

/** Writes the policy into the template that it was made from. @throws CleanroomError USAGE without --template */
export async function injectIntoTemplate(
  template: string | undefined,
  generation: Generation,
): Promise<void> {
  if (template === undefined) throw new CleanroomError('USAGE', '--inject needs --template FILE');
  const { injectPolicy } = await import('../cce-policy/generate/arm-template.js');
  const { writeFileAtomic } = await import('../base/files/atomic-write.js');
  const text = await readTextBounded(template, MAX_INPUT);
  await writeFileAtomic(template, injectPolicy(text, generation.groupIndex, generation.policy.base64));
}
