// What is said first of a room that is not confidential, by the room itself and by everything that speaks of it.

export const PLAIN_NOTICE =
  'NOT CONFIDENTIAL: no attestation, no HSM, no sealed data; the host of this room can read everything in it';
