// A text in parts that belong together: by its headings where it has some, else by size, at borders of paragraphs.

import type { Sentence } from './sentences.js';

export interface Section {
  /** Without marks; null where the part has none. */
  readonly heading: string | null;
  readonly sentences: readonly Sentence[];
}

/** Between two headings there is a section only if there is so much text. */
const LEAST_SENTENCES = 1;

/**
 * At most `most` sections of a text, in order, all its sentences in them but the headings. A text with more headings than that
 * is cut by size, and keeps none.
 */
export function splitSections(sentences: readonly Sentence[], most: number): readonly Section[] {
  const headed = byHeadings(sentences);
  const titled = headed.filter((section) => section.heading !== null).length;
  if (titled >= 2 && headed.length <= most) return headed;
  return bySize(
    sentences.filter((sentence) => sentence.kind !== 'heading'),
    most,
  );
}

function byHeadings(sentences: readonly Sentence[]): readonly Section[] {
  const sections: { heading: string | null; sentences: Sentence[] }[] = [{ heading: null, sentences: [] }];
  for (const sentence of sentences) {
    if (sentence.kind === 'heading') sections.push({ heading: titleOf(sentence.text), sentences: [] });
    else sections.at(-1)?.sentences.push(sentence);
  }
  return sections.filter((section) => section.sentences.length >= LEAST_SENTENCES);
}

/* "Dear Ms Berg," is none. */
function titleOf(text: string): string | null {
  const title = text.replace(/^#{1,6}\s+/, '').replace(/[\s#]+$/, '');
  return title === '' || /[,;]$/.test(title) ? null : title.replace(/:$/, '');
}

function bySize(sentences: readonly Sentence[], count: number): readonly Section[] {
  const total = sentences.reduce((sum, sentence) => sum + sentence.text.length, 0);
  const target = total / Math.max(1, count);
  const sections: Section[] = [];
  let open: Sentence[] = [];
  let size = 0;
  for (const sentence of sentences) {
    const due = target * (sections.length + 1);
    const border = sentence.startsBlock ? target / 4 : 0;
    if (open.length > 0 && sections.length < count - 1 && size >= due - border) {
      sections.push({ heading: null, sentences: open });
      open = [];
    }
    open.push(sentence);
    size += sentence.text.length;
  }
  if (open.length > 0) sections.push({ heading: null, sentences: open });
  return sections;
}
