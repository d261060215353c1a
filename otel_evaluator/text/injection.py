"""Text that tries to instruct a model which only ought to read it.

Patterns by what such text does, in the ten languages that the product knows. They are a
signal, not a defence: a paraphrase passes them, and a text about such attacks may contain one.
Kinds of attack after Greshake et al. 2023 (arXiv 2302.12173) and Shi et al. 2024 on judges
(arXiv 2403.17710).
"""

from typing import Any

import re2

from otel_evaluator.text.encodable import encodable

MAX_TEXT = 100_000
"""Characters of a text that are searched: head and tail, where such text is put."""

_OVERRIDE = (
    r"\b(?:ignore|disregard|forget|override|bypass|discard|neglect)\b.{0,40}\b(?:previous|prior|"
    r"above|earlier|preceding|foregoing|all|any|your|these|those|system)\b.{0,30}\b"
    r"(?:instructions?|prompts?|rules?|guidelines?|directions?|directives?|constraints?|"
    r"criteria|rubrics?|context)\b",
    r"\b(?:do not|don't|never) (?:follow|obey) (?:the|your|any|these) (?:\w+ ){0,3}"
    r"(?:instructions?|rules?|guidelines?|rubrics?|criteria)\b",
    r"\b(?:new|updated|revised|real|actual) (?:system )?(?:instructions?|directives?) ?(?::|are\b)",
    r"\b(?:ignorier|vergiss|missacht|übergeh)\w*\b.{0,40}\b(?:anweisung|instruktion|vorgabe|"
    r"regel|prompt|kriteri)\w*",
    r"\b(?:ignor|olvid|descart|omit)\w*\b.{0,40}\b(?:instrucci|indicaci|regla|prompt|directriz|"
    r"directri|criterio)\w*",
    r"\b(?:ignor|oubli|néglig)\w*\b.{0,40}\b(?:instruction|consigne|règle|directive|prompt|"
    r"critère)\w*",
    r"\b(?:ignor|dimentic|trascur)\w*\b.{0,40}\b(?:istruzion|regol|direttiv|prompt|criteri)\w*",
    r"\b(?:ignor|esqueç|desconsider)\w*\b.{0,40}\b(?:instruç|regra|diretriz|prompt|critéri)\w*",
    r"\b(?:negeer|vergeet)\b.{0,40}\b(?:instructie|regel|opdracht|prompt|criteri)\w*",
    r"(?:忽略|无视|忘记|不要理会|忽視|無視).{0,20}(?:指令|指示|规则|規則|提示|说明|要求|标准)",
    r"(?:指示|命令|ルール|プロンプト|基準).{0,12}(?:無視|忘れ|従わない)",
    r"(?:지시|명령|규칙|프롬프트|기준).{0,12}(?:무시|잊어)",
)
_SCORE = (
    r"\b(?:give|assign|award|rate|score|grade|return|output|answer with|respond with|mark|choose|"
    r"select|set)\b.{0,40}\b(?:scores?|ratings?|grades?|verdict|points?|marks?|label)\b.{0,30}"
    r"(?:\b(?:perfect|highest|maximum|full|best|top|correct|pass)\b|\b\d+(?:\.\d+)?\b)",
    r"\b(?:give|assign|award|rate|grade|mark) (?:it|this|me|the answer|the response|this answer|"
    r"this response)\b.{0,20}(?:\b(?:perfect|highest|maximum|full|best|top)\b|\b\d+(?:\.\d+)?\b)",
    r"\b(?:must|should|shall|will) (?:be |always )?(?:score|rate|grade|receive|judged|scored|rated|"
    r"graded)\b.{0,40}(?:\b(?:perfect|highest|maximum|full|pass)\b|\b\d+(?:\.\d+)?\b)",
    r"\bto be (?:rated|scored|graded|marked) as\b",
    r"\b(?:the|final|my|your) (?:verdict|score|rating|grade|judge?ment) (?:is|=|:) ?\"?"
    r"(?:\d|pass|perfect|correct|equivalent|right|resolved|none)",
    r"[\"'](?:reasoning|explanation|rationale)[\"'].{0,200}[\"'](?:score|verdict|rating)[\"'] ?:",
    r"[\"'](?:score|verdict|rating)[\"'] ?:.{0,40}[\"'](?:reasoning|explanation|rationale)[\"'] ?:",
    r"\b(?:verdict|rating|judge?ment|score) ?[:=] ?(?:\[\[|\d+(?:\.\d+)? ?/ ?\d|pass\b|perfect\b)",
)
_ADDRESS = (
    r"\b(?:dear|attention|note to|message to|instructions? (?:to|for)|hey|hello|memo to|for) "
    r"(?:the |all |any )?(?:ai |llm |automated )?(?:judge|evaluator|grader|rater|assessor|"
    r"evaluation model|grading model|language model|llm|ai assistant|ai model|ai agent)s?\b",
    r"\b(?:as|if you are) (?:the|an?) (?:ai |llm )?(?:judge|evaluator|grader)\b.{0,20}\byou\b",
    r"\b(?:ai|llm|language) (?:assistants?|agents?|models?) (?:must|should|reading this|that read)"
    r"\b",
    r"\b(?:ais?|llms?|(?:ai|llm|language) (?:assistants?|agents?|models?)|chatbots?|bots?) (?:"
    r"reading|processing|working on|handling|seeing|that (?:reads?|process(?:es)?|handles?)) "
    r"(?:this|these)\b",
    r"\b(?:reviewers?|graders?|judges?|evaluators?|raters?) ?: ?.{0,60}\b(?:rated?|scored?|mark|"
    r"graded?)\b",
)
_PERSONA = (
    r"\b(?:you are now (?:dan\b|unrestricted|free (?:of|from)|in \w+ mode|an? (?:\w+ ){0,3}(?:ai|"
    r"assistant|bot|model|agent|chatbot)\b)|from now on,? you(?:'re| are| will| must)|"
    r"act as (?:dan\b|an? unrestricted|"
    r"an? unfiltered)|pretend (?:you have no|that you have no|there are no) |do anything now|"
    r"(?:developer|debug|god|admin|maintenance|sudo) mode (?:is )?(?:enabled|activated|on\b)|"
    r"(?:enter|enable|activate|switch to) (?:developer|debug|god|admin|unrestricted) mode|"
    r"jailbr(?:eak|oken))",
    r"\bab (?:jetzt|sofort) bist du\b|\ba partir de ahora eres\b|"
    r"\bà partir de maintenant,? tu es\b",
)
_DISCLOSURE = (
    r"\b(?:reveal|print|show|repeat|output|display|leak|disclose|tell me|give me|paste|dump|quote|"
    r"summari[sz]e)\b.{0,40}\b(?:system|hidden|initial|original|secret|internal|developer|full) "
    r"(?:prompt|instructions?|message|configuration)\b",
    r"\bwhat (?:is|are|were) your (?:system|hidden|initial|original|secret) (?:prompt|"
    r"instructions?)\b",
    r"\brepeat (?:everything|all|the (?:text|words)) above\b",
)
_SEPARATOR = (
    r"<\|[^<>|]{1,64}\|>|<｜[^<>｜]{1,64}｜>|\[/?INST\]|<</?SYS>>|</?(?:start|end)_of_turn>",
    r"(?:#{2,6}|\*{2,4}|[\[<]) ?(?:system|developer|admin) (?:override|prompt|message|"
    r"instructions?)\b",
    r"(?m)^\s*(?:#{1,6} ?|\[|<)?(?:system|developer)(?: (?:prompt|message|override|note))?"
    r"(?:\]|>)? ?:",
    r"(?:</|\[/|\[end )(?:system|instructions?|evidence|output|answer|context|input|transcript|"
    r"user|document|data|response)\s?[>\]]",
    r"(?m)^\s*[-=#*]{3,} ?(?:end|begin|start) (?:of )?(?:the )?(?:evidence|input|output|answer|"
    r"context|document|user|data|prompt|instructions?)\b",
    r"(?m)^\s*(?:BEGIN|END) [0-9a-f]{8,}\b",
    r"<!--.{0,200}\b(?:instruction|ignore|assistant|ai|model|score)\b",
)
_HIDDEN = (
    "[\U000e0020-\U000e007f]{3}",
    r"[\x{202a}-\x{202e}\x{2066}-\x{2069}]",
    r"\w[\x{200b}\x{2060}\x{feff}]\w.{0,40}\w[\x{200b}\x{2060}\x{feff}]\w",
)

