// Microsoft Azure Attestation as key release sidecars ask it, and logins at the token endpoint.

import type { PublishedInterface } from './published-interface.js';

const DATA_TYPE = ['Binary', 'JSON'] as const;

export const ATTESTATION: PublishedInterface = {
  source:
    'Azure/azure-rest-api-specs, specification/attestation/data-plane/Attestation/stable/2025-06-01/attestation.json at 40e3d1abdde3, and stable/2020-10-01 at 72a66b5344fe',
  versions: ['2020-10-01', '2022-08-01', '2025-06-01'],
  anyCase: true,
  operations: [{ method: 'POST', path: '/attest/SevSnpVm', body: { json: 'AttestSevSnpVmRequest' } }],
  types: {
    AttestSevSnpVmRequest: {
      ...{ 'report!': 'text', runtimeData: { of: 'RuntimeData' }, initTimeData: { of: 'InitTimeData' } },
      ...{ draftPolicyForAttestation: 'text', nonce: 'text' },
    },
    RuntimeData: { data: 'text', dataType: DATA_TYPE },
    InitTimeData: { data: 'text', dataType: DATA_TYPE },
  },
};
