"""The local server and its page.

The server shows what `reviewer.format.Project` says and passes on what people want changed; the
page (``static/``) paints evaluated values and interpolates nothing. `server` has `Server` and
`serve`; it is not loaded from here, so that `listening` can be had without it.
"""
