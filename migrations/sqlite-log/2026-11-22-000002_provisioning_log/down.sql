DROP TABLE provisioning_log_totals;
DROP TABLE provisioning_log;
