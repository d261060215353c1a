"""The built-in evaluators, one file each; a new file in this folder is enough.

They load through the entry-point group ``otel_evaluator.evaluators`` like those of any other
package. What several of them share is in modules whose name starts with an underscore, and in
folders: ``figures`` (amounts, dates and times, and what follows from them), ``wording`` (what texts
say) and ``actions`` (what users ask for, answers claim and tools do).
"""

from importlib import import_module
from pkgutil import iter_modules

for _module in iter_modules(__path__):
    if not (_module.ispkg or _module.name.startswith("_")):
        import_module(f"{__name__}.{_module.name}")
