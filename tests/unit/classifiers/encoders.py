"""Small random encoders and encoder-decoders with real tokenizers, built here."""

from __future__ import annotations

from pathlib import Path

from .conftest import CORPUS

WORDS = ["good", "bad", "plain", "Positive", "Neutral", "Negative", "Posi", "tive"]


def save_wordpiece(folder: Path) -> int:
    """Save a WordPiece tokenizer that knows the labels as whole words; return its size."""
    from tokenizers import BertWordPieceTokenizer
    from transformers import BertTokenizerFast

    pieces = BertWordPieceTokenizer(lowercase=False)
    pieces.train_from_iterator(CORPUS * 20, vocab_size=300, min_frequency=2, show_progress=False)
    pieces.add_tokens(WORDS[:6])
    fast = BertTokenizerFast(tokenizer_object=pieces._tokenizer, do_lower_case=False)
    fast.save_pretrained(folder)
    return len(fast)


def save_unigram(folder: Path) -> int:
    """Save a SentencePiece-style Unigram tokenizer, as T5's; return its size."""
    from tokenizers import (
        Regex,
        Tokenizer,
        decoders,
        models,
        normalizers,
        pre_tokenizers,
        processors,
        trainers,
    )
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.Replace(Regex(r"\s+"), " ")
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    trainer = trainers.UnigramTrainer(
        vocab_size=220, special_tokens=["<pad>", "</s>", "<unk>"], unk_token="<unk>",
        show_progress=False,
    )  # fmt: skip
    tokenizer.train_from_iterator(CORPUS * 20, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="$A </s>", special_tokens=[("</s>", 1)]
    )
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="<pad>", eos_token="</s>", unk_token="<unk>"
    )
    fast.save_pretrained(folder)
    return len(fast)


def save_bert(folder: Path, kind: str) -> Path:
    """Save a random BERT of two layers: ``kind`` is the class, such as ``BertForMaskedLM``."""
    import torch
    import transformers

    size = save_wordpiece(folder)
    torch.manual_seed(4)
    config = transformers.BertConfig(
        vocab_size=size, hidden_size=32, num_hidden_layers=2, num_attention_heads=2,
        intermediate_size=64, max_position_embeddings=256, initializer_range=0.3,
    )  # fmt: skip
    getattr(transformers, kind)(config).save_pretrained(folder)
    return folder


def save_t5(folder: Path, kind: str = "T5") -> Path:
    """Save a random T5 or MT5 of two layers."""
    import torch
    import transformers

    size = save_unigram(folder)
    torch.manual_seed(5)
    config = getattr(transformers, f"{kind}Config")(
        vocab_size=size, d_model=32, d_kv=16, d_ff=64, num_layers=2, num_heads=2,
        decoder_start_token_id=0, pad_token_id=0, eos_token_id=1, initializer_factor=1.0,
    )  # fmt: skip
    getattr(transformers, f"{kind}ForConditionalGeneration")(config).save_pretrained(folder)
    return folder


def save_bart(folder: Path) -> Path:
    """Save a random BART of two layers, whose answers are forced to begin with ``<s>``."""
    import torch
    from transformers import BartConfig, BartForConditionalGeneration

    from .conftest import save_tokenizer

    size = save_tokenizer(folder, 420, pad_token="<|endoftext|>")
    torch.manual_seed(6)
    config = BartConfig(
        vocab_size=size, d_model=32, encoder_layers=2, decoder_layers=2, encoder_ffn_dim=64,
        decoder_ffn_dim=64, encoder_attention_heads=2, decoder_attention_heads=2,
        max_position_embeddings=256, init_std=0.3, bos_token_id=0, eos_token_id=0, pad_token_id=0,
        decoder_start_token_id=0, forced_bos_token_id=0, forced_eos_token_id=None,
    )  # fmt: skip
    BartForConditionalGeneration(config).save_pretrained(folder)
    return folder
