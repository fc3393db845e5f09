// What the host decides: whose cards, which model, image and limits, each with its consequence; asked for on a terminal.

import { shellWord, splitWords } from '../base/shell-word.js';
import { bitsOfResult, englishCharacters, roundedBits } from '../contract/limits/bound.js';
import { DEFAULT_LIMITS } from '../parties/compose-contract.js';

/** As the flags of `init` and `propose` have them. */
export interface HostTerms {
  readonly with?: readonly string[] | undefined;
  readonly model?: string | undefined;
  readonly summarizer?: string | undefined;
  readonly 'max-characters'?: number | undefined;
  readonly 'max-results'?: number | undefined;
}

interface Answers {
  readonly cards: string;
  readonly model?: string | undefined;
  readonly characters?: number | undefined;
  readonly results?: number | undefined;
  readonly image?: string | undefined;
}

const LENGTHS = [300, 600, DEFAULT_LIMITS.maxCharacters, 2000];
const EXTRACTIVE = '';

/**
 * Asks on a terminal. Where the host names no card yet, nothing else is asked.
 *
 * @param found - other parties' cards in the host's directory, offered as the answer
 */
export async function askTerms(found: readonly string[]): Promise<HostTerms> {
  const { default: inquirer } = await import('inquirer');
  const named = ({ cards = '' }: Partial<Answers>): boolean => splitWords(cards).length > 0;
  const answers = await inquirer.prompt<Answers>([
    {
      type: 'input',
      name: 'cards',
      message: 'Cards of the other parties, in quotes where a name has a space (empty: none yet):',
      default: found.map(quoteCard).join(' '),
    },
    {
      type: 'select',
      name: 'model',
      message: 'Which model? Weights cannot be reviewed; only the limits bound what leaves:',
      default: 't5-demo',
      choices: [
        { name: 't5-demo: small, English prose; it may drop a condition or a number', value: 't5-demo' },
        { name: 'none: sentences of the text, word for word', value: EXTRACTIVE },
        { name: 'bart-demo: small, English prose; it may drop a condition or a number', value: 'bart-demo' },
      ],
      when: named,
    },
    {
      type: 'select',
      name: 'characters',
      message: 'How long may a summary be?',
      default: DEFAULT_LIMITS.maxCharacters,
      choices: LENGTHS.map((value) => ({ name: describeLength(value), value })),
      when: named,
    },
    {
      type: 'number',
      name: 'results',
      message: 'How many summaries may leave? A run without a result counts too:',
      default: DEFAULT_LIMITS.maxResults,
      validate: (value: unknown) => isCount(value) || 'a whole number from 1',
      when: named,
    },
    {
      type: 'input',
      name: 'image',
      message: 'Pushed image of the room, by digest (empty: propose builds it):',
      when: named,
    },
  ]);
  return termsOf(answers);
}

/** What the answers mean as flags. */
export function termsOf({ cards, model, characters, results, image = '' }: Answers): HostTerms {
  const names = splitWords(cards);
  if (names.length === 0) return {};
  return {
    with: names,
    ...(model === undefined || model === EXTRACTIVE ? {} : { model }),
    ...(characters === undefined ? {} : { 'max-characters': characters }),
    ...(results === undefined ? {} : { 'max-results': results }),
    ...(image.trim() === '' ? {} : { summarizer: image.trim() }),
  };
}

/** The command that makes the offer of these terms. */
export function proposeLine({ with: cards = [], model, ...limits }: HostTerms): string {
  const characters = limits['max-characters'];
  const results = limits['max-results'];
  return [
    'cleanroom propose',
    ...(cards.length === 0 ? ['PARTY.cleanroom'] : cards.map(shellWord)),
    ...(cards.length === 0 || model === 't5-demo'
      ? []
      : [model === undefined ? '--extractive' : `--model ${model}`]),
    ...(isUsual(characters, DEFAULT_LIMITS.maxCharacters) ? [] : [`--max-characters ${String(characters)}`]),
    ...(isUsual(results, DEFAULT_LIMITS.maxResults) ? [] : [`--max-results ${String(results)}`]),
  ].join(' ');
}

function isUsual(value: number | undefined, usual: number): boolean {
  return value === undefined || value === usual;
}

function isCount(value: unknown): boolean {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 1;
}

/** A length with what it costs: the most that a model made to carry text out could carry. */
export function describeLength(maxCharacters: number): string {
  const bits = roundedBits(bitsOfResult({ scripts: DEFAULT_LIMITS.scripts, maxCharacters }));
  const english = englishCharacters(bits).toLocaleString('en');
  return `${String(maxCharacters)} characters: at most ${bits.toLocaleString('en')} bits, ${english} characters of hidden English`;
}

/* A comma ends a name here. */
function quoteCard(name: string): string {
  return name.includes(',') && !name.includes("'") ? `'${name}'` : shellWord(name);
}
