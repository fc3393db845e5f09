// policy generate: from the flags to one policy, whichever of the three inputs they name.

import type { Deployment } from '../cce-policy/generate/deployment.js';
import type { DeploymentPolicyOptions } from '../cce-policy/generate/deployment-policy.js';
import type { PolicyContent } from '../cce-policy/policy-document.js';
import type { GeneratedPolicy } from '../cce-policy/text/render-policy.js';
import { DEFAULT_SECURITY_CONTEXT } from '../cce-policy/generate/security-context.js';
import { CleanroomError } from '../base/errors.js';
import { readTextBounded } from '../base/files/read-bounded.js';
import type { UseCaseContext } from '../ports/use-case.js';

const MAX_INPUT = 8 * 1024 * 1024;

export interface GenerationRequest {
  readonly contract: string | undefined;
  readonly template: string | undefined;
  readonly parameters: string | undefined;
  readonly confcomInput: string | undefined;
  /** Kubernetes manifest. */
  readonly pod: string | undefined;
  readonly group: string | undefined;
  readonly images: readonly string[];
  readonly fragmentsFile: string | undefined;
  /** Container rules that were written before. */
  readonly containersFile: string | undefined;
  readonly unresolved: 'refuse' | 'any-value';
  readonly options: Omit<DeploymentPolicyOptions, 'fragments' | 'further' | 'sortEnvironment'>;
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
  const named = [request.contract, request.template, request.confcomInput, request.pod].filter(
    (input) => input !== undefined,
  );
  const isAlone = request.images.length > 0 || request.containersFile !== undefined;
  if (named.length > 1 || (named.length === 0 && !isAlone)) {
    throw new CleanroomError(
      'USAGE',
      'name one input: -f contract.yaml, --template FILE, --pod FILE or --input FILE; or images alone, by --image REFERENCE=ARCHIVE',
    );
  }
  if (request.contract !== undefined) {
    return { policy: await ofContract(request.contract, request, context), groupIndex: 0 };
  }
  const { deployment, groupIndex } = await readDeployment(request);
  return { policy: await ofDeployment(deployment, request, context), groupIndex };
}

interface ChosenDeployment {
  readonly deployment: Deployment;
  readonly groupIndex: number;
}

async function readDeployment(request: GenerationRequest): Promise<ChosenDeployment> {
  if (request.template !== undefined) return readTemplate(request.template, request);
  if (request.pod !== undefined) return readPod(request.pod, request);
  if (request.confcomInput === undefined) return { deployment: ofImagesAlone(request.images), groupIndex: 0 };
  return { deployment: await readConfcomInput(request.confcomInput), groupIndex: 0 };
}

async function readPod(path: string, { unresolved, group }: GenerationRequest): Promise<ChosenDeployment> {
  const { parsePods } = await import('../cce-policy/generate/pod.js');
  const pods = parsePods(await readTextBounded(path, MAX_INPUT), { unresolved });
  return chosen(pods, group, { file: 'manifest', member: 'workload' });
}

