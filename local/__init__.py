"""The tools of a developer's machine: an embedded AWS, a RealTime simulator, a console, generated files."""
