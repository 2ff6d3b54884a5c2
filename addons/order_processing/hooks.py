def uninstall_hook(env):
    """Take away what PostgreSQL keeps of ours besides tables."""
    env.cr.execute(
        """
        DROP TRIGGER IF EXISTS order_event_append_only ON order_event;
        DROP FUNCTION IF EXISTS order_event_append_only();
        DROP INDEX IF EXISTS account_move_line_open_items_idx;
        """
    )
