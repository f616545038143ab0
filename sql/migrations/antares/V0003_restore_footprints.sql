-- The catalogue's footprints: earlier versions let those of datasets take the place of this table.
CREATE TABLE IF NOT EXISTS antares.footprint (
    sensor text NOT NULL,
    name text NOT NULL,
    border geometry(MultiPolygon, 4326) NOT NULL,
    PRIMARY KEY (sensor, name)
);
COMMENT ON TABLE antares.footprint IS 'Where a sensor acquires scenes: paths and rows, or tiles';
COMMENT ON COLUMN antares.footprint.name IS 'Path and row as PPPRRR, or the name of a tile';
CREATE INDEX IF NOT EXISTS footprint_border_idx ON antares.footprint USING gist (border);
