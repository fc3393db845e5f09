// Reports under AMD's certificates, by go-sev-guest: every public vector, and evidence of the emulated processor.

import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

import {
  EVIDENCE_VECTORS,
  type EvidenceVector,
  vectorFile,
  VECTORS,
} from '../support/attestation-vectors.js';
import { emulatedRoom } from '../support/emulated-evidence.js';
import { type Compared, type Peer, type Session } from './peer.js';

const TURIN = 'go-sev-guest does not take Turin chips of this kind';
const EMULATED = 'the subject of emulated certificates says that they are not AMD’s';
const IGNORED: Readonly<Record<string, string>> = {
  REPORT_LENGTH: 'go-sev-guest takes bytes behind a report',
  ROOT_PINNED: 'go-sev-guest takes its own copy of ASK and ARK and does not look at those of the chain',
};
/* What go-sev-guest is asked about: certificates, signature, flags, and the values that it is given. */
const ASKED = [
  ...['REPORT_LENGTH', 'REPORT_SIGNATURE', 'CHAIN', 'CHAIN_NAMES', 'ROOT_PINNED', 'CERT_TIME', 'SIGNING_KEY'],
  ...['ENDORSEMENT_FORMAT', 'DEBUG', 'VMPL', 'HOST_DATA', 'REPORT_DATA'],
];
/* Judged here and not by the peer, with the options that it is given. */
const BESIDE =
  /^UVM_|^MEASUREMENT$|^TCB_MIN$|^HWID$|^TCB_CERT$|^TCB_ORDER$|^MIGRATE_MA$|^PRODUCT$|^REPORT_RESERVED$/;

export const SEV_GUEST: Peer = {
  name: 'go-sev-guest',
  lockedPackage: 'github.com/google/go-sev-guest',
  about: 'SEV-SNP reports under their certificates',
  program: { go: 'sev-guest' },
  compare: async (session) => [...(await vectors(session)), ...(await emulated(session))],
};

async function vectors({ ask }: Session): Promise<readonly Compared[]> {
  const asked = EVIDENCE_VECTORS.filter(
    ({ inputs }) => inputs.report !== undefined && inputs.endorsements !== undefined,
  );
  const answers = await ask(asked.map(questionOf));
  return asked.map((vector, index) => {
    const { name, expected_reasons: reasons } = vector;
    const inScope = reasons.filter((reason) => ASKED.includes(reason));
    const ours = inScope.length === 0 ? 'accepted' : 'refused';
    const answer = answers[index] ?? 'no answer';
    const theirs = answer.split(':')[0] ?? '';
    return { question: `${name} (${answer})`, ours, theirs, byDesign: meant(vector, ours, theirs) };
  });
}

/* The other way round, refused there and accepted here, is never meant but for Turin. */
function meant(
  { name, expected_reasons: reasons }: EvidenceVector,
  ours: string,
  theirs: string,
): string | null {
  if (ours === 'accepted' && theirs === 'refused') {
    if (/turin/i.test(name)) return TURIN;
    return reasons.length > 0 && reasons.every((reason) => BESIDE.test(reason))
      ? 'refused by both, for other reasons'
      : null;
  }
  const [reason = ''] = reasons;
  return /extended|ask-other-product/.test(name) ? (IGNORED[reason] ?? null) : null;
}

function questionOf({ inputs, options, trust_anchors: anchors }: EvidenceVector): object {
  const path = (name: string | undefined): string => resolve(VECTORS, name ?? '');
  const hex = (name: string): string => {
    const value = options[name];
    return typeof value === 'string' ? value : '';
  };
  return {
    report: path(inputs.report),
    endorsements: path(inputs.endorsements),
    roots: anchors?.startsWith('synthetic/') === true ? resolve(VECTORS, 'synthetic/roots') : '',
    at: options['at'],
    hostData: inputs.policy === undefined ? hex('expect_host_data') : digestOf(inputs.policy),
    reportData:
      inputs.runtime_data === undefined
        ? hex('expect_report_data')
        : digestOf(inputs.runtime_data) + '00'.repeat(32),
    measurement: hex('expect_measurement'),
  };
}

function digestOf(path: string): string {
  return createHash('sha256').update(vectorFile(path)).digest('hex');
}

async function emulated({ ask, directory }: Session): Promise<readonly Compared[]> {
  const room = await emulatedRoom();
  const { certificates, report } = room.bundle();
  const roots = join(directory, 'emulated-roots');
  mkdirSync(roots);
  const [, ask_ = '', ark = ''] = certificates.split(/(?<=-----END CERTIFICATE-----\n)/);
  writeFileSync(join(roots, 'ask_milan.pem'), ask_);
  writeFileSync(join(roots, 'ark_milan.pem'), ark);
  const paths = { report: join(directory, 'report.bin'), endorsements: join(directory, 'chain.pem') };
  writeFileSync(paths.report, report);
  writeFileSync(paths.endorsements, certificates);
  const at = '2026-11-23T00:00:00Z';
  const answers = await ask([
    { ...paths, roots, at },
    { ...paths, roots: '', at },
  ]);
  return answers.map((answer, index) => ({
    question: `emulated evidence under ${index === 0 ? 'emulated roots' : "AMD's roots"} (${answer})`,
    ours: index === 0 ? 'accepted' : 'refused',
    theirs: answer.split(':')[0] ?? '',
    byDesign: /not expected for AMD/.test(answer) ? EMULATED : null,
  }));
}
