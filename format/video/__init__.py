"""Opening, indexing and exact random access to a video file."""
