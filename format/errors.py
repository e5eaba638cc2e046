"""The few errors a user can cause. Each message is one sentence: what, where, what to do."""


class ReviewerError(Exception):
    """Something the user asked for cannot be done; ``str(error)`` is the sentence to show."""


class VideoError(ReviewerError):
    """The video cannot be read, or is not the one the project was made for."""


class ProjectError(ReviewerError):
    """The project folder cannot be created, opened or written."""


class OntologyError(ReviewerError):
    """The ontology is malformed."""


class EditError(ReviewerError):
    """A change that the ontology or the project's state does not allow; nothing was changed."""


class InterchangeError(ReviewerError):
    """A file to import is malformed, or an export cannot be written."""
