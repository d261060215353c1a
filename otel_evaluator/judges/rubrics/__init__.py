"""The built-in rubrics, one file each; a new file in this folder is enough.

A file defines ``RUBRIC``; its name is the file's. A rubric's text is part of the revision of
every evaluator that uses it, so a change of wording starts a new series of scores.
"""

from importlib import import_module
from pkgutil import iter_modules

from otel_evaluator.judges.rubric import RubricConfig

RUBRICS: dict[str, RubricConfig] = {
    module.name: import_module(f"{__name__}.{module.name}").RUBRIC
    for module in iter_modules(__path__)
}
