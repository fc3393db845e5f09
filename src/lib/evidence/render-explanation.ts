// The explanation of a contract as text, Markdown or a page: the same statements in each.

import { assertNever } from '../base/errors.js';
import type { Chapter } from './contract-explained.js';
import { PAGE_STYLE } from './evidence-page-style.js';
import { escapeHtml } from './render-evidence-page.js';

export type ExplanationFormat = 'text' | 'markdown' | 'html';

/** The chapters as one document. @returns text with escapes for its format; the caller escapes for terminals. */
export function renderExplanation(chapters: readonly Chapter[], format: ExplanationFormat): string {
  switch (format) {
    case 'text':
      return chapters
        .map(({ title, statements }) => [title, ...statements.map((text) => `  - ${text}`)].join('\n'))
        .join('\n\n');
    case 'markdown':
      return chapters
        .map(({ title, statements }, index) =>
          [
            `${index === 0 ? '#' : '##'} ${escapeMarkdown(title)}`,
            '',
            ...statements.map((text) => `- ${escapeMarkdown(text)}`),
          ].join('\n'),
        )
        .join('\n\n');
    case 'html':
      return renderPage(chapters);
    default:
      return assertNever(format);
  }
}

const STYLE = `${PAGE_STYLE}ul{padding-left:1.25rem}li{margin:.25rem 0;overflow-wrap:anywhere}section{break-inside:avoid}`;

/* No script and nothing to load: the page shows what the contract says, whatever its values are. */
function renderPage(chapters: readonly Chapter[]): string {
  const title = escapeHtml(chapters[0]?.title ?? 'Contract');
  const sections = chapters.map((chapter, index) => renderChapter(chapter, index === 0 ? 'h1' : 'h2'));
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${title}</title><style>${STYLE}</style></head><body><main>
${sections.join('\n')}
</main></body></html>
`;
}

function renderChapter({ title, statements }: Chapter, heading: 'h1' | 'h2'): string {
  const items = statements.map((text) => `<li>${escapeHtml(text)}</li>`).join('');
  return `<section><${heading}>${escapeHtml(title)}</${heading}><ul>${items}</ul></section>`;
}

function escapeMarkdown(text: string): string {
  return text.replace(/[\\`*_[\]<>#|~!]/g, '\\$&').replace(/[\r\n]+/g, ' ');
}
