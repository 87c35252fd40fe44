"""What is shown: nouns become blocks, blocks become text, LaTeX, Markdown, HTML or JSON."""
