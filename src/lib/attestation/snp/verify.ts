// AMD's part: pinned root, chain, profile, the report's signature, and the binding of the VCEK to chip and firmware.

import { equalBytes } from '../../base/bytes/arrays.js';
import { toHex } from '../../base/bytes/hex.js';
import type { Check } from '../../base/verdict/check.js';
import { CheckLog } from '../check-log.js';
import type { ParsedEvidence } from '../parse-evidence.js';
import type { VerificationContext } from '../verification-context.js';
import { commonName } from '../x509/names.js';
import { outsideValidity } from '../x509/path.js';
import { recordRevocation } from '../x509/revocation.js';
import { type AmdChain, amdChainProblem } from './chain.js';
import { HARDWARE_ID_BYTES, type Product } from './product.js';
import { ECDSA_P384_SHA384, SIGNED_BYTES, type SnpReport } from './report.js';
import { describeTcb, readTcb, TCB_COMPONENTS } from './tcb.js';
import { type Vcek, vcekProfileProblem } from './vcek.js';

/* Place in the chain. AMD publishes one list a product, by its root; chips are superseded by TCB and not revoked. */
const ARK = 2;

/** The checks of chain and report; those that cannot be made for want of a part are listed as skipped. */
export async function verifyAmdEvidence(
  { report, chain, parts }: ParsedEvidence,
  product: Product | null,
  context: VerificationContext,
): Promise<readonly Check[]> {
  const log = new CheckLog();
  if (report === null) log.skip('there is no report that can be read', 'SIG_ALGO');
  else recordAlgorithm(report, log);
  if (chain === null) {
    const reason = 'there is no certificate chain that can be read';
    log.skip(reason, 'PRODUCT', 'ROOT_PINNED', 'CHAIN_NAMES', 'CHAIN', 'CERT_TIME', 'CRL', 'VCEK_PROFILE');
    log.skip(reason, 'REPORT_SIGNATURE', 'HWID', 'TCB_CERT');
    return log.checks();
  }
  recordProduct(product, chain.vcek, log);
  await recordChain(chain, product, context, log);
  await recordRevocation(
    'CRL',
    [chain.vcek.certificate, chain.ask, chain.ark],
    [ARK],
    { own: context.crls, brought: parts.crls ?? [], at: context.at, crypto: context.crypto },
    log,
  );
  log.recordProblem('VCEK_PROFILE', vcekProfileProblem(chain.vcek));
  if (report === null) {
    log.skip('there is no report that can be read', 'REPORT_SIGNATURE', 'HWID', 'TCB_CERT');
    return log.checks();
  }
  const signed = await isSignedByVcek(report, chain.vcek, context);
  log.record('REPORT_SIGNATURE', signed, {
    expected: 'a signature by the key in the VCEK',
    actual: signed ? `VCEK of chip ${toHex(report.chipId.subarray(0, 8))}…` : 'no signature by that key',
    reason: 'the chip’s key did not sign these bytes',
  });
  log.recordProblem(
    'HWID',
    hardwareIdProblem(report, chain.vcek, product),
    hardwareIdFindings(report, chain.vcek),
  );
  recordTcbOfCertificate(report, chain.vcek, product, log);
  return log.checks();
}

function recordAlgorithm(report: SnpReport, log: CheckLog): void {
  log.record('SIG_ALGO', report.signatureAlgo === ECDSA_P384_SHA384, {
    expected: '1 (ECDSA P-384 with SHA-384)',
    actual: String(report.signatureAlgo),
  });
}

function recordProduct(product: Product | null, vcek: Vcek, log: CheckLog): void {
  log.record('PRODUCT', product !== null && vcek.product === product, {
    expected: product ?? 'a product that is known',
    actual: vcek.productName ?? 'no product name',
    reason: product === null ? 'the product of the processor is unknown' : 'the VCEK is of another product',
  });
}

async function recordChain(
  chain: AmdChain,
  product: Product | null,
  { anchors, crypto, at }: VerificationContext,
  log: CheckLog,
): Promise<void> {
  const pin = product === null ? undefined : anchors.amdRoots.get(product);
  const root = toHex(await crypto.digest('sha256', chain.ark.publicKey.spki));
  log.record('ROOT_PINNED', pin !== undefined && root === pin, {
    expected: pin ?? 'a root for this product',
    actual: root,
    reason: 'the root key is not the one that is trusted for this product',
  });
  const names = [commonName(chain.ask.subject), commonName(chain.ark.subject)].join(', ');
  const expectedNames = product === null ? 'those of a known product' : `SEV-${product}, ARK-${product}`;
  log.record('CHAIN_NAMES', product !== null && names === expectedNames, {
    expected: expectedNames,
    actual: names,
    reason: 'the certificates are those of another product',
  });
  log.recordProblem('CHAIN', await amdChainProblem(chain, crypto));
  const outside = outsideValidity([chain.vcek.certificate, chain.ask, chain.ark], at);
  log.recordProblem('CERT_TIME', outside, { expected: `valid at ${at.toISOString()}` });
}

async function isSignedByVcek(
  report: SnpReport,
  { certificate: { publicKey } }: Vcek,
  { crypto }: VerificationContext,
): Promise<boolean> {
  if (report.signature === null || publicKey.kind !== 'ec' || publicKey.curve !== 'P-384') return false;
  const scheme = { kind: 'ecdsa', hash: 'sha384', curve: 'P-384' } as const;
  return crypto.verify(scheme, publicKey.spki, report.raw.subarray(0, SIGNED_BYTES), report.signature);
}

function hardwareIdFindings(
  report: SnpReport,
  vcek: Vcek,
): { readonly expected: string; readonly actual: string } {
  return {
    expected: toHex(report.chipId),
    actual: vcek.hardwareId === null ? 'no hwID' : toHex(vcek.hardwareId),
  };
}

/* A missing or short hwID is a failure: some verifiers take any prefix, and so any chip. */
function hardwareIdProblem(report: SnpReport, vcek: Vcek, product: Product | null): string | null {
  if (product === null) return 'the length of the chip id is not known for this processor';
  const length = HARDWARE_ID_BYTES[product];
  if (vcek.hardwareId?.length !== length) return `the certificate has no hwID of ${length} bytes`;
  const tailIsZero = report.chipId.subarray(length).every((byte) => byte === 0);
  return tailIsZero && equalBytes(vcek.hardwareId, report.chipId.subarray(0, length))
    ? null
    : 'the certificate is that of another chip';
}

function recordTcbOfCertificate(report: SnpReport, vcek: Vcek, product: Product | null, log: CheckLog): void {
  if (product === null) {
    log.record('TCB_CERT', false, { reason: 'the layout of the TCB is not known for this processor' });
    return;
  }
  const reported = readTcb(report.reportedTcb, product);
  const differing = TCB_COMPONENTS.filter((component) => vcek.tcb[component] !== reported[component]);
  log.record('TCB_CERT', differing.length === 0, {
    expected: describeTcb(reported),
    actual: describeTcb(vcek.tcb),
    reason: `the certificate is for other firmware: ${differing.join(', ')}`,
  });
}
