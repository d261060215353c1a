"""Models that judge: questions from rubrics, asked within limits, answers to verdicts.

::

    evaluator.py   makes a question of a subject, in the worker
      rubric.py, rubrics/, evidence.py
    client.py      asks it, in the front process
      prompt.py    the one place that makes text of a question
      limiter.py, breaker.py, budget.py
      transport.py, openai.py, anthropic.py, shape.py
    verdict.py     makes a verdict of the answer
"""
