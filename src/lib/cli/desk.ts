// Where the use cases are wired to Azure: the one place that gives a profile its services.

import type { EnvironmentSearch, ProfileDesk } from '../parties/environment.js';
import type { Desk } from '../ports/environment.js';

/** The desk of whoever the command line means. Profiles and SDKs are loaded when it is first used. */
export function lazyDesk(search: EnvironmentSearch): Desk {
  const desk = async (): Promise<ProfileDesk> => {
    const { deskOf } = await import('../parties/environment.js');
    const { azureServices } = await import('../azure/services.js');
    const { withPods } = await import('../kubernetes/pods/with-pods.js');
    return deskOf(search, (profile) => withPods(azureServices(profile), profile));
  };
  return {
    open: async () => (await desk()).open(),
    openIfThere: async () => (await desk()).openIfThere(),
    sasByAccountKey: async (accountKey) => {
      const { createAccountKeySasIssuer } = await import('../azure/blob-store.js');
      return createAccountKeySasIssuer(accountKey);
    },
  };
}
