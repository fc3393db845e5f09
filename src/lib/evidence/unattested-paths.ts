// Every way to the plaintext that does not go through attestation, found in what a vault says of a key and its roles.

import * as v from 'valibot';

import type { Json } from '../base/bytes/canonical-json.js';
import { CleanroomError } from '../base/errors.js';
import { lintReleasePolicy, type ReleasePolicyExpectations } from '../contract/release-policy/lint.js';
import { parseReleasePolicy } from '../contract/release-policy/parse.js';
import type { Finding } from '../base/verdict/finding.js';
import {
  keyNameOf,
  mayRelease,
  type Power,
  powersOf,
  reachesKey,
  releaseRoleFor,
  type RoleGrant,
} from './key-powers.js';

const Exposure = v.strictObject({
  key: v.strictObject({
    id: v.string(),
    kty: v.string(),
    operations: v.array(v.string()),
    exportable: v.boolean(),
    /** Whether the private half was brought in from outside. */
    imported: v.boolean(),
    /** Whether more than one dataset version was sealed to this key version. */
    reused: v.optional(v.boolean()),
    /** Earlier versions that are still enabled, by id. */
    earlierEnabled: v.optional(v.array(v.string())),
    releasePolicy: v.nullable(v.strictObject({ text: v.string(), immutable: v.boolean() })),
  }),
  /** Principals of the key's owner; everybody else is a stranger. */
  owners: v.array(v.string()),
  assignments: v.array(
    v.strictObject({
      principal: v.string(),
      role: v.string(),
      scope: v.string(),
      /** Azure's data actions; absent: those of the built-in role of that name. */
      dataActions: v.optional(v.array(v.string())),
      notDataActions: v.optional(v.array(v.string())),
      /** Those of the control plane. */
      actions: v.optional(v.array(v.string())),
      notActions: v.optional(v.array(v.string())),
    }),
  ),
  /** Signed storage URLs that others hold, by what they allow (`sp`). */
  sas: v.optional(
    v.array(
      v.strictObject({
        blob: v.string(),
        permissions: v.string(),
        /** Absent: one blob. */
        scope: v.optional(v.picklist(['blob', 'container', 'account'])),
      }),
    ),
    [],
  ),
});

/** What is known of a key and of who may do what. From a live vault, or a file that was exported from one. */
export type KeyExposure = Omit<v.InferOutput<typeof Exposure>, 'assignments'> & {
  readonly assignments: readonly RoleGrant[];
};

/** Reads an exported exposure. @throws CleanroomError EXPOSURE_INVALID */
export function readKeyExposure(value: Json): KeyExposure {
  const outcome = v.safeParse(Exposure, value);
  if (outcome.success) return outcome.output;
  const [issue] = outcome.issues;
  throw new CleanroomError('EXPOSURE_INVALID', `${v.getDotPath(issue) ?? 'file'}: ${issue.message}`);
}

/** A principal, a role, and what the two together allow on one key. */
export interface KeyHolder {
  readonly principal: string;
  readonly role: string;
  readonly scope: string;
  /** In words; null where it is not known here. */
  readonly may: readonly string[] | null;
}

const POWER_WORDS: Readonly<Record<Power, string>> = {
  use: 'unwrap and decrypt, where the key allows it',
  change: 'change its operations and tags',
  grant: 'assign roles, to itself as well',
  restore: 'take backups',
};

/** Who may do what with a key. */
export function describeHolders(keyId: string, assignments: readonly RoleGrant[]): readonly KeyHolder[] {
  return assignments
    .filter(({ scope }) => reachesKey(scope, keyId))
    .map((assignment) => {
      const { principal, role, scope } = assignment;
      const powers = powersOf(assignment, keyId);
      const release = mayRelease(assignment) ? ['have it released to an attested room'] : [];
      return {
        principal,
        role,
        scope,
        may: powers === null ? null : [...release, ...powers.map((power) => POWER_WORDS[power])],
      };
    });
}

/** Every path, each with the edge to cut; empty where attestation is the only way. */
export function findUnattestedPaths(
  exposure: KeyExposure,
  expectations: ReleasePolicyExpectations = {},
): readonly Finding[] {
  const { key } = exposure;
  const strangers = exposure.assignments.filter(
    ({ principal, scope }) => !exposure.owners.includes(principal) && reachesKey(scope, key.id),
  );
  return [
    ...keyPaths(key),
    ...policyPaths(key, expectations),
    ...strangers.flatMap((assignment) => rolePaths(assignment, key)),
    ...exposure.sas.flatMap(sasPaths),
  ];
}

