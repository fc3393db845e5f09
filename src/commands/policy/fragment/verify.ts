import { BaseCommand, type Outcome } from '../../../lib/cli/base-command.js';
import { EXIT } from '../../../lib/base/error-codes.js';
import { Args, Flags } from '../../../lib/cli/oclif.js';
import type { FragmentVerification } from '../../../lib/parties/policy-fragment.js';

export default class PolicyFragmentVerify extends BaseCommand<
  typeof PolicyFragmentVerify,
  FragmentVerification
> {
  static override summary = 'Verify a signed policy fragment against the expected issuer, feed and version.';
  static override description =
    'Checks chain, did:x509, signature, feed and SVN, and lints its containers. No expectation comes from the fragment. Exit 5: a check fails.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> web.cose --issuer did:x509:0:sha256:…::subject:CN:Contoso --feed contoso.azurecr.io/fragments/web --minimum-svn 1',
    '<%= config.bin %> <%= command.id %> infra.cose --issuer did:x509:0:sha256:…::eku:1.3.6.1.4.1.311.76.59.1.3 --feed mcr.microsoft.com/aci/aci-cc-infra-fragment --minimum-svn 4 --json',
  ];
  static override args = { fragment: Args.string({ description: 'signed fragment', required: true }) };
  static override flags = {
    issuer: Flags.string({ description: 'did:x509 of the signer', helpValue: 'DID', required: true }),
    feed: Flags.string({
      description: 'feed that the policy imports',
      helpValue: 'FEED',
      required: true,
    }),
    'minimum-svn': Flags.integer({ description: 'minimum SVN', helpValue: 'N', required: true, min: 0 }),
    at: Flags.string({
      description: 'time at which certificates must be valid; default: now',
      helpValue: 'TIME',
    }),
  };

  protected async execute(): Promise<Outcome<FragmentVerification>> {
    const { verifyFragmentFile } = await import('../../../lib/parties/policy-fragment.js');
    const { renderFragmentVerification } = await import('../../../lib/cli/render-fragment-verification.js');
    const { CleanroomError } = await import('../../../lib/base/errors.js');
    const { issuer, feed, at } = this.flags;
    const time = at === undefined ? new Date() : new Date(at);
    if (Number.isNaN(time.getTime())) throw new CleanroomError('USAGE', '--at is no time in ISO 8601');
    const result = await verifyFragmentFile({
      file: this.args.fragment,
      issuer,
      feed,
      minimumSvn: this.flags['minimum-svn'],
      at: time,
    });
    return {
      result,
      text: renderFragmentVerification(result),
      exitCode: result.verdict === 'accepted' ? EXIT.ok : EXIT.refused,
    };
  }
}
