// Variables that would run foreign code in the room's process, weaken its TLS, or print what it reads: in no room, from no image.

export const REFUSED_VARIABLES: readonly string[] = [
  'NODE_OPTIONS',
  'NODE_PATH',
  'NODE_DEBUG',
  'NODE_EXTRA_CA_CERTS',
  'NODE_TLS_REJECT_UNAUTHORIZED',
  'NODE_USE_ENV_PROXY',
  'OPENSSL_CONF',
  'LD_PRELOAD',
  'LD_AUDIT',
  'LD_LIBRARY_PATH',
];
