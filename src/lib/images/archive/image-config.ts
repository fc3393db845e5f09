// The image config: what runs, and the diff ids of the layers (OCI image-spec 1.1, config.md; docker's is the same).

import * as v from 'valibot';

import type { Sha256Hex } from '../../base/bytes/digest.js';
import { CleanroomError } from '../../base/errors.js';
import type { ImageConfig } from '../../cce-policy/measured-image.js';
import { parseDocument } from './descriptor.js';

const Strings = v.nullish(v.array(v.string()), null);

const ConfigSchema = v.looseObject({
  architecture: v.string(),
  os: v.string(),
  config: v.nullish(
    v.looseObject({
      Entrypoint: Strings,
      Cmd: Strings,
      Env: Strings,
      WorkingDir: v.nullish(v.string(), ''),
      User: v.nullish(v.string(), ''),
      StopSignal: v.nullish(v.string(), null),
      Labels: v.nullish(v.record(v.string(), v.string()), null),
    }),
  ),
  rootfs: v.looseObject({
    type: v.literal('layers'),
    diff_ids: v.pipe(
      v.array(v.pipe(v.string(), v.regex(/^sha256:[0-9a-f]{64}$/, 'is not a sha256 digest'))),
      v.minLength(1, 'lists no layers'),
      v.maxLength(512),
    ),
  }),
});

/* What a policy, a room or a person reads of it. */
const READ = ['Entrypoint', 'Cmd', 'Env', 'WorkingDir', 'User', 'StopSignal', 'Labels'];

export interface ParsedImageConfig {
  readonly config: ImageConfig;
  readonly diffIds: readonly Sha256Hex[];
}

/** @throws CleanroomError IMAGE_ARCHIVE_MALFORMED, also for a config without layers */
export function parseImageConfig(bytes: Uint8Array): ParsedImageConfig {
  const document = parseDocument(bytes, ConfigSchema, 'image config');
  const run = document.config;
  return {
    config: {
      architecture: document.architecture,
      os: document.os,
      entrypoint: run?.Entrypoint ?? null,
      cmd: run?.Cmd ?? null,
      env: run?.Env ?? [],
      workingDir: run?.WorkingDir ?? '',
      user: run?.User ?? '',
      stopSignal: run?.StopSignal ?? null,
      labels: run?.Labels ?? {},
      further: Object.entries(run ?? {})
        .filter(([name, value]) => !READ.includes(name) && !isNothing(value))
        .map(([name]) => name),
    },
    diffIds: document.rootfs.diff_ids.map((digest) => digest.slice('sha256:'.length) as Sha256Hex),
  };
}

/* As old tools write what is not set: `null`, `""`, `false`, `{}`, `[]`. */
function isNothing(value: unknown): boolean {
  return !value || (typeof value === 'object' && Object.keys(value).length === 0);
}

/** @throws CleanroomError IMAGE_ARCHIVE_MALFORMED unless there are as many layers as diff ids */
export function checkLayerCount(layers: number, diffIds: number): void {
  if (layers !== diffIds) {
    throw new CleanroomError(
      'IMAGE_ARCHIVE_MALFORMED',
      `the manifest lists ${layers} layers, the image config ${diffIds}`,
    );
  }
}
