// What the graphs of T5 and BART are made of: operators by name, in two domains, and number types. None of them draws lots,
// loops, reads a file, or runs what is written elsewhere.

/* What optimum 2.1 writes of both families, fp32 to four bits (test/vectors/graphs/operators.json). */
const EXPORTED =
  'Abs Add Cast Concat Constant ConstantOfShape DequantizeLinear Div DynamicQuantizeLinear Equal Erf Expand Gather Greater Identity If LayerNormalization Less Log MatMul MatMulInteger Min Mul Neg Pow Range ReduceMean Relu Reshape ScatterND Shape SimplifiedLayerNormalization Slice Softmax Sqrt Sub Tanh Transpose Trilu Unsqueeze Where';
/* What older and newer exporters write for the same: clamps and masks of half precision, other activations, folded norms. */
const EXPORTED_ELSEWHERE =
  'And Clip CumSum Exp Flatten GatherElements GatherND Gelu Gemm GreaterOrEqual IsInf IsNaN LessOrEqual Max Mod NonZero Not Or QuantizeLinear RMSNormalization Reciprocal ReduceMax ReduceMin ReduceSum Sigmoid Split Squeeze Sum Tile';

/* onnxruntime's own (its page "Contrib Operators"): what its optimizer and its quantizers write. */
const CONTRIB =
  'BiasGelu DequantizeLinear DynamicQuantizeMatMul FastGelu FusedGemm FusedMatMul GatherBlockQuantized Gelu MatMulBnb4 MatMulIntegerToFloat MatMulNBits MultiHeadAttention QuantizeLinear SkipLayerNormalization SkipSimplifiedLayerNormalization';

/** The one operator that has graphs within it, and the attributes that hold them. */
export const BRANCHING = { operator: 'If', branches: ['then_branch', 'else_branch'] } as const;

const STANDARD: ReadonlySet<string> = new Set(`${EXPORTED} ${EXPORTED_ELSEWHERE}`.split(' '));
const MICROSOFT: ReadonlySet<string> = new Set(CONTRIB.split(' '));

/** Domains of operators; both spellings of ONNX's own mean the same. */
const OPERATORS: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ['', STANDARD],
  ['ai.onnx', STANDARD],
  ['com.microsoft', MICROSOFT],
]);

export function isKnownDomain(domain: string): boolean {
  return OPERATORS.has(domain);
}

export function isAllowedOperator(domain: string, operator: string): boolean {
  return OPERATORS.get(domain)?.has(operator) ?? false;
}

/** Bits of an element by TensorProto.DataType; what is missing there may not be in a model. Strings are. */
export const ELEMENT_BITS: ReadonlyMap<bigint, number> = new Map([
  [1n, 32], // float
  [2n, 8], // uint8
  [3n, 8], // int8
  [6n, 32], // int32
  [7n, 64], // int64
  [9n, 8], // bool
  [10n, 16], // float16
  [11n, 64], // double, in scalars that exporters fold
  [21n, 4], // uint4
  [22n, 4], // int4
]);
