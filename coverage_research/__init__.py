"""How news outlets cover AI hardware: framing, sourcing and timeline.

The public names are those of `__init__.pyi`. Each is loaded when it is first used, so that the
import costs next to nothing.
"""

import lazy_loader

from coverage_research._version import __version__ as __version__

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
