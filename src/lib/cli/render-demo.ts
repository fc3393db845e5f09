// The demo for people: what each party did, the summary, the verdict, and what was refused.

import { escapeTerminal } from '../terminal/escape-terminal.js';
import { renderJudgement } from './render-verdict.js';
import type { DemoReport } from '../attack-kit/demo/demo-session.js';
import { renderAttackLines } from './render-attacks.js';

export function renderDemo(report: DemoReport): string {
  const { limits, verdict, attacks, tighter } = report;
  const lines = [
    'WHO DID WHAT',
    ...report.steps.map(({ party, what }) => `  ${party.padEnd(9)} ${what}`),
    '',
    'WHO COULD READ WHAT',
    '  Fabrikam  its own text. Contoso, the storage, the registry and the logs: ciphertext only.',
    '  Contoso   the summary, opened with its own key. The HSM releases the key to the measured room only.',
    '',
    `SUMMARY (method ${report.method}; limits: ${limits.maxCharacters} characters, ${limits.maxShareOfSource * 100} % of the source, ${limits.maxCopiedWords} words in a row copied)`,
    `  ${escapeTerminal(report.summary)}`,
    ...describeMethod(report),
    '',
    'VERDICT',
    renderJudgement(verdict, 'statements', '--json lists them'),
    '',
    'WHAT CONTOSO TRIED',
    renderAttackLines(attacks),
    '',
    `UNDER A TIGHTER LIMIT (${tighter.maxCopiedWords} word in a row): ${describeTighter(tighter)}`,
    '',
    `rooms: ${report.rooms.kind}, on ${report.rooms.node === 'image' ? "the image's own Node.js and libraries" : "this machine's Node.js"}${report.rooms.why === null ? '' : ` (${report.rooms.why})`}`,
    '',
    `${report.seconds} s. The hardware was emulated: nothing here proves anything about a real room.`,
    ...(report.kept === null
      ? []
      : [
          `Kept in ${report.kept}. To continue there: cleanroom emulator start --dir ${report.kept}/emulator, then work in ${report.kept}/contoso and ${report.kept}/fabrikam.`,
        ]),
  ];
  return lines.join('\n');
}

function describeTighter({ code, cause }: DemoReport['tighter']): string {
  return code === 'NOT_REFUSED'
    ? 'the summary copies no two words in a row, so it stands'
    : `the room gave no summary and told everybody ${code}, Fabrikam alone ${cause ?? 'nothing more'}`;
}

/** A newcomer must not take the small model's words for what the product does with a real one. */
function describeMethod({ ownText, method }: DemoReport): readonly string[] {
  if (!ownText) return [];
  return method === 'extractive'
    ? ['  (sentences selected from the text: the model of the demo reads English only)']
    : ["  (the model of the demo is small: it shortens, in the text's own words, and drops what may matter)"];
}
