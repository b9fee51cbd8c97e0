"""The local console: a page on loopback with phones, a composer and outcomes, over the stack of `make local`."""

from local.console.server import Console

__all__ = ["Console"]
