// Exchanges that no SDK makes, told to the recorder: which service a URL is of.

import { vaultFlavour } from '../../contract/vault-flavour.js';
import type { ConnectionProfile } from '../connection.js';
import type { RecordedService } from './sanitize-location.js';

/** The service that a URL is of, by the profile's endpoints, Azure's hosts, and what is asked. */
export function serviceAt(
  { host, origin, pathname }: URL,
  { endpoints }: ConnectionProfile,
): RecordedService {
  if (origin === originOf(endpoints.authority)) return 'token-endpoint';
  if (origin === originOf(endpoints.resourceManager) || /^management\./.test(host)) return 'resource-manager';
  if (/^\/(?:certs|attest|\.well-known)(?:\/|$)/.test(pathname)) return 'attestation';
  try {
    return vaultFlavour(host).service === 'Managed HSM' ? 'managed-hsm' : 'key-vault';
  } catch {
    return 'other';
  }
}

function originOf(url: string | undefined): string | null {
  return url !== undefined && URL.canParse(url) ? new URL(url).origin : null;
}
