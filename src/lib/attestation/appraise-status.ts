// Is the firmware of a class that is still trusted? By the table of reference values: an old one is warned of, a withdrawn one
// fails.

import { classOfTcb, classOfUvm, type Classed, isWorse } from '../contract/published/reference-classes.js';
import type { ReferenceTable } from '../contract/published/reference-table.js';
import type { CheckLog } from './check-log.js';
import { describeTcb, readTcb } from './snp/tcb.js';
import type { VerifiedEvidence } from './verify-evidence.js';

/**
 * Records UVM_STATUS and TCB_STATUS; of the firmware as reported and at launch the worse class counts.
 *
 * @param reference - null where roots other than AMD's and Microsoft's are believed: the table says nothing of those
 */
export function appraiseStatus(
  { report, product, uvm }: VerifiedEvidence,
  reference: ReferenceTable | null,
  log: CheckLog,
): void {
  if (reference === null) {
    log.skip('the table of reference values is about AMD’s and Microsoft’s own', 'UVM_STATUS', 'TCB_STATUS');
    return;
  }
  const svn = uvm?.statement.svn ?? null;
  if (svn === null) log.skip('there is no UVM endorsement with a version', 'UVM_STATUS');
  else recordClass('UVM_STATUS', `SVN ${svn}`, classOfUvm(svn, reference), reference, log);
  if (report === null || product === null) {
    log.skip('the layout of the TCB is not known for this processor', 'TCB_STATUS');
    return;
  }
  const [reported, launch] = [readTcb(report.reportedTcb, product), readTcb(report.launchTcb, product)];
  const [now, then] = [classOfTcb(product, reported, reference), classOfTcb(product, launch, reference)];
  const [worse, tcb] = isWorse(then.class, now.class) ? [then, launch] : [now, reported];
  const when = worse === then ? ' at launch' : '';
  recordClass('TCB_STATUS', `${product} ${describeTcb(tcb)}${when}`, worse, reference, log);
}

function recordClass(
  id: 'UVM_STATUS' | 'TCB_STATUS',
  what: string,
  found: Classed,
  reference: ReferenceTable,
  log: CheckLog,
): void {
  const actual = `${what}: ${found.text} (table of ${reference.date})`;
  if (found.class === 'old') log.skip(`warning: ${actual}`, id);
  else
    log.record(id, found.class !== 'withdrawn', {
      expected: 'not withdrawn',
      actual,
      reason: 'this version must not be trusted any more',
    });
}
