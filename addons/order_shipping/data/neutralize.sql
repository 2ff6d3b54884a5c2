-- A copy for trials must not buy, void or ask for real labels.
UPDATE delivery_carrier
   SET account_client_id = NULL, account_client_secret = NULL, account_number = NULL,
       account_options = NULL, webhook_secret = NULL;
