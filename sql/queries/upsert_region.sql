-- Puts a region in or brings its row up to date; returns nothing. Served by the primary key.
-- $1 country's code, $2 name, $3 source, $4 border as hexadecimal WKB in EPSG:4326
INSERT INTO antares.region (country, name, source, border)
SELECT $1, $2, $3,
    CASE WHEN ST_IsValid(given) THEN given
    ELSE ST_Multi(ST_CollectionExtract(ST_MakeValid(given, 'method=structure'), 3)) END
FROM ST_GeomFromWKB(decode($4, 'hex'), 4326) AS given
ON CONFLICT (country, name) DO UPDATE
SET source = excluded.source, border = excluded.border, updated = now();
