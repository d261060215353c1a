"""How answers refuse, in nine languages."""

from otel_evaluator.evaluators._memo import of_text
from otel_evaluator.text.encodable import encodable
from otel_evaluator.text.linear import compile_linear

MAX_OPENING = 500
"""Refusals open an answer: only so many characters of it are read."""
MAX_OBJECT = 40
"""Characters after a refusing verb in which its object is looked for."""
SENTENCE = compile_linear(r"[^.!?。！？\n]+")

# One alternative a language: somebody who is not able, willing or allowed + a verb of helping.
# "I cannot find your order" is no refusal, so verbs of finding and seeing are left out.
_HELP_EN = (
    r"(?:help|assist|do that|do this|comply|support|provide|share|disclose|reveal|discuss|"
    r"answer|fulfil|engage|continue with|generate|create|produce|write|give|offer|advise|"
    r"translate|summari[sz]e|interpret|rephrase|reword|rewrite|proofread|draft|work with|"
    r"participate|process (?:this|that|your) request|talk about|go into|carry out|complete)"
)
_PATTERNS = {
    "en": (
        r"\b(?:i|we) (?:can ?not|can't|could not|couldn't|won't|will not|would not|wouldn't|"
        r"must decline to|(?:have|need) to decline to|decline to|refuse to|am not able to|"
        r"are not able to|'m not able to|am unable to|are unable to|'m unable to|"
        r"am not (?:allowed|permitted|authori[sz]ed) to|'m not (?:allowed|permitted|"
        r"authori[sz]ed) to|am not comfortable|'m not comfortable)\s+"
        r"(?:\w+ly |really |just |currently |also |legally )?" + _HELP_EN + r"\b"
        r"|\b(?:i'm|i am|we are|we're|are|am) (?:unable|not able|not going|not willing) to "
        + _HELP_EN
        + r"\b"
        r"|^no\. [^\n]{0,120}\bi(?:'m| am) not (?:going|willing) to\b"
        r"|\bi(?:'m| am) sorry,? (?:but )?(?:i|we) (?:can't|cannot|can not|won't)[.!,]?(?:$|\n)"
        r"|\bi (?:must|have to|need to) (?:respectfully )?(?:decline|refuse)\b"
        r"|\bas an ai\b[^.]{0,80}\b(?:can't|cannot|can not|unable|not able|don't|do not)\b"
        r"|\b(?:against|violates?) (?:my|our|the) (?:guidelines|policy|policies|programming)\b"
    ),
    "de": (
        r"\b(?:kann|darf|werde|möchte) (?:ich|wir) (?:\w+ ){0,4}?(?:leider )?nicht (?:\w+ ){0,3}?"
        r"(?:helfen|weiterhelfen|unterstützen|behilflich|beantworten|mitteilen|nennen|geben|"
        r"herausgeben|erstellen|schreiben|durchführen|tun|machen)\b"
        r"|\b(?:ich|wir) (?:kann|können|darf|dürfen|werde|möchte) (?:\w+ ){0,5}?nicht "
        r"(?:\w+ ){0,3}?(?:helfen|weiterhelfen|unterstützen|behilflich|beantworten|mitteilen|"
        r"nennen|geben|herausgeben|erstellen|schreiben|durchführen|tun|machen)\b"
        r"|\b(?:ich|wir) (?:bin|sind) (?:\w+ ){0,2}nicht (?:in der lage|befugt|berechtigt)\b"
    ),
    "es": (
        r"\bno (?:te |le |les |me |os )?(?:puedo|podemos|es posible|me es posible|estoy "
        r"autorizad[oa] (?:a|para)) (?:\w+ ){0,2}?(?:ayudar|ayudarte|ayudarle|asistir|"
        r"proporcionar|compartir|responder|hacer eso|hacerlo|dar|darte|darle|generar|crear|"
        r"revelar|facilitar)"
    ),
    "fr": (
        r"\bje ne (?:peux|puis|suis pas en mesure de|suis pas autorisée? à|souhaite)"
        r"(?: malheureusement)?(?: pas)? (?:\w+ ){0,2}?(?:vous |t'|te )?(?:aider|assister|"
        r"répondre|fournir|partager|donner|communiquer|divulguer|faire cela|faire ça|créer|"
        r"générer|écrire)"
    ),
    "it": (
        r"\bnon (?:posso|possiamo|sono in grado di|mi è possibile|sono autorizzat[oa] a) "
        r"(?:\w+ ){0,2}?(?:aiutar|assister|fornir|condivider|risponder|far|dar|generar|crear|"
        r"rivelar)"
    ),
    "pt": (
        r"\bnão (?:posso|podemos|consigo|estou autorizad[oa] a|sou capaz de) (?:\w+ ){0,2}?"
        r"(?:ajudar|ajudá|auxiliar|fornecer|partilhar|compartilhar|responder|fazer|dar|gerar|"
        r"criar|revelar)"
    ),
    "nl": (
        r"\b(?:ik|we|wij) (?:kan|kunnen|mag|mogen|wil) (?:\w+ ){0,4}?niet (?:\w+ ){0,3}?(?:helpen|"
        r"beantwoorden|geven|delen|verstrekken|doen|maken|schrijven|assisteren)\b"
    ),
    "zh": (
        r"(?:我|我们|本助手)(?:无法|不能|没办法|不可以|恕不能)(?:\p{Han}){0,8}?(?:帮助|帮|协助|提供|回答|"
        r"满足|完成|处理|透露|分享|讨论|生成)"
    ),
    "ja": (
        r"(?:お手伝い|お答え|回答|提供|お伝え|支援|対応|ご案内|共有)(?:する|いたす|は|を)?(?:こと)?"
        r"(?:が|は)?(?:でき(?:ません|かねます|ない)|いたしかねます|しかねます|致しかねます)"
    ),
}


_REFUSAL = compile_linear("(?i)" + "|".join(f"(?:{each})" for each in _PATTERNS.values()))
_UNKNOWN_YET = compile_linear(
    r"(?i)\b(?:give|provide|offer)(?: you)? (?:an? |any |the )?(?:\w+ ){0,2}"
    r"(?:time|date|estimate|eta|timeline|deadline|guarantee|figure|update)s?\b"
)
"""What is not known yet cannot be given: no refusal."""


def refuses(text: str) -> bool:
    """Whether the opening of an answer refuses the request."""
    return refused(text) != ""


@of_text
def refused(text: str) -> str:
    """The refusing sentence of an answer's opening and the next one; empty where none refuses."""
    opening = encodable(text[:MAX_OPENING]).replace("\u2019", "'")
    found = _REFUSAL.search(opening)
    if found is None or _UNKNOWN_YET.search(opening[found.start() : found.end() + MAX_OBJECT]):
        return ""
    start = max(opening.rfind(mark, 0, found.start()) for mark in (".", "!", "?", "\n", "。")) + 1
    rest = opening[start:]
    return " ".join(SENTENCE.findall(rest)[:2]) or rest
