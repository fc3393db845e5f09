// The peers, the quickest first; those by hand last.

import { AZ } from './az.js';
import { AZURE_GO, AZURE_PYTHON } from './azure.js';
import { CANONICAL } from './canonical.js';
import { CERTIFICATES } from './certificates.js';
import { COSE } from './cose.js';
import { ENFORCER } from './enforcer.js';
import { OLDER_ENFORCER } from './older-enforcer.js';
import { JOSE } from './jose.js';
import { LAYERS } from './layers.js';
import type { Peer } from './peer.js';
import { SEV_GUEST } from './sev-guest.js';
import { TINK_GO, TINK_PYTHON } from './tink.js';
import { TRANSFORMERS } from './transformers.js';

export const PEERS: readonly Peer[] = [
  CANONICAL,
  CERTIFICATES,
  JOSE,
  COSE,
  TINK_PYTHON,
  SEV_GUEST,
  LAYERS,
  TINK_GO,
  AZURE_PYTHON,
  AZURE_GO,
  ENFORCER,
  OLDER_ENFORCER,
  AZ,
  TRANSFORMERS,
];
