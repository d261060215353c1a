"""Opens the database; one that is damaged is repaired first, and the damaged files are kept."""

import sqlite3
from itertools import islice
from pathlib import Path

import structlog

from otel_evaluator.errors import JournalError
from otel_evaluator.journal import statements
from otel_evaluator.journal.folder import touch_private
from otel_evaluator.journal.pages import log_frames, rows
from otel_evaluator.journal.repair import repair
from otel_evaluator.journal.schema import PAGE, prepare

_CHECKED_PAGES = 16_384
"""64 MiB: checked at every start, in about a tenth of a second."""
_log = structlog.get_logger(__name__)


class Damage(Exception):
    """The database cannot be used as it is."""


def open_database(
    path: Path, durability: str, checkpoint_pages: int
) -> tuple[sqlite3.Connection, int]:
    """The writing connection, and how many records a repair had to give up."""
    lost = 0
    try:
        return _open(path, durability, checkpoint_pages), 0
    except (Damage, sqlite3.DatabaseError) as damage:
        if isinstance(damage, sqlite3.OperationalError):
            raise _cannot_open(path, damage) from None
        _log.error("journal_damaged", problem=str(damage))
    try:
        report = repair(path)
        lost = report.damaged
        _log.warning("journal_repaired", **report.facts())
        return _open(path, durability, checkpoint_pages), lost
    except (Damage, sqlite3.Error, OSError) as error:
        raise _cannot_open(path, error) from None


def _cannot_open(path: Path, error: Exception) -> JournalError:
    return JournalError(
        f"journal.path: {path} cannot be opened as a journal ({error}); see that this user may"
        " write there and that the disk has room, or move it away to begin with an empty one"
    )


def _open(path: Path, durability: str, checkpoint_pages: int) -> sqlite3.Connection:
    log = path.with_name(path.name + "-wal")
    is_new = not path.exists() or not path.stat().st_size
    if is_new and log.exists() and log.stat().st_size:
        # SQLite would take the database for a new one and delete the log.
        raise Damage("the database is gone, its write-ahead log is not")
    if not is_new and not _is_ours(path):
        if next(rows(path), None) is None:
            raise JournalError(
                f"journal.path: {path} is no journal; move it away to begin with an empty one"
            )
        raise Damage("the file's header is not that of a journal")
    try:
        touch_private(path)
    except OSError as error:
        raise JournalError(
            f"journal.path: {path} cannot be written ({error.strerror}); choose a folder that"
            " this user may write"
        ) from None
    database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    # The last connection that may write deletes the log as it closes; a repair needs it.
    guard = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        if is_new:
            database.execute("PRAGMA auto_vacuum=INCREMENTAL")
        database.execute("PRAGMA journal_mode=WAL")
        database.execute(f"PRAGMA synchronous={'FULL' if durability == 'power' else 'NORMAL'}")
        database.execute("PRAGMA temp_store=MEMORY")
        # Some builds overwrite whatever is deleted, which writes every entry a second time.
        database.execute("PRAGMA secure_delete=FAST")
        if not is_new:
            guard.execute("SELECT count(*) FROM sqlite_master").fetchone()
            _check(database, log)
        database.execute(f"PRAGMA wal_autocheckpoint={checkpoint_pages}")
        database.execute(f"PRAGMA journal_size_limit={checkpoint_pages * PAGE}")
        prepare(database, path)
        statements.take_clean_mark(database)
    except BaseException:
        database.close()
        raise
    finally:
        guard.close()
    return database


def _is_ours(path: Path) -> bool:
    """Whether the header is one that this package writes (fileformat2, "The Database Header")."""
    with path.open("rb") as file:
        head = file.read(100)
    return head[:16] == b"SQLite format 3\0" and head[16:24] == b"\x10\0\2\2\0\x40\x20\x20"


def _check(database: sqlite3.Connection, log: Path) -> None:
    """Raise Damage unless every page makes sense; a large one that was closed in order does."""
    database.execute("PRAGMA wal_autocheckpoint=0")
    _, valid, _ = database.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
    if valid >= 0 and any(commits for _, _, commits in islice(log_frames(log), valid, None)):
        # A crash leaves a transaction without its end; one with an end lies behind damage.
        raise Damage("the write-ahead log holds transactions after a damaged one")
    if database.execute("SELECT count(*) FROM sqlite_master WHERE name = 'state'").fetchone()[0]:
        clean = database.execute("SELECT count(*) FROM state WHERE id = 2").fetchone()[0]
        if clean and statements.pages(database)[0] > _CHECKED_PAGES:
            return
    (found,) = database.execute("PRAGMA quick_check(1)").fetchone()
    if found != "ok":
        raise Damage(str(found).splitlines()[-1])
