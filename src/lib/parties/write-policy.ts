// `policy generate`: the policy computed, and written to where the command line says.

import { parsePolicy } from '../cce-policy/read/policy-model.js';
import { writeFileAtomic } from '../base/files/atomic-write.js';
import type { UseCaseContext } from '../ports/use-case.js';
import { generatePolicy, type GenerationRequest, injectIntoInput } from './policy-generation.js';

export interface PolicyGenerateRequest extends GenerationRequest {
  /** Whether the policy is written into the template or manifest that it was made from. */
  readonly inject: boolean;
  /** File to write; stdout if absent and nothing is injected. */
  readonly out: string | undefined;
}

export interface GeneratedPolicyResult {
  /** SHA-256 of the text: HOST_DATA of a room under it. */
  readonly policyHash: string;
  /** In the order of the policy, the pause container included. */
  readonly containers: readonly {
    readonly name: string;
    readonly image: string | null;
    readonly layers: readonly string[];
  }[];
  /** The policy in base64, the value of ccePolicy. */
  readonly ccePolicy: string;
}

export interface WrittenPolicy {
  readonly result: GeneratedPolicyResult;
  /** Whether it went into a file. */
  readonly written: boolean;
  /** The policy itself. */
  readonly text: string;
}

/** @throws CleanroomError as generatePolicy and injectIntoInput */
export async function runPolicyGenerate(
  request: PolicyGenerateRequest,
  context: UseCaseContext,
): Promise<WrittenPolicy> {
  const { inject, out } = request;
  const generation = await generatePolicy(request, context);
  const { text, hash, base64 } = generation.policy;
  if (inject) await injectIntoInput(request, generation);
  if (out !== undefined) await writeFileAtomic(out, text);
  const result = { policyHash: hash, containers: containersOf(text), ccePolicy: base64 };
  return { result, written: inject || out !== undefined, text };
}

function containersOf(text: string): GeneratedPolicyResult['containers'] {
  const model = parsePolicy(text);
  if (model.form !== 'known') return [];
  return model.containers.map(({ name, id, layers }) => ({
    name: name ?? id ?? '',
    image: id ?? null,
    layers,
  }));
}
