CREATE VIEW IF NOT EXISTS ${view} ${on_cluster}
AS SELECT * FROM ${table} FINAL
SETTINGS do_not_merge_across_partitions_select_final = 0
