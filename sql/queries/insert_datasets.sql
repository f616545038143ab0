-- Puts datasets in and returns the ids of those that were not there before. Served by the primary key.
-- In the order of ids, so that two programs that add the same ones never wait for each other.
-- $1 ids, $2 metadata documents (JSON), $3 products' numbers; arrays of one length
INSERT INTO agdc.dataset (id, dataset_type_ref, metadata_type_ref, metadata)
SELECT given.id, p.id, p.metadata_type_ref, given.metadata
FROM unnest($1::uuid[], $2::jsonb[], $3::int[]) AS given (id, metadata, product)
JOIN agdc.dataset_type AS p ON p.id = given.product
ORDER BY given.id
ON CONFLICT (id) DO NOTHING
RETURNING id
