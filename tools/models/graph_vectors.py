#!/usr/bin/env python3
"""graph_vectors.py OUT: what exporters and quantizers make of tiny random T5 and BART models, for the walk over graphs.
OUT gets a few small graphs and operators.json: the operators of every graph that was made, by how it was made.
Needs transformers 4.57, optimum-onnx 0.1, torch 2, onnxruntime 1.32, onnx, onnx_ir. Weights are random and nobody's."""
import json, pathlib, shutil, sys, tempfile, warnings
import onnx, torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.quantization.matmul_bnb4_quantizer import MatMulBnb4Quantizer
from onnxruntime.quantization.matmul_nbits_quantizer import MatMulNBitsQuantizer
from onnxruntime.quantization.quant_utils import QuantFormat
from onnxruntime.transformers.float16 import convert_float_to_float16
from optimum.exporters.onnx import onnx_export_from_model
from transformers import BartConfig, BartForConditionalGeneration, T5Config, T5ForConditionalGeneration

warnings.filterwarnings('ignore')
V = 96


def t5(gated):
    torch.manual_seed(1)
    return T5ForConditionalGeneration(T5Config(vocab_size=V, d_model=32, d_kv=16, d_ff=64, num_layers=1, num_decoder_layers=1, num_heads=2,
        feed_forward_proj='gated-gelu' if gated else 'relu', tie_word_embeddings=not gated, decoder_start_token_id=0)).eval()


def bart():
    torch.manual_seed(1)
    return BartForConditionalGeneration(BartConfig(vocab_size=V, d_model=32, encoder_layers=1, decoder_layers=1, encoder_attention_heads=2,
        decoder_attention_heads=2, encoder_ffn_dim=64, decoder_ffn_dim=64, max_position_embeddings=64, pad_token_id=1, bos_token_id=0,
        eos_token_id=2, decoder_start_token_id=2, forced_bos_token_id=None, forced_eos_token_id=None)).eval()


MODELS = {'t5': lambda: t5(False), 't5-gated': lambda: t5(True), 'bart': bart}


def operators(graph, found):
    for node in graph.node:
        found.add(f'{node.domain}:{node.op_type}')
        for attribute in node.attribute:
            if attribute.HasField('g'): operators(attribute.g, found)
    return found


def four_bits(source, target, symmetric=True, **more):
    quantizer = MatMulNBitsQuantizer(model=onnx.load(source), block_size=32, is_symmetric=symmetric, accuracy_level=None, **more)
    quantizer.process()
    onnx.save(quantizer.model.model, target)


def bnb(source, target):
    quantizer = MatMulBnb4Quantizer(onnx.load(source), 1, 64)
    quantizer.process()
    onnx.save(quantizer.model, target) if isinstance(quantizer.model, onnx.ModelProto) else onnx.save(quantizer.model.model, target)


SMALLER = {
    'fp16': lambda a, b: onnx.save(convert_float_to_float16(onnx.load(a), keep_io_types=True, disable_shape_infer=True), b),
    'int8': lambda a, b: quantize_dynamic(a, b, weight_type=QuantType.QInt8, extra_options={'EnableSubgraph': True}),
    'uint8': lambda a, b: quantize_dynamic(a, b, weight_type=QuantType.QUInt8, per_channel=True, reduce_range=True),
    'q4': four_bits,
    'q4-asymmetric': lambda a, b: four_bits(a, b, symmetric=False),
    'q4-gather': lambda a, b: four_bits(a, b, op_types_to_quantize=('MatMul', 'Gather')),
    'q4-qdq': lambda a, b: four_bits(a, b, quant_format=QuantFormat.QDQ),
    'bnb4': bnb,
}
KEPT = {'t5 fp32/decoder_model_merged int8': 't5-int8-merged.onnx', 't5-gated fp32/decoder_model_merged q4': 't5-gated-q4-merged.onnx',
        'bart fp32/encoder_model fp16': 'bart-fp16-encoder.onnx', 'bart O2/decoder_with_past_model': 'bart-optimized-decoder.onnx',
        't5 O2/encoder_model': 't5-optimized-encoder.onnx', 'bart fp32/encoder_model q4-qdq': 'bart-q4-qdq-encoder.onnx',
        't5 fp32/encoder_model q4-gather': 't5-q4-gather-encoder.onnx'}


def main(out):
    found = {}
    with tempfile.TemporaryDirectory() as scratch:
        for name, make in MODELS.items():
            for optimize, opset in ((None, None), (None, 14), (None, 17), ('O1', None), ('O2', None), ('O3', None)):
                how = f'{name} {optimize or "fp32"}' + (f' opset {opset}' if opset else '')
                folder = pathlib.Path(scratch) / how.replace(' ', '-')
                onnx_export_from_model(make(), folder, task='text2text-generation-with-past', optimize=optimize, opset=opset, do_validation=False)
                for path in sorted(folder.glob('*.onnx')):
                    made = [(f'{how}/{path.stem}', path)]
                    for kind, convert in ({} if opset or optimize not in (None, 'O1') else SMALLER).items():
                        smaller = folder / f'{path.stem}.{kind}'
                        try: convert(path, smaller)
                        except AssertionError: continue  # fp16 of a graph whose outputs stand in branches
                        made.append((f'{how}/{path.stem} {kind}', smaller))
                    for title, file in made:
                        row = ' '.join([how, *title[len(how):].split(' ')[1:]])
                        found.setdefault(row, set()).update(operators(onnx.load(file).graph, set()))
                        if title in KEPT: shutil.copy(file, out / KEPT[title])
    rows = (f'  {json.dumps(row)}: {json.dumps(" ".join(sorted(names)))}' for row, names in found.items())
    (out / 'operators.json').write_text('{\n' + ',\n'.join(rows) + '\n}\n')


if __name__ == '__main__': main(pathlib.Path(sys.argv[1]))
