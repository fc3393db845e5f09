// Evidence for all surfaces alike: real and derived vectors in the sidecar's form, and bundles with pieces left out, swapped,
// repeated and damaged.

import { utf8 } from '../../src/lib/base/bytes/arrays.js';
import { toBase64 } from '../../src/lib/base/bytes/base64.js';
import { type EvidenceBundle, renderBundle } from '../../src/lib/evidence/evidence-bundle.js';
import { EVIDENCE_VECTORS, TOKEN_VECTORS, vectorFile } from './attestation-vectors.js';

export interface CorpusCase {
  readonly name: string;
  readonly bytes: Uint8Array;
}

export interface BundleCase extends CorpusCase {
  readonly bundle: EvidenceBundle;
}

/** Members of a bundle that may be left out. */
export const OPTIONAL = [
  ...(['uvm', 'contract', 'consents', 'receipts'] as const),
  ...(['seals', 'releasePolicies', 'budget'] as const),
] as const;
export type OptionalMember = (typeof OPTIONAL)[number];

/** Members that are lists: single items of them may be left out. */
export const LISTS = ['consents', 'receipts', 'seals', 'releasePolicies', 'budget'] as const;

/* REPORT_DATA and MEASUREMENT, CHIP_ID, the signature, and some of what is reserved. */
const CHANGED_BYTES: readonly number[] = [
  ...Array.from({ length: 37 }, (_, index) => 0x50 + 3 * index),
  ...Array.from({ length: 21 }, (_, index) => 0x1a0 + 3 * index),
  ...Array.from({ length: 16 }, (_, index) => 0x2a0 + 3 * index),
  ...[0, 9, 0x38, 0x188, 0x600],
].filter((at) => at < 1184);

/** `bundle` without some of its members. */
export function without(bundle: EvidenceBundle, members: readonly OptionalMember[]): EvidenceBundle {
  const left: readonly string[] = members;
  const kept = Object.entries(bundle).filter(([name]) => !left.includes(name));
  return Object.fromEntries(kept) as unknown as EvidenceBundle;
}

/** Every vector that has a report, as a sidecar or CCF writes evidence, and every token: one file each. */
export function vectorCases(): readonly CorpusCase[] {
  const tokens = TOKEN_VECTORS.map(({ name, inputs }) => ({
    name: `token ${name}`,
    bytes: vectorFile(inputs.token),
  }));
  const evidence = EVIDENCE_VECTORS.flatMap(({ name, inputs }): readonly CorpusCase[] => {
    const { report, endorsements, uvm } = inputs;
    if (report === undefined || endorsements === undefined) return [];
    const text = JSON.stringify({
      evidence: toBase64(vectorFile(report)),
      endorsements: toBase64(vectorFile(endorsements)),
      uvm_endorsements: uvm === undefined ? '' : toBase64(vectorFile(uvm)),
    });
    return [{ name, bytes: utf8(text) }];
  });
  return [...evidence, ...tokens];
}

