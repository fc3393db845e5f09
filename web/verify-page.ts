// The script of templates/web/verify.html: a file in, the verdict of the same code as `cleanroom verify` out.

import { PINNED_ANCHORS, parseAnchors } from '../src/lib/attestation/anchors.js';
import { expectationsOfContract } from '../src/lib/attestation/contract-floors.js';
import { webSignatureCrypto } from '../src/lib/attestation/crypto/web-crypto.js';
import { defaultExpectations, type Expectations } from '../src/lib/attestation/expectations.js';
import { MAX_BUNDLE_BYTES } from '../src/lib/evidence/evidence-bundle.js';
import { renderEvidenceContent } from '../src/lib/evidence/render-evidence-page.js';
import { STATED_BY_CONTRACT, type StatedField } from '../src/lib/evidence/stated.js';
import { verificationPlan } from '../src/lib/evidence/verification-plan.js';
import { verifyEvidenceFile } from '../src/lib/evidence/verify-evidence-file.js';
import { type ParsedContract, parseContract } from '../src/lib/contract/parse.js';

function element<T extends HTMLElement>(id: string, type: new () => T): T {
  const found = document.getElementById(id);
  if (!(found instanceof type)) throw new Error(`no element ${id}`);
  return found;
}

const drop = element('drop', HTMLElement);
const inputs = {
  file: element('file', HTMLInputElement),
  nonce: element('nonce', HTMLInputElement),
  hostData: element('host-data', HTMLInputElement),
  contract: element('contract', HTMLInputElement),
  anchors: element('anchors', HTMLInputElement),
};
const problem = element('problem', HTMLElement);
const verdict = element('verdict', HTMLElement);

let evidence: File | undefined;
let turn = 0;

async function verify(): Promise<void> {
  if (evidence === undefined) return;
  const mine = ++turn;
  const shown = await judge(evidence).then(
    (html) => ({ html, text: '' }),
    (cause: unknown) => ({ html: '', text: cause instanceof Error ? cause.message : String(cause) }),
  );
  if (mine !== turn) return;
  problem.textContent = shown.text === '' ? '' : `This is no evidence that can be verified: ${shown.text}`;
  verdict.innerHTML = shown.html;
}

async function judge(file: File): Promise<string> {
  if (file.size > MAX_BUNDLE_BYTES) throw new Error(`the file is larger than ${MAX_BUNDLE_BYTES} bytes`);
  const anchorsText = await inputs.anchors.files?.[0]?.text();
  const contract = await readContract();
  const plan = verificationPlan({
    anchors: anchorsText === undefined ? PINNED_ANCHORS : parseAnchors(anchorsText),
    expectations: readExpectations(contract),
    stated: statedInForm(contract),
    ...(contract === undefined ? {} : { contract }),
    ...(hostDataOf() === '' ? {} : { namedPolicy: hostDataOf() }),
    emulatedAllowed: anchorsText !== undefined,
    crypto: webSignatureCrypto,
  });
  return renderEvidenceContent(await verifyEvidenceFile(new Uint8Array(await file.arrayBuffer()), plan));
}

async function readContract(): Promise<ParsedContract | undefined> {
  const text = await inputs.contract.files?.[0]?.text();
  return text === undefined ? undefined : parseContract(text);
}

function hostDataOf(): string {
  return inputs.hostData.value.trim().toLowerCase();
}

function statedInForm(contract: ParsedContract | undefined): readonly StatedField[] {
  return [
    ...(contract === undefined ? [] : STATED_BY_CONTRACT),
    ...(inputs.nonce.value.trim() === '' ? [] : (['nonce'] as const)),
    ...(hostDataOf() === '' ? [] : (['hostData'] as const)),
  ];
}

function readExpectations(contract: ParsedContract | undefined): Expectations {
  const defaults = defaultExpectations(new Date());
  const base = contract === undefined ? defaults : expectationsOfContract(contract.contract, defaults);
  const nonce = inputs.nonce.value.trim();
  const hostData = hostDataOf();
  return { ...base, ...(nonce === '' ? {} : { nonce }), ...(hostData === '' ? {} : { hostData }) };
}

function choose(file: File | undefined): void {
  if (file === undefined) return;
  evidence = file;
  void verify();
}

inputs.file.addEventListener('change', () => choose(inputs.file.files?.[0]));
for (const input of [inputs.nonce, inputs.hostData, inputs.contract, inputs.anchors]) {
  input.addEventListener('change', () => void verify());
}
document.addEventListener('dragover', (event) => {
  event.preventDefault();
  drop.classList.add('over');
});
document.addEventListener('dragleave', () => drop.classList.remove('over'));
document.addEventListener('drop', (event) => {
  event.preventDefault();
  drop.classList.remove('over');
  choose(event.dataTransfer?.files[0]);
});
