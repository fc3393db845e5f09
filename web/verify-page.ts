// The script of templates/web/verify.html: a file in, the verdict of the same code as `cleanroom verify` out.

import { parseAnchors } from '../src/lib/attestation/anchors.js';
import { webSignatureCrypto } from '../src/lib/attestation/crypto/web-crypto.js';
import { MAX_BUNDLE_BYTES } from '../src/lib/evidence/evidence-bundle.js';
import { renderEvidenceContent } from '../src/lib/evidence/render-evidence-page.js';
import { verifierPlan } from '../src/lib/evidence/verifier-plan.js';
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
  verdict.dataset['of'] = evidence.name;
}

async function judge(file: File): Promise<string> {
  if (file.size > MAX_BUNDLE_BYTES) throw new Error(`the file is larger than ${MAX_BUNDLE_BYTES} bytes`);
  const anchorsText = await inputs.anchors.files?.[0]?.text();
  const contract = await readContract();
  const hostData = inputs.hostData.value.trim().toLowerCase();
  const nonce = inputs.nonce.value.trim();
  const { plan } = verifierPlan(
    {
      crypto: webSignatureCrypto,
      emulatedAllowed: anchorsText !== undefined,
      stated: { ...(nonce === '' ? {} : { nonce }), ...(hostData === '' ? {} : { hostData }) },
      ...(anchorsText === undefined ? {} : { anchors: parseAnchors(anchorsText) }),
      ...(contract === undefined ? {} : { contract }),
      ...(hostData === '' ? {} : { namedPolicy: hostData }),
    },
    new Date(),
  );
  return renderEvidenceContent(await verifyEvidenceFile(new Uint8Array(await file.arrayBuffer()), plan));
}

async function readContract(): Promise<ParsedContract | undefined> {
  const text = await inputs.contract.files?.[0]?.text();
  return text === undefined ? undefined : parseContract(text);
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
