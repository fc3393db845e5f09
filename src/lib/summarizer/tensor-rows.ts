// Tensors whose first dimension is the rows of a batch: rows repeated, reordered or dropped.

import type { Tensor } from 'onnxruntime-node';

type TensorClass = typeof Tensor;

/** What number types the tensors of a T5 or BART have; half precision as its bits (or as Float16Array, where Node has it). */
type Numbers = Float32Array | BigInt64Array | Uint16Array;

/** A tensor of the same type whose row i is row `rows[i]` of `tensor`. */
export function gatherRows(TensorOf: TensorClass, tensor: Tensor, rows: readonly number[]): Tensor {
  const [count = 0, ...rest] = tensor.dims;
  const stride = count === 0 ? 0 : tensor.size / count;
  const source = tensor.data as Numbers;
  const target = sameType(source, rows.length * stride);
  rows.forEach((row, to) =>
    (target as Float32Array).set(
      source.subarray(row * stride, (row + 1) * stride) as Float32Array,
      to * stride,
    ),
  );
  return new TensorOf(tensor.type as 'float32', target as Float32Array, [rows.length, ...rest]);
}

/** The numbers of a float32 or float16 tensor; the same array where they are float32 already. */
export function floatsOf(tensor: Tensor): Float32Array {
  if (tensor.type === 'float32') return tensor.data as Float32Array;
  const data = tensor.data as unknown as ArrayLike<number> & {
    readonly constructor: { readonly name: string };
  };
  return data.constructor.name === 'Uint16Array'
    ? Float32Array.from(data, halfToNumber)
    : Float32Array.from(data);
}

/* IEEE 754 binary16: sign, five bits of exponent, ten of fraction. */
function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

function sameType(like: Numbers, length: number): Numbers {
  const Type = like.constructor as new (length: number) => Numbers;
  return new Type(length);
}
