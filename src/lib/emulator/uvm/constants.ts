// The emulated utility VM's statement: names and numbers (attestation 8).

/** EKU of confidential ACI's UVM signer; the trusted DID demands it. */
export const UVM_EKU = '1.3.6.1.4.1.311.76.59.1.2';
/** Another feed than Microsoft's, so that the two are never taken for each other. */
export const UVM_FEED = 'Cleanroom-Emulated-UVM';
/** Production SVNs begin at 100; 104 is the current one. */
export const UVM_SVN = 104;
export const SIGNER_YEARS = 10;

/** COSE header labels and values that the signer writes (RFC 9052, RFC 9360). */
export const COSE = {
  alg: 1,
  contentType: 3,
  x5chain: 33,
  x5t: 34,
  ps384: -38,
  sha256: -16,
  signTag: 18,
  timeTag: 1,
};
