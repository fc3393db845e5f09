// Stand-in for Microsoft's key release sidecar, mcr.microsoft.com/aci/skr: the container's program (skr).
// Image cleanroom.local/skr-emulated; its PSP is the emulated group's socket.

import { describeCause } from '../../base/errors.js';
import { serveWire } from '../http/serve.js';
import { readConfig } from './config.js';
import { initialCertificates } from './evidence.js';
import { createSidecarHandler } from './handler.js';

try {
  const config = await readConfig(process.env);
  const certificates = await initialCertificates(config);
  const handler = createSidecarHandler({ config, certificates });
  const server = await serveWire(handler, { host: 'localhost', port: config.port, tls: null });
  process.stderr.write(`sidecar listens on ${server.url}\n`);
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.once(signal, () => void server.close().then(() => process.exit(0)));
} catch (cause) {
  process.stderr.write(`sidecar cannot start: ${describeCause(cause)}\n`);
  process.exit(1);
}
