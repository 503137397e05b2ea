-- What happened, minute by minute, for charts: kept for two days, and no truth of anything else.

-- What the roles counted. All parts of a process add to the same rows. What has no row was counted by
-- nobody, which is not the same as zero.
CREATE TABLE activity (
    -- Minutes since 1970.
    minute INTEGER NOT NULL,
    series TEXT NOT NULL,
    -- Of latencies: which of the fixed buckets; 0 otherwise.
    bucket INTEGER NOT NULL,
    number INTEGER NOT NULL,
    CONSTRAINT activity_pkey PRIMARY KEY (minute, series, bucket)
) STRICT, WITHOUT ROWID;

-- What waited when the dispatcher last looked in that minute.
CREATE TABLE backlog_samples (
    minute INTEGER NOT NULL,
    -- JSON of the counts, as far as they could be found out.
    sample TEXT NOT NULL,
    CONSTRAINT backlog_samples_pkey PRIMARY KEY (minute)
) STRICT, WITHOUT ROWID;
