-- What happened, minute by minute, for charts: kept for two days, and no truth of anything else.

-- What the roles counted. All processes of a role add to the same rows. What has no row was counted by
-- nobody, which is not the same as zero.
CREATE TABLE activity (
    -- Minutes since 1970.
    minute integer NOT NULL,
    series text NOT NULL,
    -- Of latencies: which of the fixed buckets; 0 otherwise.
    bucket smallint NOT NULL,
    number bigint NOT NULL,
    CONSTRAINT activity_pkey PRIMARY KEY (minute, series, bucket)
) WITH (
    -- The rows of the present minute are rewritten every few seconds.
    fillfactor = 70
);

-- What waited when a dispatcher last looked in that minute.
CREATE TABLE backlog_samples (
    minute integer NOT NULL,
    -- JSON of the counts, as far as they could be found out.
    sample text NOT NULL,
    CONSTRAINT backlog_samples_pkey PRIMARY KEY (minute)
);
