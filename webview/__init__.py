"""The local server and its page.

The server shows what `reviewer.format.Project` says and passes on what people want changed; the
page (``static/``) paints evaluated values and interpolates nothing.
"""

from .server import Server, create_app, serve

__all__ = ["Server", "create_app", "serve"]
