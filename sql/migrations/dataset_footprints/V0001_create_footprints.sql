-- Where datasets of the Open Data Cube have data, for searches by PostGIS. Stands beside the tables of schema agdc and is
-- kept true by a trigger, whoever writes them. Shapes are geographies: nothing breaks at the date line or at a pole.
CREATE SCHEMA IF NOT EXISTS antares;

CREATE TABLE antares.dataset_footprint (
    dataset uuid PRIMARY KEY REFERENCES agdc.dataset (id) ON DELETE CASCADE,
    shape geography(Geometry, 4326),
    problem text,
    CHECK (num_nonnulls(shape, problem) = 1)
);
COMMENT ON TABLE antares.dataset_footprint IS 'Where datasets of agdc.dataset have data';
COMMENT ON COLUMN antares.dataset_footprint.problem IS 'Why the document gives no shape';
CREATE INDEX dataset_footprint_shape_idx ON antares.dataset_footprint USING gist (shape);
CREATE INDEX dataset_footprint_problem_idx ON antares.dataset_footprint (dataset) WHERE problem IS NOT NULL;

-- A planar geometry on the globe. Edges are cut, as a straight line of a projection is none on the globe; in degrees,
-- rings wider than half the globe are taken to cross the date line, as the Open Data Cube does.
CREATE FUNCTION antares.on_globe(shape geometry, crs text) RETURNS geography
LANGUAGE plpgsql STABLE
AS $$
DECLARE
    width float8 := ST_XMax(shape) - ST_XMin(shape);
    size float8 := greatest(width, ST_YMax(shape) - ST_YMin(shape));
    isDegrees boolean := upper(crs) IN ('EPSG:4326', 'OGC:CRS84', 'CRS84');
BEGIN
    IF NOT (isDegrees AND width > 180) AND size > 0 THEN
        shape := ST_Segmentize(shape, CASE WHEN isDegrees THEN 1 ELSE size / 16 END);
    END IF;
    IF NOT isDegrees THEN
        shape := ST_Transform(ST_SetSRID(shape, 0), crs, 4326);
    END IF;
    -- Longitudes beyond 180 degrees are the same places a turn back.
    IF ST_XMax(shape) > 180 OR ST_XMin(shape) < -180 THEN
        shape := ST_WrapX(shape, 180, -360);
        shape := ST_WrapX(shape, -180, 360);
    END IF;
    RETURN ST_SetSRID(shape, 4326)::geography;
END
$$;

-- What a search looks for: WKT or GeoJSON in a CRS. Wide areas are cut, as a polygon on the globe means its smaller side.
CREATE FUNCTION antares.search_area(area text, crs text) RETURNS geography
LANGUAGE plpgsql STABLE
AS $$
DECLARE
    shape geometry := CASE WHEN area LIKE '{%' THEN ST_GeomFromGeoJSON(area) ELSE ST_GeomFromText(area) END;
BEGIN
    shape := ST_SetSRID(shape, 0);
    IF upper(crs) IN ('EPSG:4326', 'OGC:CRS84', 'CRS84') AND ST_XMax(shape) - ST_XMin(shape) > 60 THEN
        SELECT ST_Collect(piece) INTO shape FROM (
            SELECT (ST_Dump(ST_Intersection(cell.geom, shape))).geom AS piece FROM ST_SquareGrid(60, shape) AS cell
        ) AS pieces WHERE ST_Dimension(piece) = ST_Dimension(shape);
        RETURN ST_SetSRID(ST_Segmentize(shape, 1), 4326)::geography;
    END IF;
    RETURN antares.on_globe(shape, crs);
END
$$;

