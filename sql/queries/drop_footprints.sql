-- Takes away what is left of the footprints where the schema agdc was dropped under them, so that they can be made again;
-- and those of earlier versions, whose table had the name of the catalogue's, antares.footprint.
DO $$
DECLARE
    name text;
BEGIN
    DROP TABLE IF EXISTS antares.dataset_footprint;
    IF EXISTS (SELECT FROM pg_attribute WHERE attrelid = to_regclass('antares.footprint') AND attname = 'dataset') THEN
        DROP TABLE antares.footprint;
    END IF;
    FOR name IN
        SELECT p.oid::regprocedure::text FROM pg_proc AS p WHERE p.pronamespace = to_regnamespace('antares')
            AND p.proname IN ('on_globe', 'search_area', 'corner_ring', 'footprint_of', 'write_footprint',
                'write_footprints', 'keep_footprint', 'keep_new_footprints')
    LOOP
        EXECUTE format('DROP FUNCTION IF EXISTS %s CASCADE', name);
    END LOOP;
END
$$
