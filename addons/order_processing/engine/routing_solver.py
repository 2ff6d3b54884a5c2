"""A mixed-integer program solved by HiGHS in a process of its own, so that time is really bounded.

HiGHS (MIT licence; Huangfu & Hall, Mathematical Programming Computation 10, 2018) looks at the
clock between steps, and one step of a large program may take minutes. Therefore it runs in a child
that is ended when its time is over; and whatever happens to the child, Odoo's worker goes on.
This file is both sides: :func:`solve` starts it as a script.
"""

import importlib.util
import io
import subprocess
import sys
from dataclasses import dataclass

#: Seconds a child gets beyond its limit, to start and to write its answer.
GRACE = 5.0


@dataclass(frozen=True)
class Solution:
    """Values of the columns (empty if none was found), and the proven bound of the objective."""

    values: list
    bound: float
    optimal: bool


def is_available():
    """Whether the solver can be used here (both packages are optional)."""
    return all(importlib.util.find_spec(name) for name in ("highspy", "numpy"))


def solve(program, time_limit, gap):
    """Minimise a program with ``row`` ``<=`` / ranges and 0..upper columns.

    :param dict program: ``cost``, ``upper``, ``integer`` per column; ``low``,
        ``high`` per row; ``row``, ``column``, ``value`` of the coefficients; ``start``: a first
        solution, or empty; ``lower`` of the columns if not 0
    :param float time_limit: seconds
    :param float gap: relative gap at which it may stop
    :return: :class:`Solution`, or None if the solver is absent, failed or was out of time
    """
    if not is_available():
        return None
    import numpy as np  # noqa: PLC0415 optional: see is_available

    sent = io.BytesIO()
    np.savez(sent, limits=np.array([time_limit, gap]), **program)
    try:
        done = subprocess.run(
            [sys.executable, __file__],
            input=sent.getvalue(),
            capture_output=True,
            timeout=time_limit + GRACE,
            check=True,
        )
        answer = np.load(io.BytesIO(done.stdout))
        return Solution(
            answer["values"].tolist(),
            float(answer["bound"]),
            bool(answer["optimal"]),
        )
    except (subprocess.SubprocessError, OSError, ValueError, EOFError):
        return None


def _main():
    """Read a program, solve it, write the answer."""
    import highspy  # noqa: PLC0415 only in the child
    import numpy as np  # noqa: PLC0415

    given = np.load(io.BytesIO(sys.stdin.buffer.read()))
    time_limit, gap = given["limits"]
    solver = highspy.Highs()
    # One thread and a fixed seed: the same question gets the same answer.
    for name, value in {
        "output_flag": "--log" in sys.argv,
        "time_limit": float(time_limit),
        "mip_rel_gap": float(gap),
        "threads": 1,
        "random_seed": 0,
    }.items():
        solver.setOptionValue(name, value)
    solver.passModel(_model(highspy, np, given))
    if len(given["start"]):
        start = highspy.HighsSolution()
        start.col_value = given["start"].tolist()
        solver.setSolution(start)
    solver.run()
    info = solver.getInfo()
    status = info.primal_solution_status
    found = status == highspy.SolutionStatus.kSolutionStatusFeasible
    solution = solver.getSolution()
    answer = io.BytesIO()
    np.savez(
        answer,
        values=np.array(solution.col_value if found else []),
        bound=info.mip_dual_bound,
        optimal=solver.getModelStatus() == highspy.HighsModelStatus.kOptimal,
    )
    sys.stdout.buffer.write(answer.getvalue())


def _model(highspy, np, given):
    """The program in HiGHS's own form: coefficients by row."""
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = len(given["cost"]), len(given["low"])
    lp.col_cost_ = given["cost"]
    lp.col_lower_ = given["lower"] if "lower" in given else np.zeros(lp.num_col_)
    lp.col_upper_ = given["upper"]
    lp.row_lower_, lp.row_upper_ = given["low"], given["high"]
    order = np.argsort(given["row"], kind="stable")
    counts = np.bincount(given["row"], minlength=lp.num_row_)
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_ = np.concatenate(([0], np.cumsum(counts))).astype(np.int32)
    lp.a_matrix_.index_ = given["column"][order].astype(np.int32)
    lp.a_matrix_.value_ = given["value"][order]
    kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
    lp.integrality_ = [kinds[int(flag)] for flag in given["integer"]]
    return lp


if __name__ == "__main__":
    _main()
