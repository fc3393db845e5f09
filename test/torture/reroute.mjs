// Preloaded into a command: connections to the ports of TORTURE_PORTS (JSON, from port to port) go elsewhere.

import { Socket } from 'node:net';

const elsewhere = JSON.parse(process.env.TORTURE_PORTS);
const { connect } = Socket.prototype;

Socket.prototype.connect = function (...argv) {
  const options = Array.isArray(argv[0]) ? argv[0][0] : argv[0];
  const port = elsewhere[options?.port];
  if (port !== undefined) options.port = port;
  return connect.apply(this, argv);
};
