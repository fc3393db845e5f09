// Who refuses, as attack reports name them.

export const HSM_ROLES = 'Managed HSM (roles)';
export const HSM_OPERATIONS = 'Managed HSM (key operations)';
export const HSM_IMMUTABLE = 'Managed HSM (immutable release policy)';
export const HSM_RELEASE = 'Managed HSM (release policy)';
export const HSM_TOKEN = 'Managed HSM (attestation token)';
export const HSM_DISABLED = 'Managed HSM (disabled key version)';
export const GUEST = 'guest agent (CCE policy)';
export const ATTESTATION = 'attestation service';
export const SEALED_BLOB = 'sealed blob (AES-256-GCM)';
export const SEAL_STATEMENT = 'room (seal statement)';
export const ROOM_POLICY = 'room (its own policy)';
export const ROOM_CONTRACT = 'room (contract digest)';
export const ROOM_CONFIGURATION = 'room (configuration)';
export const ROOM_DATASET = 'room (dataset against its statement)';
export const ROOM_LIMITS = 'room (limits of the contract)';
export const ROOM_MODEL = 'room (walk over the model)';
export const ROOM_SILENCE = 'room (one outcome outside)';
export const ROOM_STREAMS = 'guest agent and room (streams closed)';
export const ROOM_BUDGET = 'room (result budget)';
export const ROOM_TEXT = 'room (text checks)';
export const STORAGE = 'storage account (SAS)';
export const CLIENT = 'cleanroom, before anything is sent';
export const VERIFIER = 'verify';
export const CONSENT = 'deploy (signatures of the contract)';
export const TERMINAL = 'summary (escapes what it shows)';
