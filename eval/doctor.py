"""What `footnote doctor` looks at on this floor."""

from __future__ import annotations

from eval.settings import EvalSettings


def judge(settings: EvalSettings) -> str:
    """Have the judge say a word.

    Returns:
        Which model judges and how fast it answered, or that none is set.

    Raises:
        JudgeError: It did not answer.
    """
    if not settings.has_judge:
        return "not set; `footnote eval run` needs none"
    from eval.ragas.judge_client import probe

    seconds = probe(settings)
    return f"{settings.judge_model} at {settings.judge_base_url}, which answered in {seconds:.1f} s"


CHECKS = (("judge", judge),)
