// Mocha's spec reporter, closing with the line that a pipeline reads: "N passed, N failed".
import Mocha from 'mocha';

export default class SpecWithTotals extends Mocha.reporters.Spec {
  epilogue() {
    super.epilogue();
    const { passes, failures, pending } = this.stats;
    const skipped = pending > 0 ? `, ${pending} skipped` : '';
    process.stdout.write(`${passes} passed, ${failures} failed${skipped}\n`);
  }
}
