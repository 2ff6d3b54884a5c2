def uninstall_hook(env):
    """Copies of our dashboards show nothing without the addon."""
    env["spreadsheet.dashboard"].search([("is_order_copy", "=", True)]).unlink()


def post_init_hook(env):
    """Give the orders that were there before the addon their facts."""
    if env.ref("base.module_order_reporting").demo:
        from .demo import history

        history.build(env)
    sweep = env["order.fact.sweep"]._current()
    sweep.since = sweep._get_horizon()
    env["order.fact"]._rebuild()
