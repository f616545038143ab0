import DatacubeIndex
import Documents
import Foundation
import Geo
import Ingest
import TestSupport
import Testing

/// STAC items that become EO3 documents.
@Suite struct STACItemTests {
    private static let productText = """
        name: s2_l2a
        description: Two bands and a classification
        metadata_type: eo3
        metadata: {product: {name: s2_l2a}}
        measurements:
        - {name: B04, aliases: [red], dtype: uint16, nodata: 0, units: "1"}
        - {name: nir, dtype: uint16, nodata: 0, units: "1"}
        - {name: SCL, aliases: [scl], dtype: uint8, nodata: 0, units: "1"}
        """

    private func product(_ text: String = productText) throws -> Product {
        let document = try #require(try YAML.parse(text, origin: "p.yaml").first)
        return try #require(Product(definition: document.value))
    }

    private func convert(_ text: String, _ products: [Product]) throws -> [Result<DatasetCandidate, DocumentError>] {
        let value = try JSONText.parse(text, origin: "item.json")
        let candidate = DatasetCandidate(
            document: SourceDocument(origin: "item.json", value: value),
            location: "file:///data/item.json"
        )
        return STACDocuments(products: products).candidates(of: candidate)
    }

    private func document(_ text: String) throws -> DocumentValue {
        try #require(try convert(text, [try product()]).first).get().document.value
    }

    /// An item as small as can be.
    private func item(
        id: String = "scene-1",
        time: String = #""datetime": "2023-08-15T10:00:00Z""#,
        projection: String = #""proj:epsg": 32633"#,
        assets: String? = nil
    ) -> String {
        let grid = #""proj:shape": [200, 100], "proj:transform": [10, 0, 500000, 0, -10, 5100000]"#
        let coarse = #""proj:shape": [100, 50], "proj:transform": [20, 0, 500000, 0, -20, 5100000, 0, 0, 1]"#
        let usual = """
            {"red": {"href": "r.tif", "type": "image/tiff", \(grid)},
             "stack": {"href": "s.tif", "type": "image/tiff", "bands": [{"name": "a"}, {"name": "nir"}], \(grid)},
             "scl": {"href": "c.tif", "type": "image/tiff", "roles": ["data"], \(coarse)},
             "thumbnail": {"href": "t.jpg", "type": "image/jpeg", "roles": ["thumbnail"]}}
            """
        return """
            {"type": "Feature", "stac_version": "1.0.0", "id": "\(id)", "collection": "s2-l2a",
             "properties": {\(time), \(projection), "instruments": ["msi"], "platform": "sentinel-2a",
                "eo:cloud_cover": 12.5, "mgrs:utm_zone": 33, "mgrs:latitude_band": "T", "mgrs:grid_square": "WL"},
             "geometry": {"type": "Polygon", "coordinates": [[[15, 45], [16, 45], [16, 46], [15, 46], [15, 45]]]},
             "links": [], "assets": \(assets ?? usual)}
            """
    }

