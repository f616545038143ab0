-- Jobs: the document says everything, the columns beside it are what is searched and what decides who may change it.
CREATE TABLE uws.job (
    id text PRIMARY KEY,
    kind text NOT NULL,
    owner_id text,
    phase text NOT NULL,
    -- Milliseconds since 1970, as shown: see Jobs.Instant.
    creation_ms bigint NOT NULL,
    -- Counts changes; a change is stored only over the revision it was made from.
    revision integer NOT NULL,
    -- Who runs the job now, and until when that is believed without a sign of life.
    master text,
    lease_ms bigint,
    document jsonb NOT NULL
);

CREATE INDEX job_creation ON uws.job (creation_ms DESC, id DESC);
CREATE INDEX job_phase ON uws.job (phase, creation_ms DESC);
CREATE INDEX job_owner ON uws.job (owner_id, creation_ms DESC);
