-- Puts locations in; what is there already stays as it is. Served by uq_dataset_location_uri_scheme.
-- $1 datasets' ids, $2 schemes, $3 bodies; arrays of one length, the preferred location of a dataset last
INSERT INTO agdc.dataset_location (dataset_ref, uri_scheme, uri_body)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[])
ON CONFLICT (uri_scheme, uri_body, dataset_ref) DO NOTHING
