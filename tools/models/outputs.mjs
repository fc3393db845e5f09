// Outputs of a model through the project's own summarizer.
// Usage: node outputs.mjs PROJECT_DIR MODEL_DIR|lead|lexrank DOCS.json OUT.json BEAMS SENTENCES|0
import { readFileSync, writeFileSync } from 'node:fs'; import { resolve } from 'node:path';
const [, , root, model, docs, out, beams, pick] = process.argv; const lib = resolve(root, 'dist/lib/summarizer');
const { createSummarizer } = await import(`${lib}/summarizer.js`), { extractSummary } = await import(`${lib}/lexrank.js`), { splitSentences } = await import(`${lib}/sentences.js`);
const data = JSON.parse(readFileSync(docs, 'utf8')); const made = [];
const chosen = async t => (+pick ? await extractSummary(t, { maxWords: 96, maxSentences: +pick }) : t);
if (model === 'lead') for (const d of data) made.push(splitSentences(d.text)[0]?.text ?? '');
else if (model === 'lexrank') for (const d of data) made.push(await extractSummary(d.text, { maxWords: 96, maxSentences: +pick || 1 }));
else { const s = await createSummarizer({ modelDirectory: model }); const t0 = performance.now();
  for (const d of data) made.push((await s.summarize([{ name: 'x', text: await chosen(d.text) }], { maxTokens: 60, beams: +beams })).summary);
  process.stderr.write(`${((performance.now() - t0) / data.length).toFixed(0)} ms a text\n`); await s.close(); }
writeFileSync(out, JSON.stringify(made, null, 1));
