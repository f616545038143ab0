import Documents
import Foundation
import Geo
import Testing

@testable import Ingest

@Suite struct NameUUIDTests {
    /// From Python: `ns = uuid5(NAMESPACE_URL, 'antares:scene')`, then uuid5 of the name in `ns`, and of the path.
    @Test func `ids equal those of Python's uuid5`() {
        let scene = "S2A_MSIL2A_20170105T172712_N0204_R069_T13QEB_20170105T173412"
        let byScene = SceneIdentity.scene.datasetID(
            product: "s2_l2a_20m_granule",
            identifier: scene,
            path: "/data/scenes/a"
        )
        #expect(NameUUID.text(byScene) == "d5afe682-7f57-5da6-a65e-9401cfc89008")
        let byPath = SceneIdentity.path.datasetID(product: "any", identifier: scene, path: "/data/scenes/a")
        #expect(NameUUID.text(byPath) == "b325e602-c31b-54c0-8764-c162864bbe2c")
    }

    @Test func `a scene that is moved keeps its id`() {
        let here = SceneIdentity.scene.datasetID(product: "p", identifier: "s", path: "/a")
        #expect(here == SceneIdentity.scene.datasetID(product: "p", identifier: "s", path: "/b"))
        #expect(here != SceneIdentity.scene.datasetID(product: "q", identifier: "s", path: "/a"))
    }
}

@Suite struct EO3DatasetTests {
    private func dataset() throws -> EO3Dataset {
        let box = GeoBox(
            crs: CRS("EPSG:32613"),
            affine: Affine(origin: Point(x: 600_000, y: 2_300_000), resolution: XY(x: 20, y: -20)),
            width: 30,
            height: 40
        )
        let time = try #require(Timestamp.parse("2017-01-05T17:27:12.381304Z"))
        return EO3Dataset(
            id: NameUUID.make(namespace: NameUUID.urlNamespace, name: "x"),
            product: "p",
            productHref: "https://example.org/p",
            crs: CRS("EPSG:32613"),
            grids: [("default", box)],
            measurements: [
                .init(name: "red", path: "red.jp2", scaleFactor: 0.0001, addOffset: -0.1),
                .init(name: "qa", path: "x.nc", layer: "qa"),
            ],
            time: time,
            processed: time.addingTimeInterval(3600),
            properties: DocumentObject([(key: "eo:platform", value: "sentinel-2a")]),
            fileFormat: "JPEG2000",
            lineage: [("level1", [NameUUID.urlNamespace])]
        )
    }

    @Test func `the document has what EO3 asks for`() throws {
        let document = try dataset().document
        #expect(document["$schema"] == "https://schemas.opendatacube.org/dataset")
        #expect(document.at("product", "name") == "p")
        #expect(document["crs"] == "epsg:32613")
        #expect(document.at("grids", "default", "shape") == [40, 30])
        #expect(
            document.at("grids", "default", "transform") == [
                20.0, 0.0, 600_000.0, 0.0, -20.0, 2_300_000.0, 0.0, 0.0, 1.0,
            ]
        )
        #expect(document.at("properties", "datetime") == "2017-01-05T17:27:12.381304Z")
        #expect(document.at("properties", "odc:processing_datetime") == "2017-01-05T18:27:12.381304Z")
        #expect(document.at("properties", "antares:scaling", "red", "add_offset") == -0.1)
        #expect(document.at("measurements", "qa") == ["path": "x.nc", "layer": "qa"])
        #expect(document.at("lineage", "level1") == ["6ba7b811-9dad-11d1-80b4-00c04fd430c8"])
        // Without a footprint the rectangle of the default grid stands in, closed.
        let ring = try #require(document.at("geometry", "coordinates")?.array?.first?.array)
        #expect(ring.count == 5)
        #expect(ring.first == ring.last)
        #expect(ring[2] == [600_600.0, 2_299_200.0])
    }

    @Test func `a YAML reader gets the document back`() throws {
        let document = try dataset().document
        let text = YAMLText.write(documents: [document, document])
        let documents = try YAML.parse(text, origin: "test").map(\.value)
        #expect(documents == [document, document])
    }
}

@Suite struct LegacyDatasetTests {
    @Test func `the document has the layout of ingested tiles`() throws {
        let box = GeoBox(
            crs: CRS("EPSG:32613"),
            affine: Affine(origin: Point(x: 600_000, y: 2_300_000), resolution: XY(x: 20, y: -20)),
            width: 100,
            height: 100
        )
        let begin = try #require(Timestamp.parse("2017-01-01"))
        let end = try #require(Timestamp.parse("2017-01-03"))
        let source: DocumentValue = ["id": "s"]
        let metadata: DocumentValue = ["platform": ["code": "S2"], "format": ["name": "NetCDF"]]
        let dataset = LegacyDataset(
            id: NameUUID.urlNamespace,
            created: end,
            metadata: try #require(metadata.object),
            bands: [.init(name: "red", path: "", layer: "red")],
            grid: box,
            timeRange: TimeRange(begin: begin, end: end),
            sources: [("0", source)]
        )
        let document = try dataset.document()
        #expect(document.at("extent", "center_dt") == "2017-01-02T00:00:00Z")
        #expect(document.at("image", "bands", "red") == ["path": "", "layer": "red"])
        #expect(document.at("platform", "code") == "S2")
        #expect(document.at("format", "name") == "NetCDF")
        #expect(document.at("lineage", "source_datasets", "0", "id") == "s")
        #expect(
            document.at("grid_spatial", "projection", "geo_ref_points", "lr") == ["x": 602_000.0, "y": 2_298_000.0]
        )
        // gdaltransform -s_srs EPSG:32613 -t_srs EPSG:4326 of 600000 2300000.
        let corner = try #require(document.at("extent", "coord", "ul"))
        #expect(abs((corner["lon"]?.double ?? 0) - -104.039128863903) < 1e-9)
        #expect(abs((corner["lat"]?.double ?? 0) - 20.7971889977949) < 1e-9)
    }
}
