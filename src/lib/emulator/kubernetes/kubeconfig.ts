// The file by which kubectl and other clients find the local cluster.

import { stringify } from 'yaml';

import { toBase64 } from '../../base/bytes/base64.js';
import { utf8 } from '../../base/bytes/arrays.js';

export const KUBECONFIG_FILE = 'kubeconfig.yaml';

export interface KubeconfigInput {
  readonly server: string;
  readonly tlsRoots: string;
  readonly user: string;
  readonly token: string;
}

/** Text of the file: one cluster, one user, one context. It holds the user's token. */
export function renderKubeconfig({ server, tlsRoots, user, token }: KubeconfigInput): string {
  const name = 'cleanroom-local';
  return stringify(
    {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name, cluster: { server, 'certificate-authority-data': toBase64(utf8(tlsRoots)) } }],
      users: [{ name: user, user: { token } }],
      contexts: [{ name, context: { cluster: name, user, namespace: 'default' } }],
      'current-context': name,
    },
    { lineWidth: 0 },
  );
}
