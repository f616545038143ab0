-- The schema of jobs (IVOA UWS); its tables come with the job service.
CREATE SCHEMA IF NOT EXISTS uws;
COMMENT ON SCHEMA uws IS 'Jobs of antares';
