"""A line to type in that takes its keys in the order in which they were pressed."""

from __future__ import annotations

from textual import events
from textual.widgets import Input


class TextField(Input):
    """An Input whose own keys (erase, move, submit) act as soon as they arrive.

    Textual inserts a letter at once, but lets a bound key climb to the app and acts when it
    comes back. Of keys that arrive together, letters typed after Ctrl+U would be erased by it.
    """

    async def _on_key(self, event: events.Key) -> None:
        for binding in self._bindings.key_to_bindings.get(event.key, ()):
            if await self.app.run_action(binding.action, self):
                event.stop()
                event.prevent_default()
                return
