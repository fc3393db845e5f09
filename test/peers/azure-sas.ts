// Shared access of the local Azure's storage, made by the SDKs: with the account's key and with a user delegation key.

import type { Asked, Place } from './azure.js';

/** @param accountKey - of the account at `at.blob`. */
export function sharedAccess(at: Place, accountKey: string, hash: string): readonly Asked[] {
  return [{ accountKey }, {}].flatMap((signer, index) => {
    const folder = `shared-${index}`;
    const use = (what: string, name: string, permissions: string, more: object = {}): object => ({
      ...{ do: 'sas', at, use: what, name, permissions, minutes: 10, size: 100 },
      ...signer,
      ...more,
    });
    const blob = `${folder}/one`;
    return [
      { asked: { do: 'blob.container', at, name: folder }, ours: 'done' },
      { asked: use('put', blob, 'c'), ours: 'done' },
      { asked: use('put', blob, 'c'), ours: '403 UnauthorizedBlobOverwrite' },
      { asked: use('put', blob, 'cw'), ours: 'done' },
      { asked: use('get', blob, 'c'), ours: '403 AuthorizationPermissionMismatch' },
      { asked: use('get', blob, 'r'), ours: hash },
      { asked: use('get', `${folder}/none`, 'r'), ours: '404 BlobNotFound' },
      { asked: use('put', blob, 'r'), ours: '403 AuthorizationPermissionMismatch' },
      { asked: use('get', blob, 'r', { minutes: -1 }), ours: '403 AuthenticationFailed' },
      { asked: use('get', blob, 'r', { ip: '192.0.2.1' }), ours: '403 AuthorizationSourceIPMismatch' },
      { asked: use('get', blob, 'r', { ip: '127.0.0.1' }), ours: hash },
      { asked: use('list', `${folder}/`, 'l'), ours: 'true' },
      { asked: use('list', `${folder}/`, 'r'), ours: '403 AuthorizationPermissionMismatch' },
    ];
  });
}