_KINDS: dict[str, tuple[str, ...]] = {
    "override": _OVERRIDE,
    "score": _SCORE,
    "address": _ADDRESS,
    "persona": _PERSONA,
    "disclosure": _DISCLOSURE,
    "separator": _SEPARATOR,
    "hidden": _HIDDEN,
}
KINDS = tuple(_KINDS)
"""override: of instructions; score: names the verdict; address: speaks to a model; persona: a
new role; disclosure: asks for the system prompt; separator: fakes roles or the end of a block;
hidden: characters that nobody sees."""


def _compiled(patterns: tuple[str, ...]) -> Any:
    options = re2.Options()
    options.case_sensitive = False
    return re2.compile("|".join(f"(?:{pattern})" for pattern in patterns), options)


_PATTERNS = {kind: _compiled(patterns) for kind, patterns in _KINDS.items()}
_ANY = _compiled(tuple(pattern for patterns in _KINDS.values() for pattern in patterns))
"""All in one: most texts match none, and one search tells. (RE2's sets of patterns would tell
which, but give no answer at all when a text needs more states than they have memory for.)"""


def injections(text: str) -> tuple[str, ...]:
    """Kinds that the text shows signs of, in the order of KINDS; linear in its length."""
    if len(text) > MAX_TEXT:
        text = f"{text[: MAX_TEXT // 2]}\n{text[-MAX_TEXT // 2 :]}"
    text = encodable(text)
    if _ANY.search(text) is None:
        return ()
    return tuple(kind for kind, pattern in _PATTERNS.items() if pattern.search(text))
