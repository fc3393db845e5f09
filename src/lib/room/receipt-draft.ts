// What is known of a run so far, so that a receipt can be signed at its end, whatever the end is.

import type { KeyObject } from 'node:crypto';

import { inputsDigest, type Receipt, type ReceiptInput } from '../evidence/receipt.js';
import { signReceipt, type SignedReceipt } from '../evidence/receipt-signature.js';
import type { Sha256Hex } from '../base/bytes/digest.js';
import type { ParsedContract } from '../contract/check.js';
import { textLimitsOf } from '../contract/limits/limits-of.js';
import type { ErrorCode } from '../base/errors.js';
import type { Check } from '../base/verdict/check.js';

export interface ReceiptGround {
  readonly parsed: ParsedContract;
  readonly policyHash: Sha256Hex;
  readonly reportDigest: Sha256Hex;
  readonly key: KeyObject;
  readonly now: () => Date;
}

/** A run that the budget has counted, and what the disclosure guard found in it. */
export interface CountedRun {
  readonly used: number;
  readonly checks: readonly Check[];
}

const UNCOUNTED: Pick<Receipt, 'budget' | 'checks'> = { budget: null, checks: [] };

/** Collects the facts of one run; holds no text. */
export class ReceiptDraft {
  private inputs: readonly ReceiptInput[] = [];
  private complete = false;
  private model: Receipt['model'] = null;
  private parameters: Receipt['parameters'] = null;

  constructor(private readonly ground: ReceiptGround) {}

  /** Every dataset is there: their digest is what the budget counts. */
  setInputs(inputs: readonly ReceiptInput[]): Sha256Hex {
    this.inputs = inputs;
    this.complete = true;
    return inputsDigest(inputs);
  }

  setModel(model: NonNullable<Receipt['model']>): void {
    this.model = model;
  }

  setParameters(parameters: NonNullable<Receipt['parameters']>): void {
    this.parameters = parameters;
  }

  signReleased(output: NonNullable<Receipt['output']>, counted: CountedRun): SignedReceipt {
    return this.sign({ outcome: 'released', output, refusal: null, ...this.account(counted) });
  }

  /** What the guard measured is said only for a run that was counted: uncounted numbers could be asked for without end. */
  signRefusedByLimits(counted: CountedRun): SignedReceipt {
    return this.sign({
      outcome: 'refused',
      output: null,
      refusal: 'LIMIT_REFUSED',
      ...this.account(counted),
    });
  }

  signRefused(refusal: ErrorCode): SignedReceipt {
    return this.sign({ outcome: 'refused', output: null, refusal, ...UNCOUNTED });
  }

  /* Reasons are left out: a receipt is public, and numbers say enough. */
  private account({ used, checks }: CountedRun): Pick<Receipt, 'budget' | 'checks'> {
    const of = this.ground.parsed.contract.summary.limits.maxResults;
    return {
      budget: { used, of },
      checks: checks.map(({ id, status, expected, actual }) => ({
        id,
        status,
        ...(expected === undefined ? {} : { expected }),
        ...(actual === undefined ? {} : { actual }),
      })),
    };
  }

  private sign(end: Pick<Receipt, 'outcome' | 'output' | 'budget' | 'checks' | 'refusal'>): SignedReceipt {
    const { parsed, policyHash, reportDigest, key, now } = this.ground;
    const { contract } = parsed;
    const { limits } = contract.summary;
    const receipt: Receipt = {
      v: 1,
      use: 'cleanroom-receipt',
      ...end,
      contract: parsed.digest,
      policy: policyHash,
      report: reportDigest,
      inputs: [...this.inputs],
      inputsDigest: this.complete ? inputsDigest(this.inputs) : null,
      model: this.model,
      parameters: this.parameters,
      limits: { ...limits, ...(this.model === null ? {} : textLimitsOf(contract, this.model.method)) },
      time: now().toISOString(),
    };
    return signReceipt(receipt, key);
  }
}