    @Test func `measurements are found by key, alias and band name, and grids by what most of them have`() throws {
        let document = try document(item())
        #expect(document["product"] == ["name": "s2_l2a"])
        #expect(document["crs"] == "epsg:32633")
        #expect(
            document["measurements"] == [
                "B04": ["path": "r.tif"], "nir": ["path": "s.tif", "band": 2],
                "SCL": ["path": "c.tif", "grid": "g20m"],
            ]
        )
        #expect(document["accessories"] == ["thumbnail": ["path": "t.jpg"]])
        #expect(document.at("grids", "default", "shape") == [200, 100])
        #expect(
            document.at("grids", "g20m", "transform") == [20.0, 0.0, 500000.0, 0.0, -20.0, 5100000.0, 0.0, 0.0, 1.0]
        )
        let properties = try #require(document["properties"])
        #expect(properties["eo:instrument"] == "MSI")
        #expect(properties["eo:platform"] == "sentinel-2a")
        #expect(properties["odc:region_code"] == "33TWL")
        #expect(properties["odc:file_format"] == "GeoTIFF")
        #expect(properties["odc:processing_datetime"] == "2023-08-15T10:00:00Z")
        #expect(document["label"] == "scene-1")
        #expect(document["lineage"] == [:])
    }

    @Test func `a product is made from what an item says of its bands`() throws {
        let grid = #""proj:shape": [200, 100], "proj:transform": [10, 0, 500000, 0, -10, 5100000]"#
        func asset(_ bands: String) -> String {
            #"{"href": "https://h.invalid/x.tif", "type": "image/tiff", \#(grid), \#(bands)}"#
        }
        let text = item(
            assets: """
                {"SR_B4.TIF": \(asset(#""raster:bands": [{"data_type": "uint16", "nodata": 0}], "eo:bands": [{"common_name": "red"}]"#)),
                 "scl": \(asset(#""bands": [{"name": "SCL", "data_type": "uint8", "nodata": 0}]"#)),
                 "temp": \(asset(#""data_type": "float32", "nodata": "nan", "unit": "K""#)),
                 "stack": \(asset(#""bands": [{"data_type": "uint8"}, {"data_type": "uint8"}]"#)),
                 "meta": {"href": "m.xml", "type": "application/xml"}}
                """
        )
        let value = try JSONText.parse(text, origin: "item.json")
        let made = try STACProductDraft.definition("p", for: value, at: "https://h.invalid/item.json")
        let definition = try #require(made)
        let measurements = try #require(definition["measurements"]?.array)
        #expect(
            measurements.dropLast() == [
                ["name": "SR_B4_TIF", "dtype": "uint16", "nodata": 0, "units": "1", "aliases": ["red", "SR_B4.TIF"]],
                ["name": "scl", "dtype": "uint8", "nodata": 0, "units": "1"],
            ]
        )
        #expect(measurements.last?["units"] == "K" && measurements.last?["nodata"]?.double?.isNaN == true)
        // The item is found to have them under the product's names.
        let product = try #require(Product(definition: definition))
        let found = try #require(try convert(text, [product]).first).get().document.value
        #expect(found.at("measurements", "SR_B4_TIF", "path") == "https://h.invalid/x.tif")
    }

    @Test func `scale and offset of the first item are the product's, those of others are kept where they differ`()
        throws
    {
        let grid = #""proj:shape": [200, 100], "proj:transform": [10, 0, 500000, 0, -10, 5100000]"#
        func asset(_ bands: String) -> String {
            #"{"href": "https://h.invalid/x.tif", "type": "image/tiff", "data_type": "uint16", "nodata": 0, \#(grid), \#(bands)}"#
        }
        /// As raster:bands of STAC 1.0, in bands of 1.1, for the whole asset, and nothing of the kind.
        func text(offset: Double, more: String = "") -> String {
            item(
                assets: """
                    {"old": \(asset(#""raster:bands": [{"scale": 0.0001, "offset": \#(offset)}]"#)),
                     "new": \(asset(#""bands": [{"name": "new", "raster:scale": 0.0001, "raster:offset": \#(offset)}]"#)),
                     "whole": \(asset(#""raster:scale": 0.5"#)), "plain": \(asset(#""unit": "K""#))}
                    """
            ).replacing(#""platform""#, with: more + #""platform""#)
        }
        func definition(_ text: String) throws -> DocumentValue? {
            let value = try JSONText.parse(text, origin: "item.json")
            return try STACProductDraft.definition("p", for: value, at: "https://h.invalid/item.json")
        }
        let made = try #require(try definition(text(offset: -0.1)))
        let scales = (made["measurements"]?.array ?? []).map { [$0["scale_factor"]?.double, $0["add_offset"]?.double] }
        #expect(scales == [[0.0001, -0.1], [0.0001, -0.1], [0.5, 0], [nil, nil]])
        // Numbers to which the offset was added already (earth-search).
        let applied = try #require(
            try definition(text(offset: -0.1, more: #""earthsearch:boa_offset_applied": true, "#))
        )
        #expect(applied["measurements"]?.array?.first?["add_offset"]?.double == 0)
        let product = try #require(Product(definition: made))
        let (same, other) = (text(offset: -0.1), text(offset: 0))
        let documents = try [same, other].map { try #require(try convert($0, [product]).first).get().document.value }
        #expect(documents[0].at("properties", "antares:scaling") == nil)
        let kept: DocumentValue = ["scale_factor": 0.0001, "add_offset": 0.0]
        #expect(documents[1].at("properties", "antares:scaling") == ["old": kept, "new": kept])
    }

    @Test func `items changed by chance crash nothing`() throws {
        var mutator = Mutator(seed: 11)
        let value = try JSONText.parse(item(), origin: "item.json")
        let product = try product()
        var outcomes: Set<Bool> = []
        for _ in 0..<300 {
            var changed = value
            for _ in 0..<2 { changed = mutator.change(changed) }
            let source = SourceDocument(origin: "item.json", value: changed)
            let candidate = DatasetCandidate(document: source, location: "file:///data/item.json")
            for result in STACDocuments(products: [product]).candidates(of: candidate) {
                outcomes.insert((try? result.get()) != nil)
            }
            _ = try? STACProductDraft.definition("p", for: changed, at: "file:///data/item.json")
        }
        #expect(outcomes == [true, false])
    }

    @Test func `lineage that is null is none`() throws {
        let text = item().replacing(#""platform""#, with: #""odc:lineage": null, "platform""#)
        #expect(try document(text)["lineage"] == [:])
    }

    // uuid.uuid5(uuid.uuid5(uuid.NAMESPACE_URL, "https://stacspec.org"), "s2-l2a\nscene-1\n") in Python.
    @Test(arguments: [
        ("scene-1", "2e935c2d-228f-56af-b68b-f677076417bf"),
        ("6D4894ED-3368-47CB-A8F4-000000000001", "6d4894ed-3368-47cb-a8f4-000000000001"),
    ])
    func `an id that is a UUID is kept, else it follows from collection and id`(id: String, expected: String) throws {
        #expect(try document(item(id: id))["id"]?.string == expected)
    }

    @Test func `a range of times stands for a time that is null`() throws {
        let range =
            #""datetime": null, "start_datetime": "2023-08-01T00:00:00Z", "end_datetime": "2023-08-31T23:59:59Z""#
        let properties = try #require(try document(item(time: range))["properties"])
        #expect(properties["datetime"] == "2023-08-01T00:00:00Z")
        #expect(properties["dtr:start_datetime"] == "2023-08-01T00:00:00Z")
        #expect(properties["dtr:end_datetime"] == "2023-08-31T23:59:59Z")
    }

    @Test(arguments: [#""proj:code": "EPSG:32633""#, #""proj:epsg": null, "proj:code": "EPSG:32633""#])
    func `the CRS may be a code, as STAC 1.1 writes it`(projection: String) throws {
        #expect(try document(item(projection: projection))["crs"] == "epsg:32633")
    }

    @Test(arguments: [
        (#""id": "scene-1", "#, "", "item.json: needs the key 'id'."),
        (#""datetime": "2023-08-15T10:00:00Z""#, #""x": 1"#, "'properties' needs the key 'datetime'"),
        (#""href": "r.tif", "#, "", "'assets.red' needs the key 'href'"),
        (#""proj:epsg": 32633"#, #""x": 1"#, "tells no grid: its assets lack proj:shape and proj:transform"),
        (#""type": "Feature""#, #""type": "Collection""#, "is a STAC Collection, which describes no dataset"),
    ])
    func `what is wrong with an item is said`(old: String, new: String, expected: String) throws {
        let text = item().replacing(old, with: new)
        #expect(text != item())
        let result = try #require(try convert(text, [try product()]).first)
        let error = #expect(throws: DocumentError.self) { try result.get() }
        #expect(error?.description.contains(expected) == true, "\(error?.description ?? "")")
    }

    @Test func `each item of a collection is a dataset, and one that is broken stops no other`() throws {
        let broken = item(id: "scene-2").replacing(#""datetime""#, with: #""date""#)
        let link = #""links": [{"rel": "self", "href": "https://example.org/items/scene-3.json"}]"#
        let third = item(id: "scene-3").replacing(#""links": []"#, with: link)
        let text = #"{"type": "FeatureCollection", "features": [\#(item()), \#(broken), \#(third)]}"#
        let results = try convert(text, [try product()])
        #expect(results.count == 3)
        #expect(try results[0].get().location == "file:///data/item.json#part=0")
        let error = #expect(throws: DocumentError.self) { try results[1].get() }
        #expect(error?.description.hasPrefix("item.json: 'features[1].properties' needs the key 'datetime'") == true)
        #expect(try results[2].get().location == "https://example.org/items/scene-3.json")
    }

    @Test func `documents that are no STAC pass through`() throws {
        let text = #"{"id": "x", "type": "Feature collection of another kind"}"#
        #expect(try #require(try convert(text, []).first).get().document.value["id"] == "x")
    }

    @Test(.enabled(if: RealScenes.isHere)) func `real items of Earth Search become datasets of a product`() throws {
        let scene = "S2A_33TWL_20230815_0_L2A"
        let path = RealScenes.path("s2-l2a-33T/\(scene)/\(scene).json")
        let text = Self.productText.replacing("name: s2_l2a}", with: "name: sentinel_2_l2a}")
            .replacing("name: s2_l2a\n", with: "name: sentinel_2_l2a\n")
        let documents = STACDocuments(products: [try product(text)])
        let candidate = try #require(try DatasetFiles.candidates(at: path).first)
        let document = try #require(documents.candidates(of: candidate).first).get().document.value
        // By uuid.uuid5 of Python with the name "sentinel-2-l2a\n<item id>\n".
        #expect(document["id"] == "658de57d-a01e-5b69-b9be-a1afbaf5cb0f")
        #expect(document["product"] == ["name": "sentinel_2_l2a"])
        #expect(document.at("measurements", "B04") == ["path": "B04.tif"])
        #expect(document.at("measurements", "SCL", "path") == "SCL.tif")
        #expect(document.at("measurements", "coastal", "grid") == "g60m")
        #expect(document.at("properties", "odc:region_code") == "33TWL")
        // The second point of the outline by pyproj 3.7.
        let ring = document.at("geometry", "coordinates")?.array?.first?.array
        let point = ring?[1].array?.compactMap(\.double) ?? []
        #expect(
            point.count == 2 && abs(point[0] - 499980.9999999999) < 1e-6 && abs(point[1] - 5095755.478529554) < 1e-6
        )
    }
}
