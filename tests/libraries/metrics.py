"""Metrics as a user would define them, asked of a model where the library needs one."""

import os
from typing import Any

QUESTION = "Question: {input}\nAnswer: {output}\nIs it relevant?"


def autoevals_llm() -> Any:
    from autoevals import Factuality

    return Factuality(base_url=os.environ["OPENAI_BASE_URL"], api_key="sk-nothing", model="gpt-4o")


def openevals_llm() -> Any:
    from openevals.llm import create_llm_as_judge

    prompt = "Question: {inputs}\nAnswer: {outputs}\nIs it relevant?"
    return create_llm_as_judge(prompt=prompt, model="openai:gpt-4o", feedback_key="relevance")


def deepeval_llm() -> Any:
    from deepeval.metrics import GEval
    from deepeval.models import OpenAIModel
    from deepeval.test_case import SingleTurnParams

    parameters = [SingleTurnParams.INPUT, SingleTurnParams.ACTUAL_OUTPUT]
    model = OpenAIModel(
        model="gpt-4o", base_url=os.environ["OPENAI_BASE_URL"], api_key="sk-nothing"
    )
    steps = ["Is the answer about the question?"]
    return GEval(
        name="relevance", evaluation_steps=steps, evaluation_params=parameters, model=model,
        async_mode=False,
    )  # fmt: skip


def phoenix_llm() -> Any:
    from phoenix.evals import LLM, create_classifier

    llm = LLM(provider="openai", model="gpt-4o", base_url=os.environ["OPENAI_BASE_URL"])
    choices = {"relevant": 1.0, "irrelevant": 0.0}
    return create_classifier(name="relevance", prompt_template=QUESTION, llm=llm, choices=choices)


def ragas_llm() -> Any:
    from openai import AsyncOpenAI
    from ragas.llms import llm_factory
    from ragas.metrics.collections import Faithfulness

    return Faithfulness(llm=llm_factory("gpt-4o", client=AsyncOpenAI()))
