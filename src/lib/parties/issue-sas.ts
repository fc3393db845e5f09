// `blob sas`: by identity or by account key, into a file that only its owner reads.

import { writeFileAtomic } from '../base/files/atomic-write.js';
import { type IssuedSas, issueRoomSas, type SasSubject } from './room-sas.js';
import type { SasIssuer } from '../ports/ports.js';
import type { Desk } from '../ports/environment.js';
import { readContract } from './environment.js';
import { readSecret } from './secret-input.js';

export interface BlobSasInput {
  readonly contractPath: string;
  readonly subject: SasSubject;
  readonly hours: number;
  /** Where the account key is; by identity if absent. */
  readonly accountKey: string | undefined;
  readonly out: string | undefined;
}

/** @throws CleanroomError as issueRoomSas, openEnvironment and readContract */
export async function issueSas(desk: Desk, input: BlobSasInput): Promise<IssuedSas> {
  const { contract } = await readContract(input.contractPath);
  const sas = await openIssuer(desk, input.accountKey);
  const issued = await issueRoomSas(contract, input.subject, input.hours, { sas, clock: () => new Date() });
  if (input.out !== undefined) await writeFileAtomic(input.out, `${issued.query}\n`, { mode: 0o600 });
  return issued;
}

/* With the account key nothing is sent, so that no profile is needed. */
async function openIssuer(desk: Desk, accountKey: string | undefined): Promise<SasIssuer> {
  if (accountKey !== undefined) return desk.sasByAccountKey((await readSecret(accountKey)).trim());
  return (await desk.open()).services.sas();
}
