"""What thinking consists of: detectors that read a response and say where something happens in it.

One file a detector, each a pure function of the text with its definition and its version (`harness.traces.detector`).
Positions are offsets in characters, so that a page or a terminal can mark them.
"""
