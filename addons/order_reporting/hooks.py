def post_init_hook(env):
    """Give the orders that were there before the addon their facts."""
    facts = env["order.fact"]
    sweep = env["order.fact.sweep"]._current()
    sweep.since = sweep._get_horizon()
    facts._rebuild()
