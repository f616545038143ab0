-- The border of a country ($2 null) or region as hexadecimal WKB. Served by the primary keys.
-- $1 country's code, $2 region's name
SELECT encode(ST_AsBinary(border, 'NDR'), 'hex') AS border FROM antares.country WHERE code = $1 AND $2::text IS NULL
UNION ALL
SELECT encode(ST_AsBinary(border, 'NDR'), 'hex') FROM antares.region WHERE country = $1 AND name = $2;
