// What is known of a run so far, so that a receipt can be signed at its end, whatever the end is.

import type { KeyObject } from 'node:crypto';

import { inputsDigest, type Receipt, type ReceiptInput } from '../evidence/receipt.js';
import { signReceipt, type SignedReceipt } from './sign-receipt.js';
import type { Sha256Hex } from '../base/bytes/digest.js';
import type { VaultKeyAttestation } from '../contract/key-attestation-file.js';
import type { ParsedContract } from '../contract/check.js';
import type { ErrorCode } from '../base/errors.js';
import type { VerifiedSealStatement } from '../sealed-blob/statement/seal-statement.js';
import type { ReceiptPieces } from './room-evidence.js';
import { statedReleasePolicies } from './stated-release-policies.js';

export interface ReceiptGround {
  readonly parsed: ParsedContract;
  readonly policyHash: Sha256Hex;
  readonly reportDigest: Sha256Hex;
  readonly key: KeyObject;
  readonly now: () => Date;
}

/** An owner's statement, and what the HSM attests of the key that it names. */
interface StatedKey {
  readonly statement: VerifiedSealStatement;
  readonly keyAttestation: VaultKeyAttestation | null;
}

/** A run that the budget has counted: the place that it took. */
export interface CountedRun {
  readonly used: number;
}

/** Collects the facts of one run; holds no text. */
export class ReceiptDraft {
  private inputs: readonly ReceiptInput[] = [];
  private complete = false;
  private sealed: readonly StatedKey[] = [];
  private entries: readonly string[] = [];
  private model: Receipt['model'] = null;

  constructor(private readonly ground: ReceiptGround) {}

  /** What goes with the receipt into the evidence. */
  get pieces(): ReceiptPieces {
    const { parsed, policyHash } = this.ground;
    return {
      seals: this.sealed.map(({ statement }) => statement.raw),
      releasePolicies: statedReleasePolicies(
        parsed.contract,
        policyHash,
        this.sealed.map(({ statement, keyAttestation }) => ({ ...statement, keyAttestation })),
      ),
      budget: this.entries,
    };
  }

  /** Every dataset is there: their digest is what the budget counts. */
  setInputs(inputs: readonly ReceiptInput[], sealed: readonly StatedKey[]): Sha256Hex {
    this.inputs = inputs;
    this.sealed = sealed;
    this.complete = true;
    return inputsDigest(inputs);
  }

  /** The texts of the run's place in the budget, as they were read back. */
  setBudget(entries: readonly string[]): void {
    this.entries = entries;
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
