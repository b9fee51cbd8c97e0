"""The local console: a page with phones, a form and outcomes, for the stack of `make local`."""

from local.console.server import Console

__all__ = ["Console"]
