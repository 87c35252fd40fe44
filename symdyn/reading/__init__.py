"""Models that users write: files, presets, options in words."""
