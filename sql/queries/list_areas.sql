-- Every country (region null) and region by name, without borders. A scan: there are some hundred rows.
SELECT code AS country, NULL AS region, name FROM antares.country
UNION ALL
SELECT country, name, name FROM antares.region
ORDER BY country, region NULLS FIRST;
