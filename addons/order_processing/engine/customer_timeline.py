"""An order's log in the words of its customer. Pure Python.

Most of the log is nobody's business but ours: only steps that say something to a customer are
told, each once a day.
"""

#: Steps a customer is told of, in the order of the flow.
TOLD = (
    "intake",
    "release",
    "hold",
    "pick",
    "pack",
    "ship",
    "deliver",
    "return",
    "invoice",
    "pay",
    "cancel",
    "change",
)
#: Steps of the progress bar.
PROGRESS = ("release", "pick", "ship", "deliver")


def told(events):
    """Which events a customer sees.

    :param events: list of (step, day, is_for_customer), oldest first; ``is_for_customer`` tells
        of a change or hold whether the customer asked for it or is asked something
    :return: indexes of those that are told, oldest first
    """
    seen, kept = set(), []
    for index, (step, day, is_for_customer) in enumerate(events):
        if step not in TOLD or (step in ("change", "hold") and not is_for_customer):
            continue
        if step not in ("change", "return") and (step, day) in seen:
            continue
        if step in ("intake", "release", "cancel") and any(step == s for s, _day in seen):
            continue
        seen.add((step, day))
        kept.append(index)
    return kept


def progress(steps):
    """How far the order is: number of steps of PROGRESS that are reached.

    :param steps: set of all steps the log has
    """
    reached = [rank for rank, step in enumerate(PROGRESS, 1) if step in steps]
    return max(reached, default=0)
