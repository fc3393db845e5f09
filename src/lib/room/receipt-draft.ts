// What is known of a run so far, so that a receipt can be signed at its end, whatever the end is.

import type { KeyObject } from 'node:crypto';

import { inputsDigest, type Receipt, type ReceiptInput } from '../evidence/receipt.js';
import { signReceipt, type SignedReceipt } from '../evidence/receipt-signature.js';
import type { Sha256Hex } from '../base/bytes/digest.js';
import type { ParsedContract } from '../contract/check.js';
import type { ErrorCode } from '../base/errors.js';

export interface ReceiptGround {
  readonly parsed: ParsedContract;
  readonly policyHash: Sha256Hex;
  readonly reportDigest: Sha256Hex;
  readonly key: KeyObject;
  readonly now: () => Date;
}

/** A run that the budget has counted: the place that it took. */
export interface CountedRun {
  readonly used: number;
}

/** Collects the facts of one run; holds no text. */
export class ReceiptDraft {
  private inputs: readonly ReceiptInput[] = [];
  private complete = false;
  private statements: readonly string[] = [];
  private model: Receipt['model'] = null;

  constructor(private readonly ground: ReceiptGround) {}

  /** The owners' seal statements over the inputs, JWS each: they go with the receipt into the evidence. */
  get seals(): readonly string[] {
    return this.statements;
  }

  /** Every dataset is there: their digest is what the budget counts. */
  setInputs(inputs: readonly ReceiptInput[], seals: readonly string[]): Sha256Hex {
    this.inputs = inputs;
    this.statements = seals;
    this.complete = true;
    return inputsDigest(inputs);
  }

  setModel(model: NonNullable<Receipt['model']>): void {
    this.model = model;
  }

  signReleased(output: NonNullable<Receipt['output']>, counted: CountedRun): SignedReceipt {
    return this.sign({
      outcome: 'released',
      output,
      causes: null,
      refusal: null,
      budget: this.placeOf(counted),
    });
  }

  /** Of a run that was counted and gave nothing: why is in the sealed causes alone, by their digest. */
  signEmpty(counted: CountedRun, causes: Sha256Hex): SignedReceipt {
    return this.sign({
      outcome: 'refused',
      output: null,
      causes,
      refusal: 'NO_RESULT',
      budget: this.placeOf(counted),
    });
  }

  /** Of a run that opened no text. */
  signRefused(refusal: ErrorCode): SignedReceipt {
    return this.sign({ outcome: 'refused', output: null, causes: null, refusal, budget: null });
  }

  private placeOf({ used }: CountedRun): Receipt['budget'] {
    return { used, of: this.ground.parsed.contract.summary.limits.maxResults };
  }

  private sign(end: Pick<Receipt, 'outcome' | 'output' | 'causes' | 'budget' | 'refusal'>): SignedReceipt {
    const { parsed, policyHash, reportDigest, key, now } = this.ground;
    const { limits, extractiveLimits = null } = parsed.contract.summary;
    const receipt: Receipt = {
      v: 2,
      use: 'cleanroom-receipt',
      ...end,
      contract: parsed.digest,
      policy: policyHash,
      report: reportDigest,
      inputs: [...this.inputs],
      inputsDigest: this.complete ? inputsDigest(this.inputs) : null,
      model: this.model,
      limits,
      extractiveLimits,
      time: now().toISOString(),
    };
    return signReceipt(receipt, key);
  }
}
