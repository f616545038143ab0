-- Puts a footprint in, or its border up to date, where it meets a country; returns its name where it does. Served by the
-- primary keys.
-- $1 sensor, $2 name, $3 border as hexadecimal WKB in EPSG:4326, $4 the country's code, or NULL for everywhere
INSERT INTO antares.footprint (sensor, name, border)
SELECT $1, $2, ST_Multi(ST_MakeValid(given))
FROM ST_GeomFromWKB(decode($3, 'hex'), 4326) AS given
WHERE $4::text IS NULL
   OR EXISTS (SELECT FROM antares.country WHERE code = $4 AND ST_Intersects(border, ST_MakeValid(given)))
ON CONFLICT (sensor, name) DO UPDATE SET border = excluded.border
RETURNING name;
