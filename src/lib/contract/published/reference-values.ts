// The reference values that this version knows. Each row says since when, and where it is published.

import type { LedgerRow, ReferenceTable } from './reference-table.js';

const SCHEME = 'microsoft/confidential-aci-examples, Confidential ACI SCHEME';
const SEEN = 'seen in public evidence of confidential container groups';
const LEDGER_KEYS = 'microsoft/cosesign1go v1.6.0, pkg/cosesign1 (ledger keys)';
const SIDECAR = 'microsoft/confidential-sidecar-containers, releases';
const CURRENT_EVIDENCE = 'public evidence of confidential container groups, 2025 and 2026';

/* A ledger's kid is the SHA-256 of its key's SubjectPublicKeyInfo; a test recomputes it. */
function ledger(name: string, kid: string, x: string, y: string, status: LedgerRow['status']): LedgerRow {
  const issuer = `${name}.confidential-ledger.azure.com`;
  const jwk = { kty: 'EC', crv: 'P-384', x, y } as const;
  return { issuer, kid, jwk, status, date: '2026-06-19', source: LEDGER_KEYS };
}

/** The built-in table. `reference show` prints it. */
export const REFERENCE_VALUES: ReferenceTable = {
  v: 1,
  use: 'cleanroom-reference',
  date: '2026-11-30',
  uvm: [
    { svn: 104, status: 'latest', date: '2026-08-04', source: SCHEME },
    { svn: 103, status: 'current', date: '2025-09-01', source: SEEN },
    { svn: 101, status: 'old', date: '2024-11-01', source: SEEN },
    { svn: 100, status: 'old', date: '2023-04-01', source: SEEN },
  ],
  infrastructure: [
    { svn: 4, status: 'latest', date: '2026-08-04', source: SCHEME },
    { svn: 3, status: 'old', date: '2026-08-04', source: `${SCHEME}: the least that is documented is 4` },
  ],
  sidecars: [
    { tag: '2.14', digest: null, status: 'latest', date: '2026-05-01', source: 'seen in public deployments' },
    { tag: '2.13', digest: null, status: 'current', date: '2025-12-03', source: SIDECAR },
    { tag: '2.12', digest: null, status: 'old', date: '2025-08-20', source: SIDECAR },
    {
      tag: '2.11',
      digest: null,
      status: 'old',
      date: '2025-07-09',
      source: `${SIDECAR}: writes tokens and keys to its debug log`,
    },
    {
      tag: '2.10',
      digest: null,
      status: 'old',
      date: '2025-05-02',
      source: `${SIDECAR}: writes tokens and keys to its debug log`,
    },
  ],
  tcb: [
    {
      product: 'Milan',
      bootloader: 4,
      tee: 0,
      snp: 24,
      microcode: 219,
      status: 'latest',
      date: '2026-03-02',
      source: CURRENT_EVIDENCE,
    },
    {
      product: 'Milan',
      bootloader: 3,
      tee: 0,
      snp: 8,
      microcode: 115,
      status: 'old',
      date: '2023-02-01',
      source: 'public evidence of 2023',
    },
    {
      product: 'Genoa',
      bootloader: 10,
      tee: 0,
      snp: 23,
      microcode: 84,
      status: 'latest',
      date: '2026-03-02',
      source: CURRENT_EVIDENCE,
    },
    {
      product: 'Turin',
      fmc: 1,
      bootloader: 1,
      tee: 1,
      snp: 4,
      microcode: 81,
      status: 'latest',
      date: '2026-03-02',
      source: CURRENT_EVIDENCE,
    },
  ],
  services: [
    {
      name: 'Microsoft Azure Attestation',
      hostData: '0178240eff4ef968efdcd735b8bcee63578c4eb9e4264178f747df149bf57bff',
      status: 'old',
      date: '2025-01-29',
      source: 'Azure-Samples/microsoft-azure-attestation, maa.jwt.verifier.dotnet/Program.cs',
    },
  ],
  ledgers: [
    ledger(
      'esrp-cts-cp',
      'a7ad3b7729516ca443fa472a0f2faa4a984ee3da7eafd17f98dcffbac4a6a10f',
      'm0kQ1A_uqHWuP9fdGSKatSq2brcAJ6-q3aZ5P35wjbgtNnlm2u-NLF1qM-yC4I2n',
      'J9cJFrdWvUf6PCMkrWFTgB16uEq4mSMCI4NPVytnwYX6xNnuJ2GTrPtafKYg1VNi',
      'latest',
    ),
    ledger(
      'esrp-cts-db',
      'da7694f16def5a056ca96afb21e89a9450e4cc875e2de351da76d99544a3e849',
      'GeQ_qA3ZxYoaan3D0nA7xriMcmiMqQ0UNY1DLs7C5kIEaI_RL_2duRcG1Ii6g-8-',
      'uKiRr4UU8aXumcA8wu6LOatH0qL2AjFy3_8iBx3mbt1foS5xNHlXchMMLTSCvRLn',
      'current',
    ),
    ledger(
      'esrp-cts-db',
      '23d48c280f71abf575c81e89f18a4dc9f3b33d8a3b149b16ad836c8553f95bc0',
      '2GIJv9nAhste7hDWrpea1-hd_BAPXg4ZIxLy4C4hAX2eCpqT4siLqohA2KIVJti8',
      'aTT6XYHZPBgdI4RLFo2BaP1RVuOG2rFg5JBhYvt871HIwmtzNtwXl3_NBwfcqr8O',
      'current',
    ),
  ],
  advisories: [
    {
      id: 'CVE-2026-21522',
      about: 'platform',
      fixedIn: null,
      summary:
        'Elevation of privilege in Microsoft ACI Confidential Containers. Public pages disagree about the cause; nothing public states which versions are free of it.',
      date: '2026-02-10',
      source: 'Microsoft security updates of February 2026, by secondary pages only',
    },
    {
      id: 'CVE-2026-23655',
      about: 'platform',
      fixedIn: null,
      summary:
        'Disclosure of secrets in Microsoft ACI Confidential Containers. Public pages disagree about the cause; nothing public states which versions are free of it.',
      date: '2026-02-10',
      source: 'Microsoft security updates of February 2026, by secondary pages only',
    },
  ],
};