/** The bundle and everything that is made of it here, with the pieces of `other`, a run under another contract. */
export function bundleCases(whole: EvidenceBundle, other: EvidenceBundle): readonly BundleCase[] {
  const made: (readonly [string, EvidenceBundle])[] = [['whole', whole]];
  const pairs = OPTIONAL.flatMap((a, index) => OPTIONAL.slice(index).map((b) => [a, b] as const));
  for (const [a, b] of pairs) made.push([`without ${a} and ${b}`, without(whole, [a, b])]);
  OPTIONAL.forEach((a, i) =>
    OPTIONAL.slice(i + 1).forEach((b, j) =>
      OPTIONAL.slice(i + j + 2).forEach((c) =>
        made.push([`without ${a}, ${b} and ${c}`, without(whole, [a, b, c])]),
      ),
    ),
  );
  for (const kept of OPTIONAL)
    made.push([
      `with ${kept} alone`,
      without(
        whole,
        OPTIONAL.filter((member) => member !== kept),
      ),
    ]);
  const swapped = [...OPTIONAL, 'report', 'policy', 'runtimeData', 'certificates'] as const;
  for (const a of swapped) {
    made.push([`${a} of another run`, { ...whole, [a]: other[a] }]);
    // Where policy and report do not fit, each answer takes long: its program is looked for.
    const beside = a === 'report' || a === 'policy' ? (['uvm', 'receipts'] as const) : OPTIONAL;
    for (const b of beside)
      if (a !== b)
        made.push([`${a} of another run, without ${b}`, without({ ...whole, [a]: other[a] }, [b])]);
  }
  for (const member of LISTS) {
    const [mine, theirs] = [whole[member] ?? [], other[member] ?? []];
    made.push([`${member} of both runs`, { ...whole, [member]: [...mine, ...theirs] }]);
    made.push([`${member} twice`, { ...whole, [member]: [...mine, ...mine] }]);
    made.push([`no item in ${member}`, { ...whole, [member]: [] }]);
    mine.forEach((_, index) =>
      made.push([
        `${member} without ${index}`,
        { ...whole, [member]: mine.filter((_item, at) => at !== index) },
      ]),
    );
  }
  for (const at of CHANGED_BYTES)
    made.push([`report with byte ${at} changed`, { ...whole, report: flipped(whole.report, at) }]);
  const uvm = whole.uvm ?? new Uint8Array();
  for (let at = 3; at < uvm.length; at += Math.ceil(uvm.length / 40))
    made.push([`endorsement with byte ${at} changed`, { ...whole, uvm: flipped(uvm, at) }]);
  for (const length of [0, 1, 100, 1183, 1185])
    made.push([`report of ${length} bytes`, { ...whole, report: new Uint8Array(length).fill(2) }]);
  made.push(['policy and a space', { ...whole, policy: `${whole.policy} ` }]);
  made.push(['runtime data and a space', { ...whole, runtimeData: `${whole.runtimeData} ` }]);
  made.push(['a token that is none', { ...whole, token: 'a.b.c' }]);
  made.push(['a list that is none', { ...whole, crls: [utf8('no list')] }]);
  made.push(['a proof that is none', { ...whole, logProofs: [utf8('no proof')] }]);
  return made.map(([name, bundle]) => ({ name, bundle, bytes: utf8(renderBundle(bundle)) }));
}

/** The same evidence in other forms, and files that are no evidence. */
export function formCases(bundle: EvidenceBundle): readonly CorpusCase[] {
  const combined = {
    evidence: toBase64(bundle.report),
    endorsements: toBase64(utf8(bundle.certificates)),
    uvm_endorsements: toBase64(bundle.uvm ?? new Uint8Array()),
  };
  const text = renderBundle(bundle);
  const forms: readonly (readonly [string, string | Uint8Array])[] = [
    ['ccf', JSON.stringify(combined)],
    ['ccf without endorsement', JSON.stringify({ ...combined, uvm_endorsements: '' })],
    ['sidecar', JSON.stringify({ ...combined, endorsed_tcb: '00' })],
    ['report', bundle.report],
    ['report in hex', Buffer.from(bundle.report).toString('hex')],
    ['report in base64', toBase64(bundle.report)],
    ['raw', JSON.stringify({ report: Buffer.from(bundle.report).toString('hex') })],
    ['endorsement', bundle.uvm ?? new Uint8Array()],
    ['token', 'eyJhbGciOiJub25lIn0.e30.AA'],
    ['bundle with a line feed', `${text}\n`],
    ['bundle with a space', ` ${text}`],
    ['bundle cut off', text.slice(0, -2)],
    ['bundle with a member twice', text.replace('{', '{"certificates":"",')],
    ['empty', ''],
    ['text', 'no evidence'],
  ];
  return forms.map(([name, content]) => ({
    name,
    bytes: typeof content === 'string' ? utf8(content) : content,
  }));
}

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
}
