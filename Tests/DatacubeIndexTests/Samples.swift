import DatacubeIndex
import Documents
import Foundation
import Logging
import Postgres
import TestSupport

/// Documents that several suites use.
enum Samples {
    static let productText = """
        name: ls_demo
        description: Two bands and a quality mask
        metadata_type: eo3
        license: CC-BY-4.0
        metadata:
          product: {name: ls_demo}
        storage:
          crs: EPSG:32613
          tile_size: {x: 100000.0, y: 100000.0}
          resolution: {x: 30.0, y: -30.0}
        measurements:
        - name: red
          aliases: [band_4, rot]
          dtype: uint16
          nodata: 0
          units: "1"
          scale_factor: 2.75e-05
          add_offset: -0.2
        - name: temperature
          dtype: float32
          nodata: .nan
          units: K
        - name: quality
          dtype: uint8
          nodata: 1
          units: bit_index
          flags_definition:
            cloud:
              bits: 3
              description: Cloud
              values: {0: not_high_confidence, 1: high_confidence}
            cloud_confidence:
              bits: [6, 7]
              values: {0: none, 1: low, 2: medium, 3: high}
            snow:
              bits: 5
              values: {0: false, 1: true}

        """

    static func document(_ text: String, origin: String = "test.yaml") throws -> SourceDocument {
        guard let first = try YAML.parse(text, origin: origin).first else { throw CocoaError(.coderReadCorrupt) }
        return first
    }

    static func product(_ text: String = productText) throws -> Product {
        guard let product = Product(definition: try document(text).value) else { throw CocoaError(.coderReadCorrupt) }
        return product
    }

    /// A scene of `ls_demo` in UTM zone 13 north.
    static func scene(
        id: String = "6d4894ed-3368-47cb-a8f4-000000000001",
        product: String = "ls_demo",
        time: String = "2017-03-05T17:20:00Z",
        corner: (x: Double, y: Double) = (600000, 2300000),
        measurements: String = "red: {path: red.tif}, temperature: {path: t.tif}, quality: {path: q.tif, band: 2}",
        more: String = ""
    ) -> String {
        """
        $schema: https://schemas.opendatacube.org/dataset
        id: \(id)
        product: {name: \(product)}
        crs: EPSG:32613
        grids:
          default: {shape: [200, 100], transform: [30.0, 0.0, \(corner.x), 0.0, -30.0, \(corner.y), 0.0, 0.0, 1.0]}
          thermal: {shape: [60, 30], transform: [100, 0, \(corner.x), 0, -100, \(corner.y)]}
        properties:
          datetime: \(time)
          eo:cloud_cover: 12.5
          odc:region_code: "029046"
          odc:file_format: GeoTIFF
          odc:processing_datetime: 2017-04-01T00:00:00Z
        measurements: {\(measurements)}
        \(more)
        """
    }

    /// An index with the default metadata types and the product `ls_demo`.
    static func makeIndex() async throws -> Index {
        let index = try await Index.open(try TestDatabase.make())
        _ = try await index.initialise()
        try await index.addProduct(try document(productText))
        return index
    }
}
