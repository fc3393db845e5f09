// Names that archives give their images, compared with the one that is wanted: `web`, `docker.io/library/web:latest`.

import { CleanroomError } from '../../base/errors.js';
import { parseImageReference } from '../registry/reference.js';

/** Whether an image is asked for by digest, `sha256:…` alone or behind an `@`. */
export function isDigest(reference: string): boolean {
  return /(?:^|@)sha256:[0-9a-f]{64}$/.test(reference);
}

/** Whether two names mean the same image. A bare tag, as some tools write it, stands for every name with that tag. */
export function isSameName(stored: string, wanted: string): boolean {
  if (stored === wanted) return true;
  const reference = normalized(wanted);
  return reference !== null && (normalized(stored)?.name === reference.name || stored === reference.tag);
}

/** What to say of an archive in which the image that is wanted is not. */
export function noSuchImage(wanted: string, names: readonly string[]): CleanroomError {
  return new CleanroomError(
    'IMAGE_MISMATCH',
    `the archive has no image called ${wanted}; it has: ${names.join(', ')}`,
    { hint: 'Give the archive of that image, or write the name that it has into the input.' },
  );
}

function normalized(text: string): { readonly name: string; readonly tag: string | null } | null {
  try {
    const { registry, repository, tag } = parseImageReference(text);
    return { name: `${registry}/${repository}:${tag ?? ''}`, tag };
  } catch (cause) {
    if (cause instanceof CleanroomError) return null;
    throw cause;
  }
}
