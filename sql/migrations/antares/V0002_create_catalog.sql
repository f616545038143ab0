-- The catalogue: what was acquired, whether anybody has fetched it or not.
CREATE TABLE antares.footprint (
    sensor text NOT NULL,
    name text NOT NULL,
    border geometry(MultiPolygon, 4326) NOT NULL,
    PRIMARY KEY (sensor, name)
);
COMMENT ON TABLE antares.footprint IS 'Where a sensor acquires scenes: paths and rows, or tiles';
COMMENT ON COLUMN antares.footprint.name IS 'Path and row as PPPRRR, or the name of a tile';
CREATE INDEX footprint_border_idx ON antares.footprint USING gist (border);

CREATE TABLE antares.scene (
    id text PRIMARY KEY,
    product text,
    sensor text NOT NULL,
    footprint text NOT NULL,
    acquired date NOT NULL,
    cloud real,
    cloud_land real,
    corners real[]
);
COMMENT ON TABLE antares.scene IS 'Scenes that an archive lists';
COMMENT ON COLUMN antares.scene.id IS 'The archive''s identifier of the scene';
COMMENT ON COLUMN antares.scene.footprint IS 'Path and row as PPPRRR';
COMMENT ON COLUMN antares.scene.cloud IS 'Share of the scene under clouds, percent';
COMMENT ON COLUMN antares.scene.cloud_land IS 'Share of the land under clouds, percent';
COMMENT ON COLUMN antares.scene.corners IS 'Latitudes and longitudes of the corners: upper left, upper right, lower left, lower right';
CREATE INDEX scene_footprint_idx ON antares.scene (sensor, footprint, acquired);
