// Claims of an Azure Attestation token for confidential ACI that release policies speak of (types: MAA).

export const CLAIM = {
  attestationType: 'x-ms-attestation-type',
  complianceStatus: 'x-ms-compliance-status',
  hostData: 'x-ms-sevsnpvm-hostdata',
  debuggable: 'x-ms-sevsnpvm-is-debuggable',
  migrationAllowed: 'x-ms-sevsnpvm-migration-allowed',
  vmpl: 'x-ms-sevsnpvm-vmpl',
  guestSvn: 'x-ms-sevsnpvm-guestsvn',
  bootloaderSvn: 'x-ms-sevsnpvm-bootloader-svn',
  teeSvn: 'x-ms-sevsnpvm-tee-svn',
  snpSvn: 'x-ms-sevsnpvm-snpfw-svn',
  microcodeSvn: 'x-ms-sevsnpvm-microcode-svn',
} as const;

export const ATTESTATION_TYPE = 'sevsnpvm';
export const COMPLIANCE_STATUS = 'azure-compliant-uvm';
