// Which ONNX files make a model: precision of the weights and layout of the decoder, by the names of transformers.js and optimum.

/** Precisions, in the order in which they are preferred where a directory holds several. */
export const WEIGHTS = ['fp32', 'fp16', 'q8', 'int8', 'uint8', 'q4', 'q4f16', 'bnb4'] as const;
export type Weights = (typeof WEIGHTS)[number];

/** The graphs of one model, relative to its directory. */
export interface GraphFiles {
  readonly weights: Weights;
  readonly encoder: string;
  /** Runs the first step. */
  readonly decoder: string;
  /** Runs the later steps, on the KV cache; the same file where both are merged in one graph. */
  readonly decoderWithPast: string;
}

/* As in transformers.js: the precision is a suffix of the file's name, and q8 is called "quantized". */
const SUFFIXES: Readonly<Record<Weights, string>> = {
  fp32: '',
  fp16: '_fp16',
  q8: '_quantized',
  int8: '_int8',
  uint8: '_uint8',
  q4: '_q4',
  q4f16: '_q4f16',
  bnb4: '_bnb4',
};

/**
 * Chooses among the files of a directory: of the preferred precision, all of one; the merged decoder before two apart.
 *
 * @param paths - relative, with `/`.
 * @param wanted - the only precision to look for; any if absent.
 * @returns null where no set is complete.
 */
export function chooseGraphs(paths: ReadonlySet<string>, wanted?: Weights): GraphFiles | null {
  for (const weights of wanted === undefined ? WEIGHTS : [wanted]) {
    const found = layouts(weights).find((layout) => filesOf(layout).every((path) => paths.has(path)));
    if (found !== undefined) return found;
  }
  return null;
}

/** The graphs that a set needs and `paths` has not: of the merged layout, which is the usual one. */
export function missingGraphs(paths: ReadonlySet<string>, weights: Weights = WEIGHTS[0]): readonly string[] {
  const [merged] = layouts(weights);
  return filesOf(merged).filter((path) => !paths.has(path));
}

/** Each file of the set once, with what `paths` has of its weights outside the graph (`NAME.onnx_data`, `_data_1`, …). */
export function graphSetFiles(graphs: GraphFiles, paths: Iterable<string>): readonly string[] {
  const own = filesOf(graphs);
  const outside = [...paths].filter((path) => own.some((graph) => isExternalData(path, graph)));
  return [...own, ...outside.sort()];
}

/* transformers.js keeps graphs in a folder, optimum beside config.json; merged decoders are preferred to two apart. */
function layouts(weights: Weights): readonly [GraphFiles, ...GraphFiles[]] {
  return [...layoutsIn('onnx/', weights), ...layoutsIn('', weights)];
}

function layoutsIn(folder: string, weights: Weights): [GraphFiles, GraphFiles] {
  const file = (name: string): string => `${folder}${name}${SUFFIXES[weights]}.onnx`;
  const encoder = file('encoder_model');
  const merged = file('decoder_model_merged');
  return [
    { weights, encoder, decoder: merged, decoderWithPast: merged },
    { weights, encoder, decoder: file('decoder_model'), decoderWithPast: file('decoder_with_past_model') },
  ];
}

function filesOf({ encoder, decoder, decoderWithPast }: GraphFiles): readonly string[] {
  return [...new Set([encoder, decoder, decoderWithPast])];
}

function isExternalData(path: string, graph: string): boolean {
  return path.startsWith(`${graph}_data`) && /^(?:_\d+)?$/.test(path.slice(`${graph}_data`.length));
}
