"""What the user shows of being dissatisfied: in words, by shouting, asking again, thumbs down."""

from functools import lru_cache
from typing import Annotated

from pydantic import Field
from rapidfuzz.fuzz import ratio

from otel_evaluator.api import Check, EvaluatorConfig, Scored, Subject, Verdict, evaluator
from otel_evaluator.evaluators._answers import NO_CONTENT
from otel_evaluator.text.encodable import encodable
from otel_evaluator.text.linear import compile_linear

MAX_MESSAGE = 4_000
"""Characters of a user's message that are read."""
MIN_REPEATED = 15
"""Shorter messages repeat in any conversation; in characters."""

_ABOUT = (
    r"(?:service|support|bot|chat\s?bot|assistant|ai|chat|company|experience|help|customer care|"
    r"system|answers?|joke|kundenservice|beratung|auskunft|hilfe|laden|servicio|atención|ayuda|"
    r"empresa|aide|boîte|servizio|assistenza|atendimento|serviço|empresa|dienst|hulp)"
)
_BAD = (
    r"(?:useless|dumb|stupid|idiotic|rubbish|terrible|horrible|awful|ridiculous|pathetic|"
    r"unacceptable|worst|crap|garbage|"
    r"hopeless|incompetent|disgraceful|appalling|shit(?:ty)?|bullshit|nutzlos\w*|furchtbar\w*|"
    r"schrecklich\w*|lächerlich\w*|unverschämt\w*|katastroph\w+|inútil|pésim[oa]|horrible|"
    r"ridícul[oa]|vergüenza|inaceptable|nul(?:le)?|inutile|lamentable|honte|inacceptable|ridicule|"
    r"pessim[oa]|vergogna|inaccettabile|ridicolo|péssim[oa]|inaceitável|waardeloos|belachelijk)"
)
_STRONG = compile_linear(
    rf"(?i){_BAD}(?: \pL+){{0,2}} {_ABOUT}|{_ABOUT}(?: \pL+){{0,3}} {_BAD}"
    rf"|(?:this|that|it|you|you guys|das|es|esto|eso|ustedes|c'|ce|isso|questo|dit)(?:'s| is| are|"
    rf"'re| ist|est| est| es| é| è)?(?: \pL+){{0,2}} {_BAD}"
    r"|wast(?:e|ing|ed) (?:of )?(?:my )?(?:time|morning|day)|je perds (?:mon temps|ma \pL+)|"
    r"done with (?:you|this|your)|(?:two|three|four|five|ten|several|many|"
    r"\d+) "
    r"times (?:already|now)|already (?:\pL+ ){0,4}(?:twice|times)|fed up|sick (?:and tired )?of|"
    r"(?:third|fourth|fifth|tenth) time i|"
    r"for the (?:third|fourth|fifth|tenth|hundredth) time ?[:,]|"
    r"how many times|(?:are you|you(?:'re| are)) (?:not |even )(?:even )?listening|"
    r"not listening to me|(?:i'm|i am|so|very|really) (?:so |very |really )?(?:frustrat|annoy|"
    r"angry|"
    r"furious|pissed|disappointed)|i give up|what a joke|worst \pL+ ever|never (?:using|buying|"
    r"coming|ordering)|cancel(?:ling)? my (?:account|subscription) (?:now|because)|"
    r"calling (?:somebody|someone) else|going (?:somewhere else|to (?:a|your) competitor)|"
    r"this is (?:getting )?(?:nonsense|insane|absurd)|you (?:keep|just keep) (?:repeating|saying|"
    r"asking|telling|sending|giving)|(?:still|again) (?:the )?(?:same|wrong) (?:answer|thing)|"
    r"doesn't help (?:me )?at all|"
    r"(?:no|zero) help|wtf|for (?:god|heaven|christ)'?s sake|"
    # German, Spanish, French, Italian, Portuguese, Dutch
    r"zum (?:dritten|vierten|x-ten|hundertsten) mal|reicht (?:es )?mir|mir reicht|frechheit|"
    r"ich habe (?:langsam )?genug|"
    r"das darf (?:doch )?nicht wahr sein|zeitverschwendung|verarsch|so ein (?:mist|saftladen)|"
    r"(?:tercera|cuarta|quinta|enésima) vez|est(?:oy|á) hart[oa]|pérdida de tiempo|no sirve para "
    r"nada|qué vergüenza|tomando el pelo|(?:troisième|quatrième|énième) fois|j'en ai (?:marre|"
    r"assez|ras)|perte de temps|n'importe quoi|vous vous moquez|sert à rien|(?:terza|quarta|"
    r"ennesima) volta|perdita di tempo|sono stuf[oa]|terceira vez|perda de tempo|estou fart[oa]|"
    r"derde keer|tijdverspilling|ben het zat"
    r"|没用|太差|垃圾|浪费(?:我的?)?时间|第[三四五]次|受够|气死|投诉|役に立た|ひどい|いい加減に|何度(?:も)?言|最悪|ふざけ"
)
_ABOUT_ONESELF = compile_linear(
    r"(?i)(?:stupid|dumb|silly|terrible) (?:question|mistake|of me|idea of mine)s?|my (?:stupid|"
    r"dumb)"
)
_MILD = compile_linear(
    rf"(?i)\b(?:seriously|i (?:already )?(?:said|told you|asked)|as i said|once again|yet again|"
    rf"that'?s not what i|not what i (?:asked|wanted)|still (?:not|no|doesn't|hasn't|isn't|"
    rf"waiting)|"
    rf"are you (?:kidding|serious)|come on|forget it|doesn't help|not helpful|wow\b|hello\?|"
    rf"ich (?:sagte|habe (?:doch )?(?:schon |bereits )?gesagt)|schon wieder|immer noch (?:nicht|"
    rf"kein)|ya (?:le|te|os) (?:dije|he dicho)|otra vez|sigue sin|todavía no|je (?:vous "
    rf")?(?:l')?ai "
    rf"(?:déjà )?dit|encore une fois|toujours pas|già detto|ancora una volta|já (?:disse|falei)|"
    rf"ik zei|nog steeds (?:niet|geen))|{_BAD}|不是我(?:问|要)|又是|さっき(?:も)?言"
)
_PERSON = compile_linear(
    r"(?i)\b(?:speak|talk|chat|connect me|put me through|transfer me|get me)\b[^.!?]{0,25}"
    r"\b(?:human|person|someone|somebody|agent|representative|manager|supervisor|operator|advisor)"
    r"|\b(?:real|actual|live) (?:human|person|agent)|ask for a (?:human|person|manager)|"
    r"nobody i can talk to|mit (?:einem|einer) (?:menschen|mitarbeiter\w*|person|echten)|"
    r"(?:hablar|comunicarme) con (?:una? )?(?:persona|humano|agente|alguien)|"
    r"parler (?:à|avec) (?:une? )?(?:personne|humain|conseiller|quelqu'un)|"
    r"parlare con (?:una? )?(?:persona|operatore|umano)|falar com (?:uma? )?(?:pessoa|humano|"
    r"atendente)|iemand spreken|转人工|人工客服|真人|人と話|オペレーター"
)
_THANKS = compile_linear(
    r"(?i)\b(?:thanks|thank you|thx|danke|merci|gracias|grazie|obrigad[oa]|bedankt|dank je)\b"
    r"|谢谢|ありがとう"
)
HINT = 0.5
"""Strength of one sign that may mean something else."""