/* The one that is meant of several. */
function chosen(
  deployments: readonly Deployment[],
  group: string | undefined,
  { file, member }: { readonly file: string; readonly member: string },
): ChosenDeployment {
  const [deployment, another] = deployments.filter(({ name }) => group === undefined || name === group);
  const names = deployments.map(({ name }) => name).join(', ');
  if (deployment === undefined) {
    throw new CleanroomError('USAGE', `the ${file} has no ${member} ${group ?? ''}; it has: ${names}`);
  }
  if (another !== undefined) {
    throw new CleanroomError('TEMPLATE_GROUP_AMBIGUOUS', `the ${file} has several ${member}s: ${names}`);
  }
  return { deployment, groupIndex: deployments.indexOf(deployment) };
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

/** The data of a template's, manifest's or input's policy, before it is text. @throws as generatePolicy */
export async function generateContent(
  request: GenerationRequest,
  context: UseCaseContext,
): Promise<PolicyContent> {
  const { deployment } = await readDeployment(request);
  return contentOf(deployment, request, context);
}

async function ofDeployment(
  deployment: Deployment,
  request: GenerationRequest,
  context: UseCaseContext,
): Promise<GeneratedPolicy> {
  const { renderPolicy } = await import('../cce-policy/text/render-policy.js');
  const { options, layout } = request;
  return renderPolicy(await contentOf(deployment, request, context), { profile: options.profile, layout });
}

async function contentOf(
  deployment: Deployment,
  { images, options, fragmentsFile, containersFile }: GenerationRequest,
  context: UseCaseContext,
): Promise<PolicyContent> {
  const { measureDeployment } = await import('./deployment-images.js');
  const { deploymentPolicyContent } = await import('../cce-policy/generate/deployment-policy.js');
  const { parseFragmentImports } = await import('../cce-policy/generate/confcom-input.js');
  const fragments =
    fragmentsFile === undefined ? [] : parseFragmentImports(await readTextBounded(fragmentsFile, MAX_INPUT));
  const measured = await measureDeployment(deployment, images, context);
  return deploymentPolicyContent(deployment, measured, {
    ...options,
    fragments,
    further: await writtenContainers(containersFile, options),
    sortEnvironment: false,
  });
}

async function writtenContainers(
  path: string | undefined,
  { profile }: GenerationRequest['options'],
): Promise<DeploymentPolicyOptions['further']> {
  if (path === undefined) return [];
  const { parseWrittenContainers } = await import('../cce-policy/generate/written-containers.js');
  const { textProfile } = await import('../cce-policy/text/text-profile.js');
  return parseWrittenContainers(
    await readTextBounded(path, MAX_INPUT),
    textProfile(profile).frameworkVersion,
  );
}

/* A container for each image, named as the image is, with nothing but what the image says. */
function ofImagesAlone(images: readonly string[]): Deployment {
  const containers = images.map((flag) => {
    const reference = flag.slice(0, Math.max(flag.indexOf('='), 0));
    return {
      name: reference,
      image: reference,
      command: [],
      environment: [],
      mounts: [],
      execProcesses: [],
      workingDir: null,
      securityContext: DEFAULT_SECURITY_CONTEXT,
    };
  });
  return { name: 'images', containers, fragments: [], zeroSidecar: null, platform: 'aci' };
}

async function readConfcomInput(path: string): Promise<Deployment> {
  const { parseConfcomInput } = await import('../cce-policy/generate/confcom-input.js');
  return parseConfcomInput(await readTextBounded(path, MAX_INPUT));
}

async function readTemplate(
  path: string,
  { parameters, unresolved, group }: GenerationRequest,
): Promise<ChosenDeployment> {
  const { parseTemplate } = await import('../cce-policy/generate/arm-template.js');
  const deployments = parseTemplate(await readTextBounded(path, MAX_INPUT), {
    parameters: parameters === undefined ? null : await readTextBounded(parameters, MAX_INPUT),
    unresolved,
  });
  return chosen(deployments, group, { file: 'template', member: 'container group' });
}

/** Writes the policy into the template or manifest that it was made from. @throws CleanroomError USAGE without either */
export async function injectIntoInput(
  { template, pod }: Pick<GenerationRequest, 'template' | 'pod'>,
  { groupIndex, policy }: Generation,
): Promise<void> {
  const { writeFileAtomic } = await import('../base/files/atomic-write.js');
  if (template !== undefined) {
    const { injectPolicy } = await import('../cce-policy/generate/arm-template.js');
    const text = await readTextBounded(template, MAX_INPUT);
    await writeFileAtomic(template, injectPolicy(text, groupIndex, policy.base64));
    return;
  }
  if (pod === undefined) throw new CleanroomError('USAGE', '--inject needs --template FILE or --pod FILE');
  const { injectPodPolicy } = await import('../cce-policy/generate/pod.js');
  const text = await readTextBounded(pod, MAX_INPUT);
  await writeFileAtomic(pod, injectPodPolicy(text, groupIndex, policy.base64));
}
