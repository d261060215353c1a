"""The built-in evaluators, one file each; a new file in this folder is enough.

They load through the entry-point group ``otel_evaluator.evaluators`` like those of any other
package. Modules whose name starts with an underscore hold what several of them share.
"""

from importlib import import_module
from pkgutil import iter_modules

for _module in iter_modules(__path__):
    if not _module.name.startswith("_"):
        import_module(f"{__name__}.{_module.name}")
