-- Datasets by the number :count, made of some that are there: other ids, times and places. Indexes are made afterwards,
-- by system init --rebuild; footprints too, by antares index footprints.
SET synchronous_commit TO off;
SELECT setseed(0.5) \g /dev/null
CREATE TEMP TABLE sample AS
SELECT row_number() OVER () AS n, d.metadata, d.metadata_type_ref AS type, d.dataset_type_ref AS product
FROM (SELECT * FROM agdc.dataset ORDER BY id LIMIT 50) AS d;
DO $$
DECLARE
    name text;
BEGIN
    FOR name IN SELECT indexname FROM pg_indexes WHERE schemaname = 'agdc' AND indexname LIKE 'dix\_%' LOOP
        EXECUTE format('DROP INDEX agdc.%I', name);
    END LOOP;
END
$$;
ALTER TABLE agdc.dataset DISABLE TRIGGER keep_new_footprints;
INSERT INTO agdc.dataset (id, metadata_type_ref, dataset_type_ref, metadata)
SELECT p.id, s.type, s.product,
    s.metadata || jsonb_build_object(
        'id', p.id, 'crs', 'EPSG:4326',
        'extent', jsonb_build_object(
            'lat', jsonb_build_object('begin', p.y, 'end', p.y + 1),
            'lon', jsonb_build_object('begin', p.x, 'end', p.x + 1)
        ),
        'properties', s.metadata -> 'properties'
            || jsonb_build_object('datetime', to_char(p.time, 'YYYY-MM-DD"T"HH24:MI:SS"Z"')),
        'grid_spatial', jsonb_build_object('projection', jsonb_build_object(
            'spatial_reference', 'EPSG:4326',
            'valid_data', jsonb_build_object('type', 'Polygon', 'coordinates', jsonb_build_array(jsonb_build_array(
                jsonb_build_array(p.x + 0.1, p.y), jsonb_build_array(p.x + 1, p.y + 0.1),
                jsonb_build_array(p.x + 0.9, p.y + 1), jsonb_build_array(p.x, p.y + 0.9),
                jsonb_build_array(p.x + 0.1, p.y)
            )))
        ))
    )
FROM (
    SELECT gen_random_uuid() AS id, round((random() * 358 - 179)::numeric, 4) AS x,
        round((random() * 140 - 70)::numeric, 4) AS y, timestamp '2013-01-01' + random() * interval '12 years' AS time,
        1 + floor(random() * 50)::int AS n
    FROM generate_series(1, :count)
) AS p
JOIN sample AS s USING (n);
ALTER TABLE agdc.dataset ENABLE TRIGGER keep_new_footprints;
INSERT INTO agdc.dataset_location (dataset_ref, uri_scheme, uri_body)
SELECT id, 'file', '///archive/' || id || '.yaml' FROM agdc.dataset
ON CONFLICT DO NOTHING;
