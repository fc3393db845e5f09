import { BaseCommand, type Outcome } from '../../lib/cli/base-command.js';
import type { GeneratedPolicyResult } from '../../lib/parties/write-policy.js';
import {
  policyGenerateFlags,
  policyGenerateRequest,
  saysNothingOfStdio,
} from '../../lib/cli/policy-generate-flags.js';

export default class PolicyGenerate extends BaseCommand<typeof PolicyGenerate, GeneratedPolicyResult> {
  static override summary =
    'Generate the CCE policy of a contract, an ARM template, a pod or confcom’s input.';
  static override description =
    'The same input gives the same bytes; for templates they equal those of az confcom acipolicygen. Every image is read from its archive, or pulled by digest from its registry; Docker is not needed.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> -f contract.yaml --image summarizer=summarizer.oci.tar --image skr=skr.oci.tar --out policy.rego',
    '<%= config.bin %> <%= command.id %> --pod job.yaml --image app=app.oci.tar --disable-stdio --inject',
    '<%= config.bin %> <%= command.id %> --template room.json --parameters room.parameters.json --image web=web.oci.tar --inject',
  ];
  static override flags = policyGenerateFlags;

  protected async execute(): Promise<Outcome<GeneratedPolicyResult>> {
    const { runPolicyGenerate } = await import('../../lib/parties/write-policy.js');
    if (saysNothingOfStdio(this.flags)) {
      this.warn(
        'stdio of every container reaches the host: add --disable-stdio, or --enable-stdio if this is intended',
      );
    }
    const request = policyGenerateRequest(this.flags);
    const { result, written, text } = await runPolicyGenerate(request, await this.useCaseContext());
    if (written) return { result, text: result.policyHash };
    // Not as the outcome's text: a line break more would be another policy.
    if (!this.jsonEnabled()) process.stdout.write(text);
    return { result };
  }
}
