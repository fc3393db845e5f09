// What stands for the maker and the operator of Azure's HSMs: two roots, one card, and a partition for each managed HSM. The
// certificates say that they are emulated; anchors.json names the roots.

import { createPrivateKey, sign } from 'node:crypto';

import * as v from 'valibot';

import type { Clock } from '../clock.js';
import type { StateStore } from '../state/state-store.js';
import { loadDocumentAs } from '../state/stored-document.js';
import { issueCertificate } from '../tls/certificates.js';

/** A partition of an HSM: it keeps the keys of one managed HSM, and signs what is said of them. */
export interface HsmPartition {
  /** PEM: the partition by the card, the card by the maker, the partition by the operator, the operator's root. */
  readonly certificates: string;
  /** RSASSA-PKCS1-v1_5 with SHA-256, 256 bytes. */
  sign(bytes: Uint8Array): Uint8Array;
}

export interface HsmMaker {
  /** PEM. */
  readonly makerRoot: string;
  /** PEM. */
  readonly operatorRoot: string;
  /** The partition of the managed HSM `id`, made when it is first asked for. */
  partition(id: string): Promise<HsmPartition>;
}

const Keyed = v.strictObject({ privateKeyPem: v.string(), certificatePem: v.string() });
const Roots = v.strictObject({ maker: Keyed, operator: Keyed, card: Keyed });
const Partition = v.strictObject({ privateKeyPem: v.string(), certificates: v.string() });
type Roots = v.InferOutput<typeof Roots>;
type Partition = v.InferOutput<typeof Partition>;

/** The document of the two roots and the card. */
export const HSM_MAKER_DOCUMENT = 'hsm-maker';
const YEARS = 10;

/** Opens the maker of a state store, or founds it. @throws CleanroomError EMULATOR_STATE_CORRUPT */
export async function openHsmMaker(store: StateStore, clock: Clock): Promise<HsmMaker> {
  const kept = await loadDocumentAs(store, HSM_MAKER_DOCUMENT, Roots);
  const roots = kept ?? (await makeRoots(clock()));
  if (kept === null) await store.save(HSM_MAKER_DOCUMENT, roots);
  const open = new Map<string, Promise<HsmPartition>>();
  return {
    makerRoot: roots.maker.certificatePem,
    operatorRoot: roots.operator.certificatePem,
    partition: (id) => {
      const found = open.get(id) ?? openPartition(store, roots, id, clock);
      open.set(id, found);
      return found;
    },
  };
}

async function makeRoots(now: Date): Promise<Roots> {
  const base = { notBefore: now, years: YEARS } as const;
  const root = (commonName: string) =>
    issueCertificate({ ...base, commonName, issuer: null, profile: { kind: 'authority', pathLength: 1 } });
  const maker = await root('cleanroom emulator: maker of HSMs, not Marvell');
  const operator = await root('cleanroom emulator: operator of HSMs, not Microsoft');
  const card = await issueCertificate({
    ...base,
    commonName: 'cleanroom emulator: HSM card',
    issuer: maker,
    profile: { kind: 'authority', pathLength: 0 },
  });
  return { maker, operator, card };
}

async function openPartition(
  store: StateStore,
  roots: Roots,
  id: string,
  clock: Clock,
): Promise<HsmPartition> {
  const name = `hsm-partition-${id}`;
  const kept = await loadDocumentAs(store, name, Partition);
  const partition = kept ?? (await makePartition(roots, id, clock()));
  if (kept === null) await store.save(name, partition);
  const key = createPrivateKey(partition.privateKeyPem);
  return { certificates: partition.certificates, sign: (bytes) => sign('sha256', bytes, key) };
}

async function makePartition({ card, operator }: Roots, id: string, now: Date): Promise<Partition> {
  const base = {
    commonName: `cleanroom emulator: HSM partition of ${id}`,
    notBefore: now,
    years: YEARS,
    profile: { kind: 'signer' },
  } as const;
  const byCard = await issueCertificate({ ...base, issuer: card });
  const { privateKeyPem } = byCard;
  const byOperator = await issueCertificate({ ...base, issuer: operator, privateKeyPem });
  const certificates = [byCard, card, byOperator, operator].map(({ certificatePem }) => certificatePem);
  return { privateKeyPem, certificates: certificates.join('') };
}
