-- The Open Data Cube's index, driver "postgres". Python looks for these names; none of them may change.
CREATE SCHEMA IF NOT EXISTS agdc;

CREATE TYPE agdc.float8range AS RANGE (SUBTYPE = float8, SUBTYPE_DIFF = float8mi);

-- Declared immutable, as indexes use it: the text is taken for UTC whatever the session's zone.
CREATE FUNCTION agdc.common_timestamp(text) RETURNS timestamptz
LANGUAGE sql IMMUTABLE STRICT
AS $$ SELECT CAST($1 AS timestamp) AT TIME ZONE 'utc' $$;

CREATE FUNCTION agdc.set_row_update_time() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    NEW.updated = now();
    RETURN NEW;
END
$$;

CREATE TABLE agdc.metadata_type (
    id smallserial CONSTRAINT pk_metadata_type PRIMARY KEY,
    name varchar NOT NULL CONSTRAINT uq_metadata_type_name UNIQUE,
    definition jsonb NOT NULL,
    added timestamptz NOT NULL DEFAULT now(),
    added_by name NOT NULL DEFAULT CURRENT_USER,
    updated timestamptz,
    CONSTRAINT ck_metadata_type_alphanumeric_name CHECK (name ~* '^\w+$')
);

CREATE TABLE agdc.dataset_type (
    id smallserial CONSTRAINT pk_dataset_type PRIMARY KEY,
    name varchar NOT NULL CONSTRAINT uq_dataset_type_name UNIQUE,
    metadata jsonb NOT NULL,
    metadata_type_ref smallint NOT NULL
        CONSTRAINT fk_dataset_type_metadata_type_ref_metadata_type REFERENCES agdc.metadata_type (id),
    definition jsonb NOT NULL,
    added timestamptz NOT NULL DEFAULT now(),
    added_by name NOT NULL DEFAULT CURRENT_USER,
    updated timestamptz,
    CONSTRAINT ck_dataset_type_alphanumeric_name CHECK (name ~* '^\w+$')
);

CREATE TABLE agdc.dataset (
    id uuid CONSTRAINT pk_dataset PRIMARY KEY,
    metadata_type_ref smallint NOT NULL
        CONSTRAINT fk_dataset_metadata_type_ref_metadata_type REFERENCES agdc.metadata_type (id),
    dataset_type_ref smallint NOT NULL
        CONSTRAINT fk_dataset_dataset_type_ref_dataset_type REFERENCES agdc.dataset_type (id),
    metadata jsonb NOT NULL,
    archived timestamptz,
    added timestamptz NOT NULL DEFAULT now(),
    added_by name NOT NULL DEFAULT CURRENT_USER,
    updated timestamptz
);
CREATE INDEX ix_agdc_dataset_dataset_type_ref ON agdc.dataset (dataset_type_ref);
CREATE INDEX ix_ds_isactive ON agdc.dataset ((archived IS NULL));
CREATE INDEX ix_ds_prod_isactive ON agdc.dataset (dataset_type_ref, (archived IS NULL));
CREATE INDEX ix_ds_mdt_isactive ON agdc.dataset (metadata_type_ref, (archived IS NULL));

CREATE TABLE agdc.dataset_location (
    id serial CONSTRAINT pk_dataset_location PRIMARY KEY,
    dataset_ref uuid NOT NULL
        CONSTRAINT fk_dataset_location_dataset_ref_dataset REFERENCES agdc.dataset (id),
    uri_scheme varchar NOT NULL,
    uri_body varchar NOT NULL,
    added timestamptz NOT NULL DEFAULT now(),
    added_by name NOT NULL DEFAULT CURRENT_USER,
    archived timestamptz,
    CONSTRAINT uq_dataset_location_uri_scheme UNIQUE (uri_scheme, uri_body, dataset_ref)
);
CREATE INDEX ix_agdc_dataset_location_dataset_ref ON agdc.dataset_location (dataset_ref);

CREATE TABLE agdc.dataset_source (
    dataset_ref uuid NOT NULL
        CONSTRAINT fk_dataset_source_dataset_ref_dataset REFERENCES agdc.dataset (id),
    classifier varchar NOT NULL,
    source_dataset_ref uuid NOT NULL
        CONSTRAINT fk_dataset_source_source_dataset_ref_dataset REFERENCES agdc.dataset (id),
    CONSTRAINT pk_dataset_source PRIMARY KEY (dataset_ref, classifier),
    CONSTRAINT uq_dataset_source_source_dataset_ref UNIQUE (source_dataset_ref, dataset_ref)
);

CREATE TRIGGER row_update_time_metadata_type BEFORE UPDATE ON agdc.metadata_type
FOR EACH ROW EXECUTE FUNCTION agdc.set_row_update_time();
CREATE TRIGGER row_update_time_dataset_type BEFORE UPDATE ON agdc.dataset_type
FOR EACH ROW EXECUTE FUNCTION agdc.set_row_update_time();
CREATE TRIGGER row_update_time_dataset BEFORE UPDATE ON agdc.dataset
FOR EACH ROW EXECUTE FUNCTION agdc.set_row_update_time();
