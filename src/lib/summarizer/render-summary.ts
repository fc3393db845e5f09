// A summary for people: text or Markdown. How it was made stands in both.

import type { Metrics } from './metrics.js';
import type { SummaryResult } from './summarizer.js';

/** The summary, then its documents where there are several, then how it was made and how close it is to the source. */
export function renderSummaryText(result: SummaryResult): string {
  const documents =
    result.perDocument.length < 2
      ? []
      : ['', ...result.perDocument.map(({ name, summary }) => `${name}: ${summary}`)];
  return [
    result.summary,
    ...documents,
    '',
    ...facts(result).map(([name, value]) => `${name.padEnd(9)} ${value}`),
  ].join('\n');
}

/** The same as Markdown. */
export function renderSummaryMarkdown(result: SummaryResult): string {
  const documents =
    result.perDocument.length < 2
      ? []
      : [
          '',
          '## Documents',
          '',
          ...result.perDocument.map(({ name, summary }) => `- **${plain(name)}**: ${plain(summary)}`),
        ];
  const table = ['', '| | |', '|---|---|', ...facts(result).map(([name, value]) => `| ${name} | ${value} |`)];
  return ['# Summary', '', plain(result.summary), ...documents, ...table].join('\n');
}

function facts(result: SummaryResult): readonly (readonly [string, string])[] {
  return [
    ['method', result.model === null ? 'extractive (sentences of the source, word for word)' : result.method],
    ...(result.model === null ? [] : [['model', result.model.digest] as const]),
    ['length', `${result.tokens} ${result.model === null ? 'words' : 'tokens'}`],
    ['source', describeMetrics(result.metrics)],
  ];
}

function describeMetrics({ bleu4, rouge1, rouge2, rougeL }: Metrics): string {
  const percent = (value: number): string => (100 * value).toFixed(1);
  return `BLEU-4 ${percent(bleu4)}, ROUGE-1 ${percent(rouge1.f1)}, ROUGE-2 ${percent(rouge2.f1)}, ROUGE-L ${percent(rougeL.f1)}`;
}

/* Text from outside must not become markup. */
function plain(text: string): string {
  return text.replace(/[\\`*_{}[\]()<>#|!]/g, '\\$&').replace(/\s+/g, ' ');
}
