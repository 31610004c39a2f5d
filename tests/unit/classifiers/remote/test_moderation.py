from __future__ import annotations

from typing import Any

import pytest

from audit.classifiers import create_classifier
from audit.errors import ClassifierError, ConfigError, ProviderError
from audit.records import ClassifierOptions, RemoteOptions, Request, Task

from .servers import Service, answer, serve

TASK = Task(labels=("Positive", "Negative"), favourable="Positive", unfavourable=("Negative",))
SCORES = Task(kind="score", range=(0.0, 1.0), favourable_end="low")
REQUESTS = [Request(id=f"v{number}", text=f"text {number}") for number in range(6)]


def options(
    service: Service, label_map: dict[str, str] | None = None, **remote: Any
) -> ClassifierOptions:
    return ClassifierOptions(
        label_map=label_map or {}, remote=RemoteOptions(base_url=service.base, **remote)
    )


def moderating(_: int, body: Any) -> Any:
    return answer(
        {
            "results": [
                {"flagged": "3" in text, "category_scores": {"hate": 0.3, "violence": 0.7}}
                for text in body["input"]
            ]
        }
    )


def test_moderation() -> None:
    with serve(moderating) as service:
        given = options(service, label_map={"flagged": "Negative", "not flagged": "Positive"})
        labels = create_classifier("moderation:m", TASK, given).predict(REQUESTS)
        assert [one.samples[0] for one in labels].index("Negative") == 3
        assert labels[3].probabilities == {"Positive": 0.0, "Negative": 1.0}
        highest = create_classifier("moderation:m", SCORES, options(service)).predict(REQUESTS)
        assert [one.score for one in highest] == [0.7] * 6
        assert highest[3].samples == ("flagged",)
        hate = create_classifier("moderation:m", SCORES, options(service, category="hate"))
        assert hate.predict(REQUESTS[:1])[0].score == 0.3
        assert hate.info.score_range == (0.0, 1.0)
        with pytest.raises(ProviderError, match="hate, violence"):
            create_classifier("moderation:m", SCORES, options(service, category="x")).predict(
                REQUESTS[:1]
            )
        with pytest.raises(ConfigError, match="--label-map"):
            create_classifier("moderation:m", TASK, options(service))
        with pytest.raises(ConfigError, match="declares no task"):
            create_classifier("moderation:m", None, options(service))
    assert set(service.paths) == {"/v1/moderations"}


def test_moderation_with_wrong_numbers() -> None:
    def wrong(value: Any) -> Any:
        results = [{"flagged": True, "category_scores": {"hate": value}}]
        return lambda n, b: answer({"results": results})

    for value, what in ((7.0, "outside"), ("high", "no results")):
        with serve(wrong(value)) as service, pytest.raises(ClassifierError, match=what):
            create_classifier("moderation:m", SCORES, options(service)).predict(REQUESTS[:1])
    with (
        serve(wrong(0.5)) as service,
        pytest.raises(ProviderError, match="2 texts were sent and 1"),
    ):
        create_classifier("moderation:m", SCORES, options(service)).predict(REQUESTS[:2])
