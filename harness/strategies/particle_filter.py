"""Particle filtering: sampling from the policy, reweighted by the verifier step after step."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from random import Random

from harness.core import Path, Prompt, Selection
from harness.policy import Policy, draw_seed
from harness.strategies._steps import distinct, grow, response, score, settled, value
from harness.tree import Node, Tree
from harness.verification import Verification

EDGE = 1e-7
"""Scores are kept this far from 0 and 1, where the logit has no value."""


async def particle_filter(
    prompt: Prompt, policy: Policy, verifier: Verification, *, n: int = 16, max_steps: int = 40
) -> Selection:
    """n particles take a step each, are weighted by softmax(logit(v)) and drawn anew in proportion, until all have
    finished (Puri et al., 2025).

    A finished particle keeps its weight and takes part in the drawing. What no particle stands on any more is "pruned"
    in the tree. The candidates are the distinct responses that particles end on, their number is the weight
    "particles"; the best score wins. The drawing is seeded by run, problem and step."""
    tree = Tree(Path(prompt))
    particles = [tree.root] * n
    for step in range(1, max_steps + 1):
        moving = [particle for particle in particles if not particle.path.finished]
        families = await grow(tree, moving, policy, 1, to_end=step == max_steps)
        await score(distinct(families), verifier)
        moved = (family[0] if family else parent for family, parent in zip(families, moving, strict=True))
        particles = [particle if particle.path.finished else next(moved) for particle in particles]
        if policy.exhausted or all(particle.path.finished for particle in particles):
            break
        seed = draw_seed(policy.sampling.seed, prompt.problem_id, "particle_filter", prompt.text, step)
        before, particles = particles, resampled(particles, Random(seed))  # noqa: S311 - no secret, a draw
        kept = {particle.id for particle in particles}
        for particle in before:
            if particle.id not in kept and particle.state == "open":
                particle.state = "pruned"
    found = await settled(tree, policy, verifier, distinct([filter(response, particles)]))
    count = Counter(particle.id for particle in particles)
    weights = {"particles": [float(max(count[node.id], 1)) for node in found]}
    return Selection(tuple(node.path for node in found), rule="best", weights=weights, tree=tree.records(found))


def resampled(particles: Sequence[Node], rng: Random) -> list[Node]:
    """As many particles, drawn with replacement in proportion to softmax(logit(score)), which is the odds."""
    clipped = [min(max(value(particle), EDGE), 1 - EDGE) for particle in particles]
    logits = [math.log(score / (1 - score)) for score in clipped]
    highest = max(logits)
    return rng.choices(list(particles), weights=[math.exp(logit - highest) for logit in logits], k=len(particles))
