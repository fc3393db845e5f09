// The configuration file of Microsoft's importkey tool (confidential-sidecar-containers, tools/importkey), read for what a
// contract does not already say. Nothing of it loosens anything: it must agree with the contract, or it is refused.

import * as v from 'valibot';

import { parseStrictJson } from '../../base/bytes/strict-json.js';
import type { ContractDataset } from '../schema.js';
import type { ParsedContract } from '../check.js';
import { CleanroomError } from '../../base/errors.js';

const Claim = v.looseObject({ claim: v.string(), equals: v.optional(v.string()) });
const Config = v.looseObject({
  key: v.looseObject({
    kid: v.string(),
    /** Empty or absent: oct, as the tool has it. */
    kty: v.optional(v.string(), ''),
    key_ops: v.optional(v.array(v.string())),
    authority: v.looseObject({ endpoint: v.string() }),
    akv: v.looseObject({ endpoint: v.string() }),
  }),
  claims: v.pipe(v.array(v.pipe(v.array(Claim), v.minLength(1))), v.minLength(1)),
});

type Config = v.InferOutput<typeof Config>;

const KINDS: Readonly<Record<string, 'rsa' | 'oct'>> = {
  'RSA-HSM': 'rsa',
  RSA: 'rsa',
  'oct-HSM': 'oct',
  oct: 'oct',
  '': 'oct',
};

/** What a key needs to be of, so that the sealed blob can be opened with it: the one operation that the room uses. */
const LEAST = new Set(['encrypt', 'decrypt', 'wrapKey', 'unwrapKey']);

export interface ImportKeyConfig {
  readonly kind: 'rsa' | 'oct';
  /** What of the file is not taken over, one sentence each. */
  readonly notes: readonly string[];
}

/** What the file must agree with. */
export interface ImportKeyRequest {
  readonly parsed: ParsedContract;
  readonly dataset: ContractDataset;
  readonly policyHash: string;
}

/**
 * Reads the file and holds it against the dataset's key in the contract, and its claims against the room's policy.
 *
 * @throws CleanroomError IMPORTKEY_CONFIG_REFUSED, naming every disagreement
 */
export function readImportKeyConfig(
  text: string,
  { parsed, dataset, policyHash }: ImportKeyRequest,
): ImportKeyConfig {
  const config = parse(text);
  const { kid, kty, key_ops: keyOps, authority, akv } = config.key;
  const kind = KINDS[kty];
  const problems = [
    ...(kind === undefined ? [`key.kty: ${kty} is not RSA-HSM or oct-HSM`] : []),
    ...same('key.kid', kid, dataset.key.name),
    ...same('key.akv.endpoint', akv.endpoint, dataset.key.vault),
    ...(parsed.contract.attestation.authorities.includes(`https://${authority.endpoint}`)
      ? []
      : [`key.authority.endpoint: ${authority.endpoint} is none of the contract's authorities`]),
    ...(keyOps ?? [])
      .filter((operation) => !LEAST.has(operation))
      .map((operation) => `key.key_ops: ${operation} is not given to any dataset's key`),
    ...config.claims.flatMap((claims, index) => claimProblems(claims, `claims[${index}]`, policyHash)),
  ];
  if (problems.length > 0 || kind === undefined)
    throw new CleanroomError(
      'IMPORTKEY_CONFIG_REFUSED',
      `the importkey configuration is refused: ${problems.join('; ')}`,
    );
  return { kind, notes: notesOf(config) };
}

function parse(text: string): Config {
  try {
    const outcome = v.safeParse(Config, parseStrictJson(text, { maxDepth: 8 }));
    if (outcome.success) return outcome.output;
    const issue = outcome.issues[0];
    throw new TypeError(`${v.getDotPath(issue) ?? 'file'}: ${issue.message}`);
  } catch (cause) {
    const why = cause instanceof TypeError ? cause.message : 'it is not JSON with one meaning';
    throw new CleanroomError(
      'IMPORTKEY_CONFIG_REFUSED',
      `the importkey configuration cannot be read: ${why}`,
    );
  }
}

function same(path: string, actual: string, expected: string): readonly string[] {
  return actual === expected ? [] : [`${path}: ${actual} is not ${expected}, as the contract has it`];
}

/* A branch without host data is open to any room, one without the debug clause to one that can be looked into. */
function claimProblems(
  claims: Config['claims'][number],
  path: string,
  policyHash: string,
): readonly string[] {
  const valueOf = (name: string): string | null => claims.find(({ claim }) => claim === name)?.equals ?? null;
  return [
    ...(valueOf('x-ms-sevsnpvm-hostdata') === policyHash
      ? []
      : [
          `${path}: x-ms-sevsnpvm-hostdata is ${valueOf('x-ms-sevsnpvm-hostdata') ?? 'not there'}, not the policy hash ${policyHash}`,
        ]),
    ...(valueOf('x-ms-sevsnpvm-is-debuggable') === 'false'
      ? []
      : [`${path}: x-ms-sevsnpvm-is-debuggable is not "false"`]),
    ...(valueOf('x-ms-compliance-status') === 'azure-compliant-uvm'
      ? []
      : [`${path}: x-ms-compliance-status is not "azure-compliant-uvm"`]),
  ];
}

function notesOf({ key }: Config): readonly string[] {
  return [
    ...(key.key_ops === undefined
      ? [
          'the importkey configuration names no key_ops, which the tool takes for all of them; the key gets the least',
        ]
      : ['key_ops of the importkey configuration are not taken over; the key gets the least']),
    ...('bearer_token' in key.akv
      ? ['the bearer token in the importkey configuration is not used: take it out of the file']
      : []),
  ];
}