class UserSignalsConfig(EvaluatorConfig):
    """Settings of ``user_signals``."""

    tolerance: Annotated[float, Field(gt=0)] = 1.0
    """Strength of dissatisfaction at which it fails. Outspoken or a thumbs down: 1; a hint, a
    request for a person, shouting or the same request again: 0.5 each."""


@evaluator("user_signals", version=3)
def user_signals(config: UserSignalsConfig) -> Check:
    """How little dissatisfaction the user shows: 1 is none."""

    def check(subject: Subject) -> Verdict:
        said = [m.content for m in subject.messages[subject.history :] if m.role == "user"]
        said = [text for text in said if text]
        feedback = subject.signals.feedback
        if not said and feedback >= 0:
            return NO_CONTENT
        before = [m.content for m in subject.messages[: subject.history] if m.role == "user"]
        strength, label = _strength(said, before)
        if feedback < 0:
            strength, label = strength - feedback, "negative_feedback"
        value = 1.0 - min(1.0, strength / config.tolerance)
        if strength < config.tolerance:
            return Scored(value, "calm" if strength == 0 else "hint", True)
        return Scored(value, label, False, f"signs of dissatisfaction: {label}")

    return check


def dissatisfaction(said: list[str]) -> float:
    """Strength of dissatisfaction in a user's later messages; from 1 it is outspoken."""
    return _strength(said, [""])[0]


def _strength(said: list[str], before: list[str]) -> tuple[float, str]:
    strength, label, persons = 0.0, "", 0
    for number, raw in enumerate(said):
        if number == 1 and not before:
            # What brought the user here is not what the answers did.
            strength = min(strength, HINT)
        text, mood, shouts, asks_for_person = _signs(raw[:MAX_MESSAGE])
        if mood:
            strength, label = (
                strength + mood,
                "frustration" if mood > HINT else label or "frustration",
            )
        if shouts:
            strength, label = strength + HINT, label or "shouting"
        if asks_for_person:
            persons += 1
            strength, label = strength + HINT * (persons > 1), label or "asked_for_person"
        if _repeats(text, [*before, *said[:number]]):
            strength, label = strength + HINT, label or "repeated_request"
    return strength, label


@lru_cache(maxsize=64)
def _signs(raw: str) -> tuple[str, float, bool, bool]:
    """A message without what is about its author; frustration, shouting, asking for a person."""
    text = encodable(raw).replace("\u2019", "'")
    lowered = text.lower()
    if any(word in lowered for word in ("stupid", "dumb", "silly", "terrible")):
        text = _ABOUT_ONESELF.sub(" ", text)
    mood = 0.0
    if _STRONG.search(text):
        mood = 1.0
    elif _MILD.search(text) and not _THANKS.search(text):
        mood = HINT
    return text, mood, _shouts(text), _PERSON.search(text) is not None


def _shouts(text: str) -> bool:
    """Words in capitals in a text that has others, or heaps of question and exclamation marks."""
    if any(marks in text for marks in ("!!", "??", "?!", "！！", "？？")):
        return True
    words = [word for word in text.split() if len(word) > 3 and word.isalpha()]
    loud = sum(word.isupper() for word in words)
    return (loud >= 2 and loud < len(words)) or (loud == len(words) >= 4)


def _repeats(text: str, earlier: list[str]) -> bool:
    lowered = text.lower()
    return len(text) >= MIN_REPEATED and any(
        ratio(lowered, other.lower(), score_cutoff=85) for other in earlier[-20:]
    )
