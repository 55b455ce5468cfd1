"""Where one step of a response ends and the next begins."""

from __future__ import annotations


def split_steps(text: str, delimiter: str) -> tuple[str, ...]:
    """The steps of a response, each with its delimiter, adding up to the text; blank ones belong to the step before."""
    if not delimiter:
        return (text,) if text else ()
    pieces = text.split(delimiter)
    steps: list[list[str]] = []  # each in parts: thousands of blank lines are not copied one by one
    for number, piece in enumerate(pieces):
        step = piece + (delimiter if number + 1 < len(pieces) else "")
        if steps and not piece.strip():
            steps[-1].append(step)
        elif step:
            steps.append([step])
    return tuple("".join(parts) for parts in steps)
