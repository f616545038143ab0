-- Puts back what indexes older than Open Data Cube 1.8.3 lack: columns of changes and their triggers.
CREATE OR REPLACE FUNCTION agdc.set_row_update_time() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    NEW.updated = now();
    RETURN NEW;
END
$$;
ALTER TABLE agdc.metadata_type ADD COLUMN IF NOT EXISTS updated timestamptz;
ALTER TABLE agdc.dataset_type ADD COLUMN IF NOT EXISTS updated timestamptz;
ALTER TABLE agdc.dataset ADD COLUMN IF NOT EXISTS updated timestamptz;
ALTER TABLE agdc.dataset_location ADD COLUMN IF NOT EXISTS added timestamptz DEFAULT now();
DROP TRIGGER IF EXISTS row_update_time_metadata_type ON agdc.metadata_type;
CREATE TRIGGER row_update_time_metadata_type BEFORE UPDATE ON agdc.metadata_type
FOR EACH ROW EXECUTE FUNCTION agdc.set_row_update_time();
DROP TRIGGER IF EXISTS row_update_time_dataset_type ON agdc.dataset_type;
CREATE TRIGGER row_update_time_dataset_type BEFORE UPDATE ON agdc.dataset_type
FOR EACH ROW EXECUTE FUNCTION agdc.set_row_update_time();
DROP TRIGGER IF EXISTS row_update_time_dataset ON agdc.dataset;
CREATE TRIGGER row_update_time_dataset BEFORE UPDATE ON agdc.dataset
FOR EACH ROW EXECUTE FUNCTION agdc.set_row_update_time();
