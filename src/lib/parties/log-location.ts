// A transparency log as the command line names it: a file, or the URL of a blob.

import { CleanroomError } from '../base/errors.js';
import { type LogStore, openLogBlob, openLogFile } from './log-store.js';
import type { Desk } from '../ports/environment.js';

/**
 * Opens the log at a path or blob URL.
 *
 * @throws CleanroomError USAGE for a URL that is no blob's or carries a SAS; NO_ENVIRONMENT for a URL without a profile
 */
export async function openLog(location: string, desk: Desk): Promise<LogStore> {
  if (!/^https?:\/\//.test(location)) return openLogFile(location);
  const match =
    /^(https:\/\/[A-Za-z0-9.-]+(?::\d{1,5})?(?:\/[a-z0-9]{3,24})?)\/([a-z0-9-]{3,63})\/([A-Za-z0-9._-]{1,200})$/.exec(
      location,
    );
  const [, account, container, name] = match ?? [];
  if (account === undefined || container === undefined || name === undefined)
    throw new CleanroomError('USAGE', 'a log is a file, or https://ACCOUNT/CONTAINER/NAME without a SAS');
  const environment = await desk.open();
  return openLogBlob(await environment.services.blobs(), { account, container, name });
}
