// Documents of a data owner, each of thirty sentences of its own.

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Writes `count` documents into a new directory `notes`, and returns its path. */
export async function writeSiteNotes(directory: string, count: number): Promise<string> {
  const texts = join(directory, 'notes');
  await mkdir(texts);
  for (let index = 0; index < count; index++) {
    const sentences = Array.from(
      { length: 30 },
      (_, line) => `Site ${index} of Fabrikam sent ${line + 3} pallets by route ${(line * 7) % 31}.`,
    );
    await writeFile(join(texts, `${index}.txt`), sentences.join(' '));
  }
  return texts;
}
