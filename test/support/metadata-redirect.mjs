// Stands for a group's network in tests: connections to 169.254.169.254:80 end at the port in TEST_METADATA_PORT.

import net from 'node:net';
import process from 'node:process';

const connect = net.Socket.prototype.connect;

net.Socket.prototype.connect = function redirect(...args) {
  const list = Array.isArray(args[0]) ? args[0] : args;
  const [options] = list;
  if (options !== null && typeof options === 'object' && options.host === '169.254.169.254') {
    options.host = '127.0.0.1';
    options.port = Number(process.env['TEST_METADATA_PORT']);
  }
  return connect.apply(this, args);
};
