"""The API function: requests over HTTP, previews, and what became of both."""
