// Verifies a real report of a confidential container group in Azure, as it was sent to Microsoft Azure Attestation
// (Azure/azure-cleanroom, samples/reports). Run: node node_modules/@cleanroom/verify/example/verify.mjs [FILE]

import { readFileSync } from 'node:fs';

import { defaultExpectations, PINNED_ANCHORS, signatureCrypto, verifyEvidenceFile } from '@cleanroom/verify';

const [, , file = new URL('./maa-request.json', import.meta.url)] = process.argv;

const { form, verdict, trust, checks } = await verifyEvidenceFile(readFileSync(file), {
  anchors: PINNED_ANCHORS, // AMD's roots and Microsoft's utility VM
  // Certificates and floors are judged as of this time; your own question asks for new Date().
  expectations: defaultExpectations(new Date('2026-11-23T00:00:00Z')),
  tokenKeys: null,
  crls: [],
  required: ['REPORT_SIGNATURE', 'UVM_SIGNATURE'], // a skip of one of these refuses
  emulatedAllowed: false,
  crypto: signatureCrypto,
});

for (const { id, status, reason } of checks)
  console.log(`${status.padEnd(4)}  ${id}${reason ? `  ${reason}` : ''}`);
console.log(`${form}: ${verdict}, trust: ${trust ?? 'none'}`);
process.exitCode = verdict === 'accepted' ? 0 : 5;
