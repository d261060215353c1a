"""Words for weekdays, months and currencies, lower case, in the languages we can read."""


def _indexed(lists: tuple[str, ...], first: int) -> dict[str, int]:
    return {name: i for names in lists for i, name in enumerate(names.split(), first)}


WEEKDAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

WEEKDAYS = _indexed(
    (
        "monday tuesday wednesday thursday friday saturday sunday",
        "mondays tuesdays wednesdays thursdays fridays saturdays sundays",
        "montag dienstag mittwoch donnerstag freitag samstag sonntag",
        "montags dienstags mittwochs donnerstags freitags sonnabend sonntags",
        "lunes martes miércoles jueves viernes sábado domingo",
        "lundi mardi mercredi jeudi vendredi samedi dimanche",
        "lunedì martedì mercoledì giovedì venerdì sabato domenica",
        "segunda-feira terça-feira quarta-feira quinta-feira sexta-feira sábado domingo",
        "maandag dinsdag woensdag donderdag vrijdag zaterdag zondag",
    ),
    0,
)
"""Word to day, 0 is Monday."""

WEEKDAY_MARKS = _indexed(
    (
        "星期一 星期二 星期三 星期四 星期五 星期六 星期日",
        "周一 周二 周三 周四 周五 周六 周日",
        "月曜日 火曜日 水曜日 木曜日 金曜日 土曜日 日曜日",
        "월요일 화요일 수요일 목요일 금요일 토요일 일요일",
    ),
    0,
)
"""The same in scripts that do not separate words."""

MONTHS = _indexed(
    (
        "january february march april may june july august september october november december",
        "jan feb mar apr may jun jul aug sep oct nov dec",
        "januar februar märz april mai juni juli august september oktober november dezember",
        "jänner feber märz april mai juni juli august sept oktober november dezember",
        "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
        "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
        "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre "
        "dicembre",
        "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
        "januari februari maart april mei juni juli augustus september oktober november december",
    ),
    1,
)
"""Word to month, 1 is January."""

DOLLARS = frozenset({"$", "USD", "CAD", "AUD", "NZD", "SGD", "HKD"})
"""``$`` can mean any of them."""

CURRENCIES = {
    word: code
    for code, words in {
        "$": "$ dollar dollars bucks dólares",
        "AUD": "aud a$",
        "BRL": "brl r$ reais",
        "CAD": "cad c$",
        "CHF": "chf franken fr.",
        "CNY": "cny rmb yuan 元 块",
        "CZK": "czk kč",
        "DKK": "dkk",
        "EUR": "€ eur euro euros 欧元 ユーロ 유로",
        "GBP": "£ gbp pound pounds quid",
        "HKD": "hkd hk$",
        "HUF": "huf forint",
        "INR": "₹ inr rs rs. rupee rupees",
        "JPY": "¥ jpy yen 円",
        "KRW": "krw ₩ 원",
        "MXN": "mxn",
        "NOK": "nok",
        "NZD": "nzd nz$",
        "PLN": "pln zł",
        "RUB": "rub ₽",
        "SEK": "sek",
        "SGD": "sgd s$",
        "TRY": "try ₺",
        "USD": "usd us$ 美元",
        "ZAR": "zar",
    }.items()
    for word in words.split()
}
"""Sign, code or word to ISO 4217 code, or to ``$``."""

PERCENT = frozenset({"%", "percent", "prozent", "procent"})
