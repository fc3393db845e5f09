// Where a party's key and its sealed text live: as its profile says, or as it answers on a terminal.

import type { Profile } from '../ports/profile.js';

/** As the flags of `init` have them. */
export interface Places {
  readonly vault?: string | undefined;
  readonly 'storage-account'?: string | undefined;
}

const ELSEWHERE = 'elsewhere';

/**
 * Asks on a terminal; what flags say is not asked.
 *
 * @param profile - of the directory; null: none, so that nothing is known yet
 */
export async function askPlaces(flags: Places, profile: Profile | null): Promise<Places> {
  const known = {
    vault: flags.vault ?? profile?.vault,
    storage: flags['storage-account'] ?? profile?.storageAccount,
  };
  if (flags.vault !== undefined && flags['storage-account'] !== undefined) return flags;
  const { default: inquirer } = await import('inquirer');
  if (known.vault !== undefined && known.storage !== undefined) {
    const { place } = await inquirer.prompt<{ readonly place: string }>([
      {
        type: 'select',
        name: 'place',
        message: 'Where are your key and your sealed text to be stored?',
        choices: [
          {
            name: describeKnown(profile),
            description: `key in ${known.vault}, text in ${known.storage}`,
            short: 'as the profile has it',
            value: 'known',
          },
          {
            name: 'elsewhere: enter a vault and a storage account',
            short: 'elsewhere',
            value: ELSEWHERE,
          },
        ],
      },
    ]);
    if (place !== ELSEWHERE) return flags;
  }
  return inquirer.prompt<Places>([
    {
      type: 'input',
      name: 'vault',
      message: 'Host of your Managed HSM or Key Vault Premium, which keeps the key:',
      default: flags.vault,
      validate: (value: string) => isHost(value) || 'a host name, such as fabrikam.managedhsm.azure.net',
    },
    {
      type: 'input',
      name: 'storage-account',
      message: 'URL of your storage account, which keeps only sealed text:',
      default: flags['storage-account'],
      validate: (value: string) =>
        isAccount(value) || 'an https URL, such as https://fabrikam.blob.core.windows.net',
    },
  ]);
}

function describeKnown(profile: Profile | null): string {
  return profile?.anchors === undefined
    ? 'as the profile has it'
    : 'in the local Azure on this machine: emulated, protects nothing';
}

/** Whether it is a host name with a dot, a port after it or not. */
export function isHost(text: string): boolean {
  return /^[a-z0-9-]+(?:\.[a-z0-9-]+)+(?::\d{1,5})?$/i.test(text);
}

/** Whether it is the https URL of an account, without a SAS. */
export function isAccount(text: string): boolean {
  return URL.canParse(text) && new URL(text).protocol === 'https:' && new URL(text).search === '';
}
