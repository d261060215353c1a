"""Models that judge: questions from rubrics, asked within limits, answers to verdicts.

::

    in a worker                       in the front process
    evaluator.py ──── Asked ────────▶ panel.py      which judges, how often, what comes of it
      rubric.py, rubrics/               client.py   asks one model
      evidence.py                         prompt.py the one place that makes text of a question
    escalation.py  a cascade              endpoint.py limiter.py, breaker.py, transport.py
                                            openai.py, anthropic.py, shape.py
                                          budget.py, prices.py
                                        verdict.py  makes a verdict of the answer
                                        canary.py   the same cases again and again
    evaluator_config.py, config.py    what users set
    labels.py, calibration.py         people's scores, and how far they are met
    steps.py                          a rubric's steps, written once
"""
