// Second of three: is each part signed by whom it should be? Expectations about content come third.

import type { Check } from '../base/verdict/check.js';
import type { ParsedEvidence } from './parse-evidence.js';
import { type Product, productOfCpuid } from './snp/product.js';
import { verifyAmdEvidence } from './snp/verify.js';
import { verifyUvmEndorsement } from './uvm/verify.js';
import type { VerificationContext } from './verification-context.js';

/**
 * Parsed evidence with the outcome of every cryptographic check. Fields are to be believed only where the verdict
 * over all checks is `accepted`.
 */
export interface VerifiedEvidence extends ParsedEvidence {
  /** From CPUID (version 3 and later) or the VCEK (version 2, or no report). */
  readonly product: Product | null;
}

/** Verifies signatures, chains, pins and bindings. Never throws for what the evidence is. */
export async function verifyEvidence(
  parsed: ParsedEvidence,
  context: VerificationContext,
): Promise<VerifiedEvidence> {
  const product = productOf(parsed);
  const amd: readonly Check[] = await verifyAmdEvidence(parsed, product, context);
  const uvm: readonly Check[] = await verifyUvmEndorsement(parsed, context);
  return { ...parsed, product, checks: [...parsed.checks, ...amd, ...uvm] };
}

function productOf({ report, chain }: ParsedEvidence): Product | null {
  const cpuid = report?.cpuid;
  if (cpuid === null || cpuid === undefined) return chain?.vcek.product ?? null;
  return productOfCpuid(cpuid.family, cpuid.model);
}
