"""Print what the checker finds: ``python -m tests.protocol``."""

import sys
from argparse import ArgumentParser

from .explorer import Exploration, explore
from .mutants import MUTANTS
from .worlds import DEEP_PROOFS, PROOFS


def main() -> int:
    """Check the rules, then break them; return 0 if the rules hold and nothing else does."""
    parser = ArgumentParser(prog="python -m tests.protocol", description=__doc__)
    parser.add_argument("--deep", action="store_true", help="look at larger worlds as well")
    deep = parser.parse_args().deep
    good = True
    for proof in PROOFS + DEEP_PROOFS * deep:
        found = explore(proof.rules, proof.world)
        good = good and not found.lost
        _show(proof.name, found)
    for mutant in MUTANTS:
        found = explore(mutant.rules, mutant.world)
        good = good and (not found.rests if mutant.stuck else bool(found.lost))
        _show(mutant.name, found, stuck=mutant.stuck)
    return 0 if good else 1


def _show(name: str, found: Exploration, *, stuck: bool = False) -> None:
    verdict = "an update is lost:" if found.lost else "no update is lost"
    verdict = "no update ever arrives" if stuck and not found.rests else verdict
    sys.stdout.write(f"{name}: {found.states:,} states, {found.seconds:.1f} s, {verdict}\n")
    if found.lost:
        sys.stdout.write(f"{found.lost}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
