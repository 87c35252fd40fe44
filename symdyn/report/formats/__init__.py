"""Blocks as text, LaTeX, Markdown, HTML, JSON."""
