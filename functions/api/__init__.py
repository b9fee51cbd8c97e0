"""The API function: takes requests over HTTP, previews them, and shows outcomes and opt-outs."""
