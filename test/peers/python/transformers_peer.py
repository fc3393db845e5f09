"""What Hugging Face transformers generates with small random models, which optimum exports for ours: a question a line."""

import importlib.util
import json
import os
import sys
import warnings
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"
warnings.filterwarnings("ignore")
HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

import torch
from optimum.exporters.onnx import main_export
from optimum.onnxruntime import ORTModelForSeq2SeqLM
from transformers import BartConfig, BartForConditionalGeneration, T5Config, T5ForConditionalGeneration, logging

from lines import serve

logging.set_verbosity_error()
torch.set_num_threads(1)
_made = importlib.util.spec_from_file_location("make", HERE.parent.parent / "vectors" / "generation" / "make.py")
VECTORS = importlib.util.module_from_spec(_made)
_made.loader.exec_module(VECTORS)

MERGED, APART = "decoder_model_merged.onnx", ("decoder_model.onnx", "decoder_with_past_model.onnx")
NOISE = [(seed, size) for size in (1e-7, 1e-6, 4e-6) for seed in range(4)]
MODELS = {}


def t5(shape):
    model = T5ForConditionalGeneration(
        T5Config(
            vocab_size=shape["vocabulary"],
            d_model=shape["width"],
            d_kv=shape["width"] // shape["heads"],
            d_ff=shape["inner"],
            num_layers=shape["encoderLayers"],
            num_decoder_layers=shape["decoderLayers"],
            num_heads=shape["heads"],
            relative_attention_num_buckets=shape["buckets"],
            feed_forward_proj="gated-gelu" if shape["gated"] else "relu",
            tie_word_embeddings=not shape["gated"],
            decoder_start_token_id=0,
            pad_token_id=0,
            eos_token_id=1,
            dropout_rate=0.0,
        )
    )
    fill(model, shape["scale"])
    with torch.no_grad():
        (model.lm_head if shape["gated"] else model.shared).weight[1] *= shape["ends"]
    return model


def bart(shape):
    model = BartForConditionalGeneration(
        BartConfig(
            vocab_size=shape["vocabulary"],
            d_model=shape["width"],
            encoder_layers=shape["encoderLayers"],
            decoder_layers=shape["decoderLayers"],
            encoder_attention_heads=shape["heads"],
            decoder_attention_heads=shape["heads"],
            encoder_ffn_dim=shape["inner"],
            decoder_ffn_dim=shape["inner"],
            max_position_embeddings=128,
            pad_token_id=1,
            bos_token_id=0,
            eos_token_id=2,
            decoder_start_token_id=2,
            forced_bos_token_id=None,
            forced_eos_token_id=None,
            dropout=0.0,
            attention_dropout=0.0,
            activation_dropout=0.0,
        )
    )
    fill(model, shape["scale"])
    with torch.no_grad():
        model.model.shared.weight[1] = 0
        model.final_logits_bias[0, 2] = 2.0 * shape["ends"]
    return model


def fill(model, scale):
    """Random weights that are large enough for the output not to be one token repeated."""
    with torch.no_grad():
        for name, weights in model.named_parameters():
            if weights.dim() == 1:
                continue
            embeds = any(part in name for part in ("shared", "embed", "lm_head", "relative"))
            weights.copy_(torch.randn_like(weights) * scale / (1 if embeds else weights.shape[-1] ** 0.5))


def model_of(shape):
    key = json.dumps(shape)
    if key not in MODELS:
        torch.manual_seed(shape["seed"])
        MODELS[key] = {"t5": t5, "bart": bart}[shape["family"]](shape).eval()
    return MODELS[key]


def export(asked):
    """Leaves what optimum leaves, but one of its two layouts of the decoder."""
    shape, directory = asked["shape"], Path(asked["directory"])
    made = directory.with_suffix(".torch")
    model_of(shape).save_pretrained(made)
    main_export(str(made), output=directory, task="text2text-generation-with-past", do_validation=False)
    for name in APART if shape["merged"] else (MERGED,):
        (directory / name).unlink()
    return "exported"


def texts(model, asked):
    return VECTORS.run(model, asked["inputs"], asked["config"])[1]


def nearby(asked):
    """What else comes of it where numbers are rounded otherwise: over onnxruntime, and with weights changed in the last digits."""
    found = [texts(ORTModelForSeq2SeqLM.from_pretrained(asked["directory"]), asked)]
    model = model_of(asked["shape"])
    exact = {name: value.clone() for name, value in model.state_dict().items()}
    for seed, size in NOISE:
        generator = torch.Generator().manual_seed(seed)
        with torch.no_grad():
            for name, weights in model.named_parameters():
                weights.copy_(exact[name] * (1 + size * torch.randn(weights.shape, generator=generator)))
        found.append(texts(model, asked))
    model.load_state_dict(exact)
    return found


def answer(asked):
    verb = asked["do"]
    if verb == "export":
        return export(asked)
    if verb == "nearby":
        return json.dumps(nearby(asked))
    if "shape" in asked:
        return json.dumps(texts(model_of(asked["shape"]), asked))
    name = asked["model"]
    if name not in MODELS:
        MODELS[name] = VECTORS.MODELS[name]()
    return json.dumps(texts(MODELS[name], asked))


serve(answer)
