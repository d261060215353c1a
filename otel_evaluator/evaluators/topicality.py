"""The answers are about what was asked, as far as shared words can tell."""

from otel_evaluator.api import Check, EvaluatorConfig, Scored, Skipped, Subject, Verdict, evaluator
from otel_evaluator.evaluators._answers import Answer, answers, no_answer
from otel_evaluator.evaluators._probability import uncertain
from otel_evaluator.evaluators._steps import steps
from otel_evaluator.evaluators.wording.overlap import in_cjk, share, stems, stems_of, tongues
from otel_evaluator.evaluators.wording.phrases import admits_failure
from otel_evaluator.model.outcome import Unscored
from otel_evaluator.text.encodable import encodable
from otel_evaluator.text.linear import compile_linear

MIN_ANSWER, MIN_QUESTION = 10, 2
"""Words with a meaning that an answer and a question need before they are compared."""
MAX_QUESTION = 4_000
"""Characters of a question that are read."""
_THANKS = compile_linear(
    r"(?i)\b(?:thanks|thank you|thx|cheers|danke|merci|gracias|grazie|obrigad[oa]|bedankt|"
    r"dank je)\b"
    r"|谢谢|ありがとう"
)
"""The answer to it is about anything."""
_CREATIVE = compile_linear(
    r"(?i)(?:^|[^\pL])(?:write|compose|draft|generate|invent|imagine|poem|haiku|story|joke|riddle|"
    r"translate|rephrase|paraphrase|summari[sz]e|rewrite|brainstorm|roleplay|schreibe?|gedicht|"
    r"witz|"
    r"übersetze?|escribe|traduce|poema|chiste|écris|traduis|poème|blague|scrivi|traduci|escreve|"
    r"traduz|schrijf|vertaal)(?:$|[^\pL])|写|翻译|書い|訳し|翻訳"
)
"""What asks for words of its own."""
OFF, ON = 0.1, 0.15
"""Shares of an answer's words that its context has: below off the topic, above on it."""
MAX_MESSAGES = 6
"""Messages before an answer among which a tool's result is for it."""
ANSWERED = 0.3
"""Share of the question's words that the answer takes up, from which it is on the topic."""


class TopicalityConfig(EvaluatorConfig):
    """Settings of ``topicality``."""


@evaluator("topicality", version=1)
def topicality(config: TopicalityConfig) -> Check:
    """Share of the answers that take up words of the question or of what was looked up for it."""

    def check(subject: Subject) -> Verdict:
        found = [a for a in answers(subject) if a.question]
        if not found:
            return no_answer(subject) or Skipped("not_applicable", "there is no question")
        around = [m.content for m in subject.messages if m.role in ("tool", "system")]
        around += [d.content for r in subject.retrievals for d in r.documents]
        around += [t.result for t in subject.tools]
        around += [d.description for d in subject.tool_definitions]
        looked = [step.position for step in steps(subject)]
        off, unsure = [], 0
        for number, answer in enumerate(found, 1):
            said, asked = stems(answer.text), stems(answer.question)
            if len(said) < MIN_ANSWER or len(asked) < MIN_QUESTION:
                continue
            if share(asked, said) >= ANSWERED or admits_failure(answer.text):
                continue
            if _THANKS.search(encodable(answer.question[:MAX_QUESTION])):
                continue
            asked_in, told_in = tongues(answer.question), tongues(answer.text)
            if asked_in and told_in and asked_in.isdisjoint(told_in):
                # Whether that is right is not a question of the topic.
                continue
            if _CREATIVE.search(encodable(answer.question[:MAX_QUESTION])):
                unsure += 1
                continue
            earlier = (m.content for m in subject.messages[: answer.position])
            near = share(said, stems_of([*around, *earlier]) | asked)
            # Pairs of characters are shared less than words are.
            if near < OFF and not _looked_up(answer, looked) and not in_cjk(answer.text):
                off.append(number)
            elif near < ON:
                unsure += 1
        if off:
            what = f"answer {off[0]} shares next to no word with the question and its context"
            return Scored(1 - len(off) / len(found), "off_topic", False, what)
        if unsure:
            return _unsure()
        return Scored(1.0, "on_topic", True)

    return check


def _looked_up(answer: Answer, positions: list[int]) -> bool:
    """Whether a tool was called for this answer: it may tell what came back in other words."""
    return any(answer.position - MAX_MESSAGES <= place < answer.position for place in positions)


def _unsure() -> Unscored:
    return uncertain(0.8, "an answer shares few words with the question")