function keyPaths(key: KeyExposure['key']): readonly Finding[] {
  const findings: Finding[] = [];
  const where = key.id;
  if (key.imported) {
    findings.push({
      id: 'PATH_IMPORTED_COPY',
      severity: 'error',
      where,
      message: 'the private key was imported: its maker may still have a copy that opens the blob',
      fix: 'Create the key inside the HSM: cleanroom key create',
    });
  }
  if (!key.kty.endsWith('-HSM')) {
    findings.push({
      id: 'PATH_SOFTWARE_KEY',
      severity: 'error',
      where,
      message: `the key has type ${key.kty}, outside an HSM, so the operator's software sees it`,
      fix: 'Create a key of type RSA-HSM in a Managed HSM or a Premium vault.',
    });
  }
  if (key.reused === true) {
    findings.push({
      id: 'PATH_KEY_REUSED',
      severity: 'warning',
      where,
      message:
        'several dataset versions are sealed to this key version: storage can put an older blob back, and the room opens it',
      fix: 'Seal to a version of its own: cleanroom encrypt, without --key',
    });
  }
  for (const id of key.earlierEnabled ?? []) {
    findings.push({
      id: 'PATH_EARLIER_VERSION',
      severity: 'warning',
      where: id,
      message: 'an earlier version is still enabled: a blob that was sealed to it can be put back and opened',
      fix: 'Seal the dataset again (cleanroom encrypt), which disables it; or end its use: cleanroom key revoke',
    });
  }
  return findings;
}

function policyPaths(key: KeyExposure['key'], expectations: ReleasePolicyExpectations): readonly Finding[] {
  if (key.releasePolicy === null) return key.exportable ? [withoutPolicy(key.id)] : [];
  const findings = [...lintReleasePolicy(parseReleasePolicy(key.releasePolicy.text), expectations)];
  if (!key.releasePolicy.immutable) {
    findings.push({
      id: 'PATH_MUTABLE_POLICY',
      severity: 'error',
      where: key.id,
      message:
        'the release policy can be changed: an identity that may update the key can write one that another room meets',
      fix: 'Make a new version with an immutable policy: cleanroom key rotate',
    });
  }
  return findings;
}

function withoutPolicy(where: string): Finding {
  return {
    id: 'PATH_NO_POLICY',
    severity: 'error',
    where,
    message: 'the key may be exported and has no release policy: nothing restricts it to an attested room',
    fix: 'Make a key with the policy that cleanroom writes: cleanroom key create',
  };
}

function rolePaths(assignment: RoleGrant, key: KeyExposure['key']): readonly Finding[] {
  const powers = powersOf(assignment, key.id);
  const usable = key.operations.some((operation) => /^(?:decrypt|unwrapKey)$/.test(operation));
  const finding = (id: string, message: string): Finding => ({
    id,
    severity: 'error',
    where: `${assignment.role} of ${assignment.principal} at ${assignment.scope}`,
    message,
    fix: `Remove this assignment; a room needs no more than '${releaseRoleFor(key.id)}' at /keys/${keyNameOf(key.id)}.`,
  });
  if (powers === null) {
    return [
      { ...finding('PATH_UNKNOWN_ROLE', 'what this role allows is not known here'), severity: 'warning' },
    ];
  }
  const findings: Finding[] = [];
  if (powers.includes('use') && usable) {
    findings.push(
      finding('PATH_UNWRAP', 'calls unwrapKey or decrypt and has the data key: no attestation is asked for'),
    );
  }
  if (powers.includes('use') && powers.includes('change') && !usable) {
    findings.push(
      finding(
        'PATH_OPERATIONS',
        'adds unwrapKey to the operations of the key, calls it, and has the data key',
      ),
    );
  }
  if (powers.includes('grant')) {
    findings.push(finding('PATH_GRANT', 'assigns itself a role that may use the key, and uses it'));
  }
  if (powers.includes('restore')) {
    findings.push({
      ...finding(
        'PATH_BACKUP',
        'takes a backup of the key, to be restored where the same security domain is',
      ),
      severity: 'warning',
    });
  }
  return findings;
}

function sasPaths({ blob, permissions, scope = 'blob' }: KeyExposure['sas'][number]): readonly Finding[] {
  const findings: Finding[] = [];
  const fix = 'Hand out SAS for one blob, with the permission r only.';
  if (/[wcadxyi]/.test(permissions)) {
    findings.push({
      id: 'PATH_SAS_WRITE',
      severity: 'error',
      where: blob,
      message: `a SAS allows more than reading (${permissions}): its holder puts back an older blob, or one of its own`,
      fix,
    });
  }
  if (scope !== 'blob') {
    findings.push({
      id: 'PATH_SAS_WIDE',
      severity: 'warning',
      where: blob,
      message: `a SAS reaches the whole ${scope}: every sealed blob in it, with its versions, not this one alone`,
      fix,
    });
  }
  return findings;
}
