// Endorsements of the utility VM and policy fragments (COSE_Sign1), by pycose.

import { createHash } from 'node:crypto';

import { nodeSignatureCrypto } from '../../src/lib/attestation/crypto/node-crypto.js';
import { coseScheme, parseCoseSign1, verifyCoseSign1 } from '../../src/lib/attestation/uvm/cose-sign1.js';
import { CborError } from '../../src/lib/attestation/uvm/cbor.js';
import { CleanroomError } from '../../src/lib/base/errors.js';
import { DerError } from '../../src/lib/attestation/der/reader.js';
import { parseCertificate } from '../../src/lib/attestation/x509/certificate.js';
import { pauseContainer } from '../../src/lib/cce-policy/text/defaults.js';
import { renderFragment } from '../../src/lib/cce-policy/text/render-fragment.js';
import { signFragment } from '../../src/lib/parties/sign-fragment.js';
import { EVIDENCE_VECTORS, vectorFile } from '../support/attestation-vectors.js';
import { testUtilityVm } from '../support/emulated-trust.js';
import { makeFragmentSigner } from '../support/fragment-signer.js';
import { askBoth, type Peer, type Session } from './peer.js';

const X5CHAIN = 33;
const LAX = 'pycose takes what is added behind a message, or a message without its tag';

export const COSE: Peer = {
  name: 'pycose',
  lockedPackage: 'pycose',
  about: 'UVM endorsements and policy fragments',
  program: { python: 'pycose_peer' },
  compare: async (session) => {
    const messages = [...recorded(), ['emulated endorsement', (await testUtilityVm()).endorsement] as const];
    messages.push(...(await fragments()));
    const all = [...messages, ...messages.slice(-4).flatMap((message) => flipped(message, session))];
    return askBoth(
      session,
      await Promise.all(
        all.map(async ([name, bytes]) => {
          const ours = await ourPayload(bytes);
          return {
            question: name,
            asked: { name, message: Buffer.from(bytes).toString('base64') },
            ours,
            byDesign: (theirs: string) =>
              ours === 'refused' && theirs !== 'refused' && /untagged|trailing/.test(name) ? LAX : null,
          };
        }),
      ),
    );
  },
};

type Message = readonly [name: string, bytes: Uint8Array];

function recorded(): Message[] {
  const files = new Map<string, Message>();
  for (const { name, inputs } of EVIDENCE_VECTORS)
    if (inputs.uvm !== undefined && !files.has(inputs.uvm))
      files.set(inputs.uvm, [`${name}: ${inputs.uvm}`, vectorFile(inputs.uvm)]);
  return [...files.values()];
}

async function fragments(): Promise<readonly Message[]> {
  const text = renderFragment(
    { namespace: 'web', svn: 3, containers: [pauseContainer({ stdio: false, signals: [9] })], fragments: [] },
    '2.2',
  );
  const made: Message[] = [];
  for (const curve of ['P-256', 'P-384', 'P-521'])
    for (const headerSvn of [null, 3]) {
      const { chain, keyPem: privateKeyPem } = await makeFragmentSigner(curve);
      const signing = { text, chain, privateKeyPem, issuer: null, feed: 'contoso.azurecr.io/web', headerSvn };
      made.push([`fragment, ${curve}, ${String(headerSvn)}`, (await signFragment(signing)).bytes]);
    }
  return made;
}

function flipped([name, bytes]: Message, { random, short }: Session): readonly Message[] {
  return Array.from({ length: short ? 10 : 200 }, () => {
    const at = Math.floor(random() * bytes.length);
    const changed = Uint8Array.from(bytes);
    changed[at] = (changed[at] ?? 0) ^ (1 << Math.floor(random() * 8));
    return [`${name}, bit flipped at ${at} of ${bytes.length}`, changed] as const;
  });
}

async function ourPayload(bytes: Uint8Array): Promise<string> {
  try {
    const message = parseCoseSign1(bytes);
    const chain = message.protectedHeader.get(X5CHAIN);
    const leaf: unknown = Array.isArray(chain) ? chain[0] : chain;
    if (!(leaf instanceof Uint8Array)) return 'refused';
    const { publicKey } = parseCertificate(leaf);
    const scheme = coseScheme(message, publicKey);
    if (
      typeof scheme === 'string' ||
      !(await verifyCoseSign1(message, publicKey, scheme, nodeSignatureCrypto))
    )
      return 'refused';
    return createHash('sha256').update(message.payload).digest('hex');
  } catch (cause) {
    if (cause instanceof CborError || cause instanceof DerError || cause instanceof CleanroomError)
      return 'refused';
    throw cause;
  }
}
