// Code outside the table of releases: a contract names it by layers that each owner has to know by herself.

import { CleanroomError } from '../../base/errors.js';
import type { ParsedContract } from '../../contract/check.js';
import type { Contract } from '../../contract/schema.js';
import type { OwnKnowledge } from '../known-programs.js';
import { ownVersion } from '../own-version.js';

/**
 * What a contract says of its program: the layers that were named, in their order, else this version. Digests of whole images
 * say nothing of layers: they name the images that the contract names anyway.
 *
 * @param images - references by digest
 */
export function namedProgram(
  trusted: readonly string[],
  images: readonly string[],
): Contract['room']['program'] {
  const layers = trusted.filter((digest) => !images.some((image) => image.endsWith(`@${digest}`)));
  return layers.length === 0 ? { release: ownVersion() } : { layers };
}

/**
 * A contract that names layers is about an image that has these, in this order, beside its model.
 *
 * @throws CleanroomError STATEMENT_REFUTED where the image is another
 */
export async function requireNamedProgram(
  parsed: ParsedContract,
  policyText: string,
  knowledge: OwnKnowledge,
): Promise<void> {
  if ('release' in parsed.contract.room.program) return;
  const { programJudge } = await import('../known-programs.js');
  const { kind, text } = (await programJudge(parsed, knowledge))(policyText);
  if (kind !== 'different') return;
  throw new CleanroomError(
    'STATEMENT_REFUTED',
    `the layers that you named are not those of the image: ${text}`,
    {
      hint: 'Name every layer but the model’s, lowest first: cleanroom image inspect ARCHIVE',
      statements: ['PROGRAM'],
    },
  );
}
