-- A copy for trials must not take in, fetch or answer for the real channels.
UPDATE order_channel
   SET secret = NULL, former_secret = NULL, pulls = false, pull_key = NULL, pull_secret = NULL;
-- Its monitor is not the real one's.
DELETE FROM ir_config_parameter WHERE key = 'order_processing.health_token';
-- Nor may it go on with the work of the original: nothing is told, paid or bought twice.
UPDATE queue_job SET state = 'cancelled'
 WHERE state IN ('wait_dependencies', 'pending', 'enqueued', 'started');
UPDATE order_message SET state = 'skipped' WHERE state = 'waiting';
UPDATE order_payment_request SET state = 'unknown' WHERE state IN ('waiting', 'asking');
