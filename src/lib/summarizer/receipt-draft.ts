// What is known of a run so far, so that a receipt can be signed at its end, whatever the end is.

import type { KeyObject } from 'node:crypto';

import {
  inputsDigest,
  type Receipt,
  type ReceiptInput,
  signReceipt,
  type SignedReceipt,
} from '../audit/receipt.js';
import type { Sha256Hex } from '../bytes/digest.js';
import type { ParsedContract } from '../contract/check.js';
import type { ErrorCode } from '../errors.js';
import type { Check } from '../verdict/check.js';

export interface ReceiptGround {
  readonly parsed: ParsedContract;
  readonly policyHash: Sha256Hex;
  readonly reportDigest: Sha256Hex;
  readonly key: KeyObject;
  readonly now: () => Date;
}

/** Collects the facts of one run; holds no text. */
export class ReceiptDraft {
  private inputs: readonly ReceiptInput[] = [];
  private complete = false;
  private model: Receipt['model'] = null;
  private checks: Receipt['checks'] = [];
  private parts: NonNullable<Receipt['parts']> | null = null;

  constructor(private readonly ground: ReceiptGround) {}

  /** Of the report that every receipt of this room names. */
  get reportDigest(): Sha256Hex {
    return this.ground.reportDigest;
  }

  /** Every dataset is there: their digest is what the budget counts. */
  setInputs(inputs: readonly ReceiptInput[]): Sha256Hex {
    this.inputs = inputs;
    this.complete = true;
    return inputsDigest(inputs);
  }

  setModel(model: NonNullable<Receipt['model']>): void {
    this.model = model;
  }

  /** Reasons are left out: a receipt is public, and numbers say enough. */
  setChecks(checks: readonly Check[]): void {
    this.checks = checks.map(({ id, status, expected, actual }) => ({
      id,
      status,
      ...(expected === undefined ? {} : { expected }),
      ...(actual === undefined ? {} : { actual }),
    }));
  }

  /** The parts that other rooms' receipts account for. */
  setParts(parts: NonNullable<Receipt['parts']>): void {
    this.parts = parts;
  }

  /** For one document: of its summary, or (`refusal`) that none can be made of it. */
  signPart(
    output: NonNullable<Receipt['output']>,
    work: NonNullable<Receipt['work']>,
    refusal: ErrorCode | null,
  ): SignedReceipt {
    return this.sign({ outcome: refusal === null ? 'part' : 'refused', output, budget: null, refusal, work });
  }

  signReleased(output: NonNullable<Receipt['output']>, used: number): SignedReceipt {
    const of = this.ground.parsed.contract.summary.limits.maxResults;
    const parts = this.parts === null ? {} : { parts: this.parts };
    return this.sign({ outcome: 'released', output, budget: { used, of }, refusal: null, ...parts });
  }

  signRefused(refusal: ErrorCode): SignedReceipt {
    return this.sign({ outcome: 'refused', output: null, budget: null, refusal });
  }

  private sign(
    end: Pick<Receipt, 'outcome' | 'output' | 'budget' | 'refusal' | 'work' | 'parts'>,
  ): SignedReceipt {
    const { parsed, policyHash, reportDigest, key, now } = this.ground;
    const { limits, beams } = parsed.contract.summary;
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
      parameters: { beams: beams ?? 1, maxTokens: limits.maxTokens },
      limits,
      checks: this.checks,
      time: now().toISOString(),
    };
    return signReceipt(receipt, key);
  }
}
