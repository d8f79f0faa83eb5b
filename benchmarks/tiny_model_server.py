# /// script
# requires-python = ">=3.11"
# dependencies = ["torch>=2.13,<2.14", "transformers[serving]>=5.23,<6", "tokenizers>=0.23"]
# ///
"""A model server that is not ours, with a model of two megabytes that is made on the spot and knows nothing.

Its weights are random, so its answers are word salad, but they come over the wire as those of any model: in pieces of
uneven size, at a real pace, with half characters and control characters among them. ``docs/operations.md``, section
Local models, says how to run it in an environment of its own and connect the site to it::

    python benchmarks/tiny_model_server.py --port 11434
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

NAME = "chatproject/tiny-random"
CONTEXT_WINDOW = 4096
VOCABULARY = 2048
CORPUS = Path(__file__).resolve().parent.parent
TEMPLATE = (
    "{% for message in messages %}<|{{ message.role }}|>{{ message.content }}<|end|>{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
SPECIAL = ["<|end|>", "<|system|>", "<|user|>", "<|assistant|>"]


def make_model(folder: Path) -> None:
    """Write a causal model of two layers, with its tokenizer and chat template, as a hub would have delivered it."""
    import torch  # noqa: PLC0415 - takes seconds, and --help needs none of it
    from transformers import GenerationConfig, LlamaConfig, LlamaForCausalLM  # noqa: PLC0415

    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=VOCABULARY,
        hidden_size=64,
        intermediate_size=256,
        num_hidden_layers=2,
        num_attention_heads=4,
        max_position_embeddings=CONTEXT_WINDOW,
        bos_token_id=None,
        eos_token_id=0,
        pad_token_id=0,
    )
    model = LlamaForCausalLM(config)
    model.generation_config = GenerationConfig(do_sample=True, eos_token_id=0, pad_token_id=0)
    model.save_pretrained(folder)
    _make_tokenizer(folder)


def _make_tokenizer(folder: Path) -> None:
    from tokenizers import ByteLevelBPETokenizer  # noqa: PLC0415
    from transformers import PreTrainedTokenizerFast  # noqa: PLC0415

    learned = ByteLevelBPETokenizer()
    texts = sorted(str(path) for pattern in ("*.md", "docs/**/*.md") for path in CORPUS.glob(pattern))
    learned.train(texts, vocab_size=VOCABULARY, special_tokens=SPECIAL, show_progress=False)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=learned._tokenizer,  # noqa: SLF001 - the two libraries meet nowhere else
        eos_token=SPECIAL[0],
        pad_token=SPECIAL[0],
        chat_template=TEMPLATE,
        model_max_length=CONTEXT_WINDOW,
    )
    tokenizer.save_pretrained(folder)


def lay_out(home: Path) -> Path:
    """Give the folder under ``home`` where the server looks for this model: it lists nothing but its cache."""
    repository = home / "hub" / f"models--{NAME.replace('/', '--')}"
    revision = "0" * 40
    (repository / "refs").mkdir(parents=True)
    (repository / "refs" / "main").write_text(revision)
    snapshot = repository / "snapshots" / revision
    snapshot.mkdir(parents=True)
    return snapshot


def main() -> None:
    parser = argparse.ArgumentParser(description="Serve a tiny model with random weights.")
    parser.add_argument("--port", type=int, default=11434)
    port = parser.parse_args().port
    home = Path(tempfile.mkdtemp(prefix="tiny-model-"))
    make_model(lay_out(home))
    print(f"{NAME} is in {home}. Connect the site with LOCAL_BASE_URL=http://127.0.0.1:{port}/v1", flush=True)
    command = [sys.executable, "-m", "transformers.cli.transformers", "serve", "--host", "127.0.0.1", "--port"]
    one_thread = {"OMP_NUM_THREADS": "1"}  # so small a model loses more than it gains by more
    environment = os.environ | {"HF_HOME": str(home), "HF_HUB_OFFLINE": "1"} | one_thread
    os.execve(sys.executable, [*command, str(port)], environment)


if __name__ == "__main__":
    main()
