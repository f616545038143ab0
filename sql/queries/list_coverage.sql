-- Scenes of a sensor per footprint and year: how many there are, how many of them are clear, the mean share of clear
-- ground, and where they lie (of the corners of several scenes the least). Served by scene_footprint_idx.
-- $1 sensor, $2 and $3 first and last day, $4 the most clouds of a clear scene in percent
SELECT s.footprint, extract(year FROM s.acquired)::int AS year, count(*) AS scenes,
    count(*) FILTER (WHERE coalesce(s.cloud_land, s.cloud) <= $4::real) AS clear,
    sum(1 - coalesce(s.cloud_land, s.cloud, 100) / 100) AS clear_ground,
    min(s.corners) AS corners,
    encode(ST_AsBinary(f.border, 'NDR'), 'hex') AS border
FROM antares.scene AS s
LEFT JOIN antares.footprint AS f ON f.name = s.footprint AND (f.sensor = s.sensor OR f.sensor = 'landsat')
WHERE s.sensor LIKE $1 || '%' AND s.acquired BETWEEN $2::date AND $3::date
GROUP BY s.footprint, year, f.border
ORDER BY s.footprint, year;
