"""The adversarial set of the bench: nothing but what is proven posts, in books at random."""

import importlib.util
import random
from pathlib import Path

import pytest

from odoo.addons.order_processing.engine import matching

_PATH = Path(__file__).resolve().parents[1] / "bench" / "_traps.py"
_SPEC = importlib.util.spec_from_file_location("bench_traps", _PATH)
bench = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(bench)


@pytest.mark.parametrize("trap", bench.TRAPS)
def test_trap(trap):
    for seed in range(25):
        book = bench.Trap(matching, random.Random(seed), trap)
        assert not book.wrong(), seed
        assert not book.missed(), seed
