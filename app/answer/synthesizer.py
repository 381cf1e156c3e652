"""What Footnote's response synthesizers have in common as LlamaIndex sees them."""

from __future__ import annotations

from llama_index.core.callbacks.base import CallbackManager
from llama_index.core.indices.prompt_helper import ChatPromptHelper, PromptHelper
from llama_index.core.llms import MockLLM
from llama_index.core.response_synthesizers.base import BaseSynthesizer


class Synthesizer(BaseSynthesizer):
    """A LlamaIndex response synthesizer that uses none of LlamaIndex's models and prompts."""

    def __init__(self) -> None:
        """Give the base class all that it would else look for.

        Where it is given no model it asks the global settings for one, and where it is given no
        prompt helpers it makes them, with the vocabulary of an OpenAI model, which takes a third
        of a second to read. Ours cut no prompts.
        """
        super().__init__(
            llm=MockLLM(),
            callback_manager=CallbackManager([]),
            prompt_helper=PromptHelper(tokenizer=str.split),
            chat_prompt_helper=ChatPromptHelper(tokenizer=str.split),
        )
