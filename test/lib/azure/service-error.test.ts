// What an Azure SDK throws, told as what it is: a login that was refused is not one that was never reached.

import assert from 'node:assert/strict';
import { type AddressInfo, createServer, type Socket } from 'node:net';

import { AuthenticationError, ClientSecretCredential } from '@azure/identity';

import { serviceError } from '../../../src/lib/azure/service-error.js';
import { CleanroomError } from '../../../src/lib/base/errors.js';
import { fileError } from '../../../src/lib/base/files/read-bounded.js';
import { unwritable } from '../../../src/lib/base/files/replace-file.js';

const TENANT = '11111111-1111-1111-1111-111111111111';

describe('errors of services', () => {
  /** What a login throws whose authority does `answer` with each connection. */
  const loginAt = async (answer: (socket: Socket) => void): Promise<unknown> => {
    const server = createServer((socket) => answer(socket.on('error', () => undefined)));
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const { port } = server.address() as AddressInfo;
    const credential = new ClientSecretCredential(TENANT, TENANT, 'secret', {
      authorityHost: `https://127.0.0.1:${port}`,
      disableInstanceDiscovery: true,
      retryOptions: { maxRetries: 0 },
    });
    try {
      await credential.getToken('https://vault.azure.net/.default');
    } catch (cause) {
      return cause;
    } finally {
      server.close();
    }
    throw new Error('the login went through');
  };

  it('tell a login that is cut off, and one that has no TLS, as a service that is not reached', async () => {
    for (const answer of [
      (socket: Socket) => socket.destroy(),
      (socket: Socket) => socket.end('HTTP/1.1 200 OK\r\n\r\n'),
    ]) {
      const told = serviceError('vault', await loginAt(answer));
      assert.equal(told.code, 'SERVICE_UNREACHABLE', told.message);
      assert.match(told.hint, /certificate/);
    }
  });

  it('tell a certificate that nobody trusts as a service that is not reached', () => {
    const cause = Object.assign(new Error('self-signed certificate in certificate chain'), {
      name: 'CredentialUnavailableError',
      code: 'SELF_SIGNED_CERT_IN_CHAIN',
    });
    assert.equal(serviceError('vault', cause).code, 'SERVICE_UNREACHABLE');
  });

  it('tell a login that was refused as such', () => {
    const refused = new AuthenticationError(401, {
      error: 'invalid_client',
      error_description: 'AADSTS7000215',
    });
    const cause = new Error(refused.message, { cause: refused });
    cause.name = 'CredentialUnavailableError';
    assert.equal(serviceError('vault', cause).code, 'LOGIN_FAILED');
  });
});

describe('a process that may open no more files', () => {
  const cause = Object.assign(new Error('EMFILE: too many open files'), { code: 'EMFILE' });

  it('is told to raise the limit, whether it reads or writes', () => {
    for (const told of [fileError('a', cause), unwritable('a', cause)]) {
      assert.ok(told instanceof CleanroomError);
      assert.equal(told.code, 'TOO_MANY_FILES_OPEN');
      assert.match(told.hint, /ulimit -n/);
    }
  });
});
