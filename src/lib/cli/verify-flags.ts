// The flags of `verify`: pieces of evidence, what is expected of them, and what is shown.

import { contractFlag, imageFlag, trustProgramFlag } from './flags.js';
import { Flags } from './oclif.js';

export const verifyFlags = {
  contract: contractFlag,
  report: Flags.string({ description: 'SEV-SNP report: 1184 bytes, hex or base64', helpValue: 'FILE' }),
  certs: Flags.string({ description: 'VCEK, ASK and ARK: PEM or THIM JSON', helpValue: 'FILE' }),
  uvm: Flags.string({ description: 'UVM endorsement: COSE_Sign1 or base64', helpValue: 'FILE' }),
  policy: Flags.string({ description: 'CCE policy text', helpValue: 'FILE' }),
  'runtime-data': Flags.string({ description: 'bytes whose hash is REPORT_DATA', helpValue: 'FILE' }),
  'maa-token': Flags.string({ description: 'attestation token', helpValue: 'FILE' }),
  jwks: Flags.string({
    description: 'key set of the attestation service, from a source that you trust',
    helpValue: 'FILE',
  }),
  statement: Flags.string({
    description:
      'transparent statement of what the attestation service or the HSMs run (COSE_Sign1 with receipts); may be given more than once',
    helpValue: 'FILE',
    multiple: true,
  }),
  crl: Flags.string({ description: 'revocation list (DER)', helpValue: 'FILE', multiple: true }),
  sealed: Flags.string({
    description: 'sealed blob that the receipt must name',
    helpValue: 'FILE',
    multiple: true,
  }),
  appraisal: Flags.string({ description: 'expectations (JSON)', helpValue: 'FILE' }),
  reference: Flags.string({
    description: 'table of reference values; unsigned, it can only make the verdict stricter',
    helpValue: 'FILE',
  }),
  require: Flags.string({
    description: 'statement or check that must be proven; may be given more than once',
    helpValue: 'ID',
    multiple: true,
  }),
  at: Flags.string({ description: 'time at which validity is judged; default: now', helpValue: 'TIME' }),
  nonce: Flags.string({ description: 'nonce that the evidence must contain' }),
  'max-age': Flags.string({ description: 'maximum age, such as 90s, 15m, 8h or 7d', helpValue: 'AGE' }),
  issuer: Flags.string({ description: 'trusted attestation service', helpValue: 'URL' }),
  'host-data': Flags.string({ description: 'expected policy hash', helpValue: 'HEX' }),
  'report-data': Flags.string({ description: 'expected REPORT_DATA', helpValue: 'HEX' }),
  'runtime-key': Flags.string({
    description: 'expected key in the token’s runtime claims',
    helpValue: 'KID',
    multiple: true,
  }),
  'chip-id': Flags.string({
    description: 'allowed AMD chip; may be given more than once',
    helpValue: 'HEX',
    multiple: true,
  }),
  products: Flags.string({
    description: 'allowed AMD products, such as Genoa,Turin',
    helpValue: 'LIST',
  }),
  anchors: Flags.string({ description: 'trust anchors instead of the built-in ones', helpValue: 'FILE' }),
  image: imageFlag,
  'trust-program': trustProgramFlag,
  'allow-emulated': Flags.boolean({ description: 'accept anchors of emulated hardware' }),
  scope: Flags.option({
    options: ['room', 'report', 'endorsement', 'chain', 'service', 'release'] as const,
    description: 'what the evidence must prove; default: room, or what the given pieces can prove',
  })(),
  verbose: Flags.boolean({ description: 'list every check' }),
  html: Flags.string({ description: 'write the verdict as an HTML page', helpValue: 'FILE' }),
  'self-test': Flags.boolean({ description: 'run the shipped attacks and print how many are refused' }),
};
