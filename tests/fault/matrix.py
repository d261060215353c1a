"""The fault matrix as data: what may happen, which promises it tests, how often it is tried."""

from typing import Literal, NamedTuple

Tier = Literal["seconds", "fault job", "nightly"]


class Row(NamedTuple):
    """One fault."""

    fault: str
    promises: tuple[str, ...]
    tier: Tier


PROMISES = {
    "P1": "An acknowledged span is as durable as configured.",
    "P2": "Every subject and evaluator end in one visible row, or in one counted reason.",
    "P3": "The books balance at every scrape.",
    "P4": "Memory, disk and connections have ceilings that hold.",
    "P5": "No input ends the process.",
    "P6": "Refusals say honestly whether and when to send again.",
    "P7": "A stop is clean and within its grace.",
    "P8": "A bad configuration never touches what runs.",
    "P9": "An evaluator that misbehaves harms its own outcomes.",
    "P10": "No secret and no content in logs, metrics or errors; files for the owner alone.",
    "P11": "The same trace gives the same decision and the same score id, everywhere.",
    "P12": "Recovery takes a bounded time and bounded memory.",
}

ROWS = {
    "A1": Row("kill -9 at random moments under load", ("P1", "P2", "P3"), "fault job"),
    "A2": Row("kill at each call that persists something", ("P1", "P12"), "fault job"),
    "A3": Row("power loss: unsynced writes dropped, reordered, torn", ("P1",), "seconds"),
    "A4": Row("kill during recovery, several times over", ("P1", "P12"), "fault job"),
    "A5": Row("kill between evaluation and outbox", ("P2",), "fault job"),
    "A6": Row("kill between the sink's commit and our note of it", ("P2",), "fault job"),
    "A7": Row("the process stands still and goes on", ("P2",), "fault job"),
    "A8": Row("two processes on one journal", ("P1",), "fault job"),
    "A10": Row("a journal of an older or a newer release", ("P1",), "seconds"),
    "B1": Row("disk full while appending", ("P1", "P6"), "fault job"),
    "B2": Row("disk full while finishing, without the reserve", ("P1", "P2"), "fault job"),
    "B3": Row("input/output error on sync", ("P1",), "fault job"),
    "B4": Row("a sync takes 200 ms", ("P1", "P6"), "fault job"),
    "B5": Row("flipped bits, cuts, zeroes, missing and stray files", ("P1", "P5"), "seconds"),
    "B6": Row("folder unusable: no directory, no rights, no inodes", ("P1",), "seconds"),
    "B7": Row("folder deleted while running", ("P1", "P6"), "fault job"),
    "B8": Row("journal at its configured maximum", ("P3", "P4", "P6"), "fault job"),
    "C1": Row("sink away", ("P2", "P4"), "fault job"),
    "C2": Row("sink accepts connections and says nothing", ("P2", "P9"), "fault job"),
    "C3": Row("sink very slow", ("P4",), "fault job"),
    "C4": Row("answer lost after the sink's commit", ("P2",), "fault job"),
    "C5": Row("bursts of 500, 503 and 429 with Retry-After", ("P2",), "seconds"),
    "C6": Row("every ClickHouse error code of the table", ("P2",), "seconds"),
    "C7": Row("200 with an exception, cut answers, garbage", ("P2", "P4"), "seconds"),
    "C8": Row("one row that the sink refuses", ("P2", "P3"), "fault job"),
    "C9": Row("a table changed or gone", ("P2",), "fault job"),
    "C10": Row("password changed", ("P2",), "fault job"),
    "C11": Row("too many parts for minutes", ("P2",), "seconds"),
    "C12": Row("the sink has forgotten the insert token", ("P2",), "fault job"),
    "C13": Row("every gRPC code, partial success, throttling", ("P2", "P6"), "seconds"),
    "C14": Row("certificate wrong or expired, other address", ("P2", "P10"), "seconds"),
    "D1": Row("judge: storms of 429", ("P2",), "seconds"),
    "D2": Row("judge: 5xx, reset, TLS error", ("P2",), "seconds"),
    "D3": Row("judge: hangs or drips", ("P9",), "seconds"),
    "D4": Row("judge: garbage answers", ("P2", "P5"), "seconds"),
    "D5": Row("judge: refuses, truncated, filtered", ("P2",), "seconds"),
    "D6": Row("judge: instructions in what it judges", ("P5",), "seconds"),
    "D7": Row("judge: replies that say nothing", ("P5",), "seconds"),
    "D8": Row("judge: redirects, addresses it may not have", ("P10",), "seconds"),
    "D9": Row("judge: budget spent, price unknown", ("P2",), "seconds"),
    "D10": Row("judge: another model answers than the configured one", ("P2",), "seconds"),
    "D11": Row("judge: key in its error text", ("P10",), "seconds"),
    "E2": Row("gzip bombs", ("P4", "P5"), "seconds"),
    "E3": Row("decode bombs", ("P4", "P5"), "seconds"),
    "E4": Row("one enormous attribute", ("P4", "P5"), "seconds"),
    "E9": Row("idle, slow and resetting connections", ("P4", "P5"), "seconds"),
    "F1": Row("more load than can be done", ("P3", "P4", "P6"), "fault job"),
    "F2": Row("one slow or hanging evaluator", ("P9",), "fault job"),
    "F3": Row("metrics and log that nobody reads", ("P4",), "fault job"),
    "F4": Row("fifty senders that come back at once", ("P6",), "fault job"),
    "F5": Row("half an hour at half load", ("P4",), "nightly"),
    "F6": Row("a hundred thousand names", ("P4",), "fault job"),
    "G1": Row("the wall clock jumps", ("P2", "P11"), "fault job"),
    "G2": Row("late spans, also after a restart", ("P2", "P11"), "seconds"),
    "G3": Row("any order, any batching, any duplication", ("P2", "P11"), "seconds"),
    "G4": Row("a batch sent again after a lost answer", ("P2",), "fault job"),
    "G5": Row("traces without end or root, enormous traces", ("P4", "P5"), "seconds"),
    "G6": Row("sampling across restarts, replicas and versions", ("P11",), "seconds"),
    "H1": Row("SIGTERM idle, under load, sinks down, evaluator hanging", ("P7",), "fault job"),
    "H2": Row("signals on signals", ("P7",), "fault job"),
    "H3": Row("reload of a bad file under load", ("P8",), "fault job"),
    "H4": Row("reload with work pending", ("P2", "P8"), "fault job"),
    "H6": Row("plugins that raise, exit, block, fork, print", ("P5", "P9"), "fault job"),
    "H7": Row("a regular expression that explodes", ("P5", "P9"), "seconds"),
    "H10": Row("secrets in output, metrics, journal", ("P10",), "fault job"),
}
