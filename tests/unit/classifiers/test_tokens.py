from pathlib import Path

import pytest

from audit.classifiers.loading import quiet
from audit.classifiers.tokens import check_causal
from audit.errors import ClassifierError


def test_an_encoder_loaded_as_a_decoder_is_refused(bert: Path) -> None:
    from transformers import BertLMHeadModel

    with quiet():
        model = BertLMHeadModel.from_pretrained(bert, local_files_only=True).eval()
        with pytest.raises(ClassifierError, match="no causal language model"):
            check_causal(model, [5, 6, 7, 8], "bert")
