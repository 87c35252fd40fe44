"""Tilted means of measures: the scalar map that a head of attention computes, exact where the measure is."""
