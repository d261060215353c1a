CREATE TABLE IF NOT EXISTS ${table} ${on_cluster} AS ${source}
ENGINE = Distributed('${cluster}', '${database}', '${source_name}', ${sharding_key})
