// Plays attacks of the threat model against a local Azure.

import { join } from 'node:path';

import { BaseCommand, type Outcome } from '../../lib/cli/base-command.js';
import { Args, Flags } from '../../lib/cli/oclif.js';
import type { AttackReport } from '../../lib/attack-kit/demo/attack-session.js';
import { EXIT } from '../../lib/base/error-codes.js';
import { CleanroomError } from '../../lib/base/errors.js';

export default class EmulatorAttack extends BaseCommand<typeof EmulatorAttack, AttackReport> {
  static override summary = 'Run attacks of the threat model and show who refuses them.';
  static override description = `Starts a local Azure of its own, in which two parties agree, seal a text and run an honest room. Then it runs the attack as the attacker would, through the same services and SDKs. Exit 0: every attack was refused. Exit 5: an attack succeeded, or failed without meeting its defence.
ID is an id of the threat model (I4) or one of its attacks (I4/allow-all).`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> I4',
    '<%= config.bin %> <%= command.id %> --all --json',
  ];
  static override args = {
    id: Args.string({ description: 'id of an attack, such as I4 or I4/allow-all' }),
  };
  static override flags = {
    all: Flags.boolean({ description: 'run every attack' }),
    keep: Flags.string({
      description: 'keep everything in this directory',
      helpValue: 'DIR',
    }),
  };

  protected async execute(): Promise<Outcome<AttackReport>> {
    const { id } = this.args;
    if ((id === undefined) === !this.flags.all) throw await whichAttack();
    const { ATTACKS, findAttacks } = await import('../../lib/attack-kit/attacks/attack-list.js');
    const { playAttackSession } = await import('../../lib/attack-kit/demo/attack-session.js');
    const { renderAttacks } = await import('../../lib/cli/render-attacks.js');
    const { renderSummary } = await import('../../lib/cli/render-received-summary.js');
    const report = await playAttackSession({
      attacks: id === undefined ? ATTACKS : findAttacks(id),
      packageRoot: this.config.root,
      cacheDirectory: this.config.cacheDir,
      sampleText: join(this.config.root, 'templates/demo/brief.txt'),
      showSummary: renderSummary,
      keep: this.flags.keep ?? null,
      progress: await this.progress(),
      signal: this.signal,
    });
    const exitCode = report.succeeded === 0 ? EXIT.ok : EXIT.refused;
    return { result: report, text: renderAttacks(report), exitCode };
  }
}

async function whichAttack(): Promise<CleanroomError> {
  const { ATTACK_IDS } = await import('../../lib/attack-kit/attacks/attack-list.js');
  return new CleanroomError('USAGE', 'give either the id of an attack or --all', {
    hint: `There are: ${ATTACK_IDS.join(', ')}.`,
  });
}
