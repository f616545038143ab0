-- Makes the Open Data Cube's four roles where they are missing; each holds what the one before it may.
-- Roles belong to the whole server: another database may be initialised at this moment.
DO $$
DECLARE
    roles CONSTANT text[] := ARRAY['agdc_user', 'agdc_ingest', 'agdc_manage', 'agdc_admin'];
BEGIN
    FOR i IN 1..4 LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = roles[i]) THEN
            BEGIN
                EXECUTE format(
                    'CREATE ROLE %I NOLOGIN INHERIT NOCREATEDB %s %s',
                    roles[i],
                    CASE WHEN i = 4 THEN 'CREATEROLE' ELSE 'NOCREATEROLE' END,
                    CASE WHEN i > 1 THEN format('IN ROLE %I', roles[i - 1]) ELSE '' END
                );
            EXCEPTION WHEN duplicate_object OR unique_violation THEN
                NULL;
            END;
        END IF;
    END LOOP;
    EXECUTE format('GRANT ALL ON DATABASE %I TO agdc_admin', current_database());
END
$$;
