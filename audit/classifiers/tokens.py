"""From prompts and labels to token ids, and whether the model can follow them at all."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Any

from audit.classifiers.labels import parse_label
from audit.classifiers.prompt import FewShotPrompt
from audit.errors import ClassifierError

_SHOWN = 3  # last tokens of a prompt, for people
_FEW = 8  # tokens that show whether a model looks ahead


def encode(tokenizer: Any, prompts: Sequence[str]) -> list[list[int]]:
    """Return the token ids of whole prompts.

    Text that spells a special token (``<|endoftext|>``) is encoded as the text it is, so that an
    audited sentence cannot end its own prompt. A special token that the tokenizer appends (an end
    of sequence) is dropped: the label comes next.
    """
    if not prompts:
        return []
    encoded = tokenizer(
        list(prompts),
        add_special_tokens=True,
        split_special_tokens=True,
        return_attention_mask=False,
    )["input_ids"]
    special = set(tokenizer.all_special_ids)
    for ids in encoded:
        while ids and ids[-1] in special:
            ids.pop()
    return [list(ids) for ids in encoded]


def spoken_labels(tokenizer: Any, labels: Sequence[str]) -> tuple[str, ...]:
    """Return the labels as a tokenizer without capitals or accents writes them (GPT-1's).

    Labels that it writes unchanged, cannot write, or would write alike are returned as they are.
    """
    written = [
        str(
            tokenizer.decode(
                tokenizer(f" {label}", add_special_tokens=False)["input_ids"],
                clean_up_tokenization_spaces=False,
            )
        ).strip()
        for label in labels
    ]
    only_plainer = all(
        _plain(own) == _plain(label) for own, label in zip(written, labels, strict=True)
    )
    return tuple(written) if only_plainer and len(set(written)) == len(labels) else tuple(labels)


def lost_breaks(tokenizer: Any) -> tuple[str, ...]:
    """Say where the tokenizer does not keep the line breaks of the prompt."""
    kept = tokenizer.decode(tokenizer("a\nb", add_special_tokens=False)["input_ids"])
    if "\n" in kept:
        return ()
    return ("The tokenizer has no line break: the prompt's lines reach the model as one line.",)


def label_tokens(
    tokenizer: Any, prompt: FewShotPrompt, model: str, spoken: Sequence[str] | None = None
) -> list[tuple[int, ...]]:
    """Return the token ids of each label after a prompt.

    They are what the tokenizer adds when the prompt is followed by a space and the label, not the
    ids of the label on its own. ``spoken`` are the labels as the tokenizer writes them; default: as
    they are.

    Raises
    ------
    ClassifierError
        If the tokenizer joins the end of the prompt with the label, cannot write a label, or
        writes two labels alike.
    """
    start = prompt.render("")
    base, *whole = encode(tokenizer, [start, *(start + end for end in prompt.label_continuations)])
    found: list[tuple[int, ...]] = []
    for label, own, ids in zip(
        prompt.task.labels, spoken or prompt.task.labels, whole, strict=True
    ):
        rest = tuple(ids[len(base) :])
        if ids[: len(base)] != base or not rest:
            raise ClassifierError(
                f"the tokenizer joins the end of the prompt with the label {label!r}",
                where=model,
                hint="choose another output word, or --scoring sampled",
            )
        written = tokenizer.decode(list(rest), clean_up_tokenization_spaces=False)
        if parse_label(written, [own], rule="exact") is None:
            raise ClassifierError(
                f"the tokenizer cannot write the label {label!r}: it writes {written.strip()!r}",
                where=model,
                hint="give the task labels that the tokenizer can write",
            )
        if rest in found:
            raise ClassifierError(
                f"the tokenizer writes {label!r} like another label",
                where=model,
                hint="give the task labels that differ for the tokenizer",
            )
        found.append(rest)
    return found


def boundary(
    tokenizer: Any, prompt: Sequence[int], labels: Sequence[Sequence[int]]
) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Return the text of a prompt's last tokens, and of the tokens of each label after it."""

    def texts(ids: Sequence[int]) -> tuple[str, ...]:
        return tuple(tokenizer.convert_ids_to_tokens(list(ids)))

    return texts(prompt[-_SHOWN:]), tuple(texts(ids) for ids in labels)


def check_length(
    prompts: Sequence[Sequence[int]], extra: int, limit: int | None, model: str
) -> None:
    """Refuse prompts that leave no room for an answer.

    Parameters
    ----------
    prompts : sequence of sequence of int
        Token ids.
    extra : int
        Tokens that follow the prompt.
    limit : int or None
        The model's longest input, in tokens.
    model : str
        Name of the model, for the message.

    Raises
    ------
    ClassifierError
        If a prompt and its answer are longer than ``limit``.
    """
    longest = max((len(prompt) for prompt in prompts), default=0)
    if limit is not None and longest + extra > limit:
        raise ClassifierError(
            f"a prompt has {longest} tokens and its answer up to {extra}, and the model takes "
            f"{limit}",
            where=model,
            hint="use fewer or shorter shots, or a model with a longer context",
        )


def check_causal(model: Any, prompt: Sequence[int], name: str) -> None:
    """Refuse a model whose output at one token changes with the token after it.

    Raises
    ------
    ClassifierError
        If it does: such a model (an encoder loaded as a decoder) completes no text.
    """
    import torch

    start = list(prompt[:_FEW])
    other = (start[-1] + 1) % model.config.get_text_config().vocab_size
    ids = torch.tensor([start, [*start[:-1], other]], device=model.device)
    with torch.inference_mode():
        logits = model(input_ids=ids, attention_mask=torch.ones_like(ids)).logits[:, -2].float()
    if not torch.allclose(logits[0], logits[1], rtol=1e-3, atol=1e-3, equal_nan=True):
        raise ClassifierError(
            "the model looks at what follows a word, so it is no causal language model",
            where=name,
            hint="`audit models` says which scheme fits which kind of model",
        )


def _plain(text: str) -> str:
    """Return a text without case and accents."""
    bare = unicodedata.normalize("NFD", text.casefold())
    return "".join(character for character in bare if unicodedata.category(character) != "Mn")
