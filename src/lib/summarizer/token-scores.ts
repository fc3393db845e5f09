// Choosing among next tokens: blocking what may not come, and the likeliest of what may. Ties go to the lower index.

/** A token that may follow row `row`, with its log-probability (or raw score, where only their order counts). */
export interface ScoredToken {
  readonly row: number;
  readonly token: number;
  readonly score: number;
}

/** Rules out every token that would repeat an n-gram of `tokens`; `n` of 0 rules out nothing. */
export function blockRepeats(scores: Float32Array, tokens: readonly number[], n: number): void {
  if (n === 0 || tokens.length < n) return;
  const tail = tokens.slice(tokens.length - n + 1);
  for (let from = 0; from + n <= tokens.length; from++) {
    if (tail.every((token, index) => tokens[from + index] === token))
      scores[tokens[from + n - 1] ?? 0] = -Infinity;
  }
}

/** Rules out every token but one, whose log-probability becomes 0. */
export function allowOnly(scores: Float32Array, token: number): void {
  scores.fill(-Infinity);
  scores[token] = 0;
}

/** Index of the largest score. */
export function argmax(scores: Float32Array): number {
  let best = 0;
  let highest = -Infinity;
  for (let token = 0; token < scores.length; token++) {
    const score = scores[token] ?? -Infinity;
    if (score > highest) {
      highest = score;
      best = token;
    }
  }
  return best;
}

/** The `count` best continuations over several rows, best first: `base[row]` plus the score of the token in its row. */
export function likeliest(
  rows: readonly Float32Array[],
  base: readonly number[],
  count: number,
): readonly ScoredToken[] {
  const best: ScoredToken[] = [];
  rows.forEach((scores, row) => {
    const offset = base[row] ?? 0;
    let least = best.length < count ? -Infinity : (best.at(-1)?.score ?? -Infinity);
    for (let token = 0; token < scores.length; token++) {
      const score = (scores[token] ?? -Infinity) + offset;
      if (score <= least) continue;
      insert(best, { row, token, score }, count);
      if (best.length === count) least = best.at(-1)?.score ?? -Infinity;
    }
  });
  return best;
}

function insert(best: ScoredToken[], candidate: ScoredToken, count: number): void {
  let at = best.length;
  while (at > 0 && (best[at - 1]?.score ?? 0) < candidate.score) at--;
  best.splice(at, 0, candidate);
  if (best.length > count) best.pop();
}

/** What turns scores into log-probabilities when it is subtracted. */
export function logSumExp(scores: Float32Array): number {
  let highest = -Infinity;
  for (const score of scores) if (score > highest) highest = score;
  let sum = 0;
  for (const score of scores) sum += Math.exp(score - highest);
  return highest + Math.log(sum);
}
