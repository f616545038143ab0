-- Takes the rows of the temporary table incoming into the catalogue; of rows with one id the last counts. Served by the
-- primary key.
INSERT INTO antares.scene (id, product, sensor, footprint, acquired, cloud, cloud_land, corners)
SELECT DISTINCT ON (id) id, product, sensor, footprint, acquired, cloud, cloud_land, corners
FROM incoming
ORDER BY id, number DESC
ON CONFLICT (id) DO UPDATE
SET product = excluded.product, sensor = excluded.sensor, footprint = excluded.footprint,
    acquired = excluded.acquired, cloud = excluded.cloud, cloud_land = excluded.cloud_land, corners = excluded.corners;
