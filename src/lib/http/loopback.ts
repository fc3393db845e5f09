// The name localhost: always this host, and never a question to a resolver (RFC 6761 §6.3). A container without a line for it
// in /etc/hosts would ask DNS, and whoever answers there would be taken for the sidecar.

import type { LookupFunction } from 'node:net';

const ADDRESSES = [
  { address: '127.0.0.1', family: 4 },
  { address: '::1', family: 6 },
];

/** Answers in the place of dns.lookup, for the name localhost only. */
export const lookUpLoopback: LookupFunction = (_, { all, family }, callback) => {
  const wanted = ADDRESSES.filter((candidate) => family !== 6 || candidate.family === 6);
  if (all === true) callback(null, wanted);
  else callback(null, wanted[0]?.address ?? '', wanted[0]?.family ?? 0);
};
