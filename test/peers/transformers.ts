// The summarizer's search beside Hugging Face transformers' generate(): the cases of test/vectors/generation, and random models that
// optimum exports to ONNX, generated with random settings. Ours runs on onnxruntime, theirs on torch: sums are rounded otherwise, so
// that of two texts as good as equal each may take another one. Such a near tie is told apart from a fault by asking transformers
// again: over onnxruntime, and with weights changed in their last digits. By hand: its set-up is large.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { type GenerationArguments, openRandomModel, type RandomModel } from '../support/random-model.js';
import type { Compared, Peer, Session } from './peer.js';
import { drawSettings, drawShape, type Shape } from './random-generation.js';

const VECTORS = 'test/vectors/generation';
const SHAPES = 12;
const SETTINGS = 12;
const NEAR_TIE = 'a near tie: with other rounding, transformers writes ours';

export const TRANSFORMERS: Peer = {
  name: 'transformers',
  lockedPackage: 'transformers',
  about: 'what the summarizer’s search writes with random T5 and BART models exported by optimum',
  program: { python: 'transformers_peer', requirements: 'transformers-requirements.txt' },
  byHand: true,
  compare: async (session) => [...(await compareVectors(session)), ...(await compareRandom(session))],
};

interface Task {
  readonly config: GenerationArguments;
  readonly inputs: readonly (readonly number[])[];
}

type Texts = readonly (readonly number[])[];

interface Answered {
  readonly name: string;
  readonly family: Shape['family'];
  readonly task: Task;
  readonly ours: Texts;
  readonly theirs: Texts;
}

async function compareVectors({ ask }: Session): Promise<readonly Compared[]> {
  const cases = JSON.parse(readFileSync(`${VECTORS}/cases.json`, 'utf8')) as readonly (Task & {
    readonly model: string;
    readonly kind: string;
  })[];
  const answers = await ask(
    cases.map(({ model, config, inputs }) => ({ do: 'generate', model, config, inputs })),
  );
  const models = new Map<string, RandomModel>();
  const answered: Answered[] = [];
  for (const [index, one] of cases.entries()) {
    const model = models.get(one.model) ?? (await openRandomModel(join(VECTORS, one.model)));
    models.set(one.model, model);
    const ours = await model.write(one.config, one.inputs);
    const family = one.model === 'bart' ? 'bart' : 't5';
    const name = `${one.model}, ${one.kind}`;
    answered.push({ name, family, task: one, ours, theirs: parsed(answers[index]) });
  }
  for (const model of models.values()) await model.release();
  return answered.flatMap((one) => textByText(one, []));
}

async function compareRandom(session: Session): Promise<readonly Compared[]> {
  const compared: Compared[] = [];
  for (let index = 0; index < (session.short ? 2 : SHAPES); index++) {
    const shape = drawShape(session.random, index);
    compared.push(...(await compareShape(session, shape, join(session.directory, `model-${index}`))));
  }
  return compared;
}

async function compareShape(
  { ask, random }: Session,
  shape: Shape,
  directory: string,
): Promise<readonly Compared[]> {
  const tasks: readonly Task[] = Array.from({ length: SETTINGS }, () => drawSettings(random, shape));
  const [, ...answers] = await ask([
    { do: 'export', shape, directory },
    ...tasks.map((task) => ({ do: 'generate', shape, ...task })),
  ]);
  const model = await openRandomModel(directory);
  const answered: Answered[] = [];
  for (const [index, task] of tasks.entries()) {
    const ours = await model.write(task.config, task.inputs);
    const name = `${JSON.stringify(shape)} ${JSON.stringify(task.config)}`;
    answered.push({ name, family: shape.family, task, ours, theirs: parsed(answers[index]) });
  }
  await model.release();
  const different = answered.filter((one) => textByText(one, []).some(({ ours, theirs }) => ours !== theirs));
  const again = await ask(different.map(({ task }) => ({ do: 'nearby', shape, directory, ...task })));
  return answered.flatMap((one) => textByText(one, nearby(again[different.indexOf(one)])));
}

/* What transformers writes of the same inputs where it rounds otherwise. */
function nearby(answer: string | undefined): readonly Texts[] {
  return answer === undefined ? [] : (JSON.parse(answer) as readonly Texts[]);
}

function parsed(answer: string | undefined): Texts {
  return JSON.parse(answer ?? '[]') as Texts;
}

function textByText(
  { name, family, task, ours, theirs }: Answered,
  others: readonly Texts[],
): readonly Compared[] {
  const pad = family === 't5' ? 0 : 1;
  return task.inputs.map((input, index) => {
    const text = spelled(ours[index], pad);
    const isNear = others.some((other) => spelled(other[index], pad) === text);
    return {
      question: `${name} of ${input.join(' ')}`,
      ...{ ours: text, theirs: spelled(theirs[index], pad), byDesign: isNear ? NEAR_TIE : null },
    };
  });
}

/* A batch is filled with pad tokens: those that a text itself may end in are not told from them. */
function spelled(tokens: readonly number[] | undefined, pad: number): string {
  const end = tokens?.findLastIndex((token) => token !== pad) ?? -1;
  return tokens?.slice(0, end + 1).join(' ') ?? 'nothing';
}
