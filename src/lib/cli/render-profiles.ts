// Which version of confcom a text is written like, for people.

import { profileDefaults, type RecognisedProfile } from '../cce-policy/read/recognise-profile.js';

/** One line a profile, with what it decides. */
export function renderProfiles(profiles: readonly RecognisedProfile[]): string {
  if (profiles.length === 0) return 'no version of confcom writes exactly this text';
  return profiles
    .map(({ profile, layout }) => {
      const { apiVersion, frameworkVersion, infrastructureSvn, signals } = profileDefaults(profile);
      return `${profile} (${layout}): api ${apiVersion}, framework ${frameworkVersion}, infrastructure SVN ${infrastructureSvn}, signals ${signals.join(' and ') || 'none'}`;
    })
    .join('\n');
}
