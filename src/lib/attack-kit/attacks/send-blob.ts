// What somebody with a SAS and no login tries with a blob.

import type { ContractBlob } from '../../contract/schema.js';
import { clientOptions, type Connection } from '../../azure/connection.js';
import { serviceError } from '../../azure/service-error.js';

/** Overwrites a blob with nothing but a SAS query. @throws CleanroomError as the storage account refuses */
export async function overwriteWithSas(
  connection: Connection,
  blob: ContractBlob,
  sas: string,
): Promise<void> {
  const { BlockBlobClient } = await import('../../azure/sdk/blobs.js');
  const url = `${blob.account}/${blob.container}/${blob.name}?${sas}`;
  // The SDK's type wants a credential as its second argument; with none, the options stand there.
  const client = new BlockBlobClient(url, undefined, clientOptions(connection));
  try {
    await client.upload('x', 1);
  } catch (cause) {
    throw serviceError(`blob ${blob.container}/${blob.name}: write with a SAS`, cause);
  }
}
