-- Puts lineage in; what is there already stays as it is. Served by pk_dataset_source.
-- $1 derived datasets' ids, $2 classifiers, $3 sources' ids; arrays of one length
INSERT INTO agdc.dataset_source (dataset_ref, classifier, source_dataset_ref)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::uuid[])
ON CONFLICT (dataset_ref, classifier) DO NOTHING
