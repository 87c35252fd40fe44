"""One module for each kind of figure, named after it: `draw(figure, page)` and, if it matters, its `size`."""
