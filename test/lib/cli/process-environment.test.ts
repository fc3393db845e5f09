// Variables of a shell that weaken any Node program: what the built program makes of them.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

import { runProcess } from '../../support/cleanroom-process.js';
import { useTemporaryDirectory } from '../../support/temporary-directory.js';
import { makeVaultCertificates } from '../../support/vault-certificates.js';

const CANARY = 'The launch codeword is tangerine-9417-walrus.';

describe('the environment of a command', () => {
  const directory = useTemporaryDirectory();
  const run = (argv: readonly string[], env: Readonly<Record<string, string>>) =>
    runProcess(argv, { cwd: directory(), env: { HOME: directory(), ...env } });

  describe('with a server whose certificate nobody vouches for', () => {
    let server: Server;
    let asked = 0;

    before(async () => {
      const { key, chain } = makeVaultCertificates({ names: ['localhost'] });
      const cert = chain
        .map((der) => `-----BEGIN CERTIFICATE-----\n${der}\n-----END CERTIFICATE-----\n`)
        .join('');
      server = createServer({ key: key.export({ type: 'pkcs8', format: 'pem' }), cert }, (_, response) => {
        asked += 1;
        response.writeHead(404).end();
      });
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
    });
    after(() => server.close());

    it('X3: is not told by NODE_TLS_REJECT_UNAUTHORIZED=0 to take it, and says so', async () => {
      const hub = `https://localhost:${String((server.address() as AddressInfo).port)}`;
      const { code, stdout } = await run(['model', 'fetch', 'owner/model', '--hub', hub, '--json'], {
        NODE_TLS_REJECT_UNAUTHORIZED: '0',
      });
      const { ok, warnings } = JSON.parse(stdout) as { ok: boolean; warnings: readonly string[] };
      assert.deepEqual([code, ok, asked], [6, false, 0]);
      assert.match(warnings.join(), /every certificate is verified/);
    });
  });

  for (const value of ['http', 'stream,net', '*'])
    it(`X7: refuses NODE_DEBUG=${value}, before any text is read`, async () => {
      writeFileSync(join(directory(), 'notes.txt'), CANARY);
      const { code, stdout, stderr } = await run(['summarize', 'notes.txt'], { NODE_DEBUG: value });
      assert.equal(code, 2);
      assert.match(stderr, /error USAGE: under this NODE_DEBUG/);
      for (const form of [
        CANARY,
        Buffer.from(CANARY).toString('hex').slice(0, 40),
        '54 68 65 20 6c 61 75 6e',
      ])
        assert.ok(!`${stdout}${stderr}`.includes(form));
    });

  it('leaves a NODE_DEBUG alone that shows no bytes', async () => {
    const { code } = await run(['completion', 'bash'], { NODE_DEBUG: 'module' });
    assert.equal(code, 0);
  });
});
