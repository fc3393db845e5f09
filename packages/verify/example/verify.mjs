// Verifies a real report of a confidential container group in Azure, as it was sent to Microsoft Azure Attestation
// (Azure/azure-cleanroom, samples/reports). Run: node node_modules/@cleanroom/verify/example/verify.mjs [FILE]

import { readFileSync } from 'node:fs';

import {
  defaultExpectations,
  PINNED_ANCHORS,
  signatureCrypto,
  verificationPlan,
  verifyEvidenceFile,
} from '@cleanroom/verify';

const [, , file = new URL('./maa-request.json', import.meta.url)] = process.argv;

const plan = verificationPlan({
  anchors: PINNED_ANCHORS, // AMD's roots and Microsoft's utility VM
  // Certificates and floors are judged as of this time; your own question asks for new Date().
  expectations: defaultExpectations(new Date('2026-11-23T00:00:00Z')),
  required: ['HARDWARE', 'GUEST'], // statements and checks that have to be proven, whatever the evidence is
  crypto: signatureCrypto,
});
const { form, verdict, trust, statements, checks } = await verifyEvidenceFile(readFileSync(file), plan);

for (const { id, status, text } of statements) console.log(`${status.padEnd(8)}  ${id}  ${text}`);
for (const { id, status, reason } of checks.filter((check) => check.status === 'fail'))
  console.log(`${status.padEnd(8)}  ${id}  ${reason ?? ''}`);
console.log(`${form}: ${verdict}, trust: ${trust ?? 'none'}`);
process.exitCode = verdict === 'accepted' ? 0 : 5;
