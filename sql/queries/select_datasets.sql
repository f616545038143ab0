-- Datasets with their active locations, the newest first; conditions and order are added by the program.
-- Served by the primary key, by ix_ds_prod_isactive and by the dynamic indexes of products (dix_…).
SELECT d.id, p.name AS product, d.metadata, d.archived, d.added, d.added_by,
    ARRAY(
        SELECT l.uri_scheme || ':' || l.uri_body
        FROM agdc.dataset_location AS l
        WHERE l.dataset_ref = d.id AND l.archived IS NULL
        ORDER BY l.added DESC, l.id DESC
    ) AS uris
FROM agdc.dataset AS d
JOIN agdc.dataset_type AS p ON p.id = d.dataset_type_ref
