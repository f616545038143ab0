-- Countries and their first-level regions: commands are told by their names where to work.
CREATE TABLE antares.country (
    code text PRIMARY KEY CHECK (code ~ '^[A-Z]{3}$'),
    name text NOT NULL,
    source text NOT NULL,
    border geometry(MultiPolygon, 4326) NOT NULL,
    updated timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE antares.country IS 'Countries by ISO 3166-1 alpha-3 code';
COMMENT ON COLUMN antares.country.source IS 'The file or package that the border was read from';

CREATE TABLE antares.region (
    country text NOT NULL REFERENCES antares.country (code) ON DELETE CASCADE,
    name text NOT NULL,
    source text NOT NULL,
    border geometry(MultiPolygon, 4326) NOT NULL,
    updated timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (country, name)
);
COMMENT ON TABLE antares.region IS 'First-level regions of countries';

CREATE INDEX country_border_idx ON antares.country USING gist (border);
CREATE INDEX region_border_idx ON antares.region USING gist (border);
