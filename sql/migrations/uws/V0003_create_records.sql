-- Everything else that the job service keeps: accounts, tokens, sessions, schedules, submissions. The document says
-- everything; the columns beside it are what is searched.
CREATE TABLE uws.record (
    kind text NOT NULL,
    id text NOT NULL,
    -- What a record belongs to, as a token to its user.
    key text,
    revision integer NOT NULL,
    document jsonb NOT NULL,
    PRIMARY KEY (kind, id)
);

CREATE INDEX record_key ON uws.record (kind, key);
