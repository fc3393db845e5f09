import { BaseCommand, type Outcome } from '../../../lib/cli/base-command.js';
import { Args, Flags } from '../../../lib/cli/oclif.js';
import type { SignedFragmentResult } from '../../../lib/parties/policy-fragment.js';

export default class PolicyFragmentSign extends BaseCommand<typeof PolicyFragmentSign, SignedFragmentResult> {
  static override summary = 'Sign a policy fragment as COSE_Sign1 with chain, issuer and feed.';
  static override description =
    'Signs with ES384 for a key on P-384, else with ES256 or ES512. The issuer is a did:x509 of the root and the leaf’s common name, or --issuer; an issuer that the chain does not resolve is refused. The key is read from a file and never printed.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> web.rego --key leaf.key.pem --chain chain.pem --feed contoso.azurecr.io/fragments/web --out web.cose',
    '<%= config.bin %> <%= command.id %> web.rego --key leaf.key.pem --chain chain.pem --feed contoso.azurecr.io/fragments/web --claims --out web.cose --json',
  ];
  static override args = { fragment: Args.string({ description: 'Rego of the fragment', required: true }) };
  static override flags = {
    key: Flags.string({ description: 'PEM of the leaf’s private key', helpValue: 'FILE', required: true }),
    chain: Flags.string({
      description: 'PEM of the certificates, leaf first, root last',
      helpValue: 'FILE',
      required: true,
    }),
    feed: Flags.string({ description: 'feed that imports name', helpValue: 'FEED', required: true }),
    issuer: Flags.string({ description: 'did:x509 of the signer', helpValue: 'DID' }),
    claims: Flags.boolean({
      description: 'write issuer, feed and SVN as header claims, which guests of framework 0.5 read',
    }),
    out: Flags.string({ description: 'file to write', helpValue: 'FILE', required: true }),
  };

  protected async execute(): Promise<Outcome<SignedFragmentResult>> {
    const { signFragmentFile } = await import('../../../lib/parties/policy-fragment.js');
    const { key, chain, feed, issuer, claims, out } = this.flags;
    const result = await signFragmentFile({
      fragment: this.args.fragment,
      key,
      chain,
      feed,
      issuer: issuer ?? null,
      header: claims ? 'claims' : 'plain',
      out,
    });
    return { result, text: JSON.stringify(result.import, null, 2) };
  }
}