-- The ring through four corners, each {x, y} or {lon, lat}; null where one is missing.
CREATE FUNCTION antares.corner_ring(corners jsonb, x text, y text) RETURNS geometry
LANGUAGE sql STABLE
AS $$
    SELECT CASE WHEN count(point) = 5 THEN ST_MakePolygon(ST_MakeLine(point ORDER BY place)) END
    FROM (
        SELECT place, ST_MakePoint((corners #>> ARRAY[name, x])::float8, (corners #>> ARRAY[name, y])::float8) AS point
        FROM unnest(ARRAY['ul', 'ur', 'lr', 'll', 'ul']) WITH ORDINALITY AS names (name, place)
    ) AS points
$$;

-- Where the dataset of a document has data: its valid data, else its corners, else its extent.
CREATE FUNCTION antares.footprint_of(document jsonb) RETURNS geography
LANGUAGE plpgsql STABLE
AS $$
DECLARE
    projection jsonb := document #> '{grid_spatial,projection}';
    crs text := projection ->> 'spatial_reference';
    shape geometry;
BEGIN
    IF crs IS NULL AND projection ? 'zone' THEN
        crs := CASE projection ->> 'datum'
            WHEN 'GDA94' THEN 'EPSG:' || (28300 + abs((projection ->> 'zone')::int))
            WHEN 'WGS84' THEN 'EPSG:' || (
                CASE WHEN (projection ->> 'zone')::int < 0 THEN 32700 ELSE 32600 END + abs((projection ->> 'zone')::int)
            )
        END;
    END IF;
    IF crs IS NOT NULL THEN
        shape := ST_SetSRID(ST_GeomFromGeoJSON(projection -> 'valid_data'), 0);
        shape := coalesce(shape, antares.corner_ring(projection -> 'geo_ref_points', 'x', 'y'));
    END IF;
    IF shape IS NOT NULL THEN
        RETURN antares.on_globe(ST_Force2D(shape), trim(crs));
    END IF;
    shape := coalesce(
        antares.corner_ring(document #> '{extent,coord}', 'lon', 'lat'),
        ST_MakeEnvelope(
            (document #>> '{extent,lon,begin}')::float8, (document #>> '{extent,lat,begin}')::float8,
            (document #>> '{extent,lon,end}')::float8, (document #>> '{extent,lat,end}')::float8
        )
    );
    RETURN antares.on_globe(shape, 'EPSG:4326');
END
$$;

-- Writes the footprint of one dataset; a document without shape is noted and stops nothing.
CREATE FUNCTION antares.write_footprint(id uuid, document jsonb) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    found geography;
    reason text := 'the document has no geometry, corners or extent';
BEGIN
    BEGIN
        found := antares.footprint_of(document);
    EXCEPTION WHEN OTHERS THEN
        reason := SQLERRM;
    END;
    INSERT INTO antares.dataset_footprint (dataset, shape, problem)
    VALUES (id, found, CASE WHEN found IS NULL THEN reason END)
    ON CONFLICT (dataset) DO UPDATE SET shape = excluded.shape, problem = excluded.problem;
END
$$;

-- Runs as its owner: accounts that may only add datasets need no rights here.
CREATE FUNCTION antares.keep_footprint() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
AS $$
BEGIN
    PERFORM antares.write_footprint(NEW.id, NEW.metadata);
    RETURN NULL;
END
$$;

-- Functions find PostGIS where it is now, whatever the session's own path.
DO $$
DECLARE
    place text := (SELECT quote_ident(nspname) FROM pg_extension JOIN pg_namespace AS n ON n.oid = extnamespace
        WHERE extname = 'postgis');
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['on_globe(geometry, text)', 'search_area(text, text)', 'corner_ring(jsonb, text, text)',
        'footprint_of(jsonb)', 'write_footprint(uuid, jsonb)', 'keep_footprint()'] LOOP
        EXECUTE format('ALTER FUNCTION antares.%s SET search_path TO %s, pg_temp', name, place);
    END LOOP;
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'agdc_user') THEN
        GRANT USAGE ON SCHEMA antares TO agdc_user;
        GRANT SELECT ON antares.dataset_footprint TO agdc_user;
    END IF;
END
$$;

CREATE TRIGGER keep_footprint AFTER INSERT OR UPDATE OF metadata ON agdc.dataset
FOR EACH ROW EXECUTE FUNCTION antares.keep_footprint();
