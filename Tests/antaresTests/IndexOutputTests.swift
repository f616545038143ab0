import Foundation
import Postgres
import TestSupport
import Testing

/// What listings look like, beside Python's datacube 1.8.20: the same text to the last blank.
@Suite(.enabled(if: TestDatabase.isAvailable && TestPython.isAvailable)) struct IndexOutputTests {
    /// A product whose texts have to be folded, quoted and escaped.
    private static let wordy = """
        name: wordy
        description: >-
          A description of several words that does not fit into one line of eighty characters, and so is broken by
          whoever prints it, at a blank beyond the eightieth column of the line
        metadata_type: eo
        license: CC-BY-4.0
        metadata:
          platform: {code: "LANDSAT 5: it's one"}
          instrument: {name: TM}
          product_type: "on"
          remark: "It's a text, with a quote and a comma: long enough to be folded into a second line, isn't it? # no"
          lines: "first\\nsecond  and more\\n\\nfourth"
          umlauts: "Grüße aus Zürich – und noch viel mehr Text, damit auch diese Zeile gebrochen werden muss 😀 ja"
          times: ["2017-03-05", "2017-03-05T17:20:00Z", "12:30", "1e3", "0x1F", "null", "", " blank", "- dash", "a: b", "a #b"]
          nested: [[1, 2.5], [[a], {b: c}], {}, []]
          tab: "a\\tb"
        storage:
          crs: EPSG:32613
          tile_size: {x: 100000.0, y: 100000.0}
          resolution: {x: 30.0, y: -30.0}
        measurements:
        - {name: red, dtype: uint16, nodata: 0, units: "1"}

        """

    @Test func `products are listed and shown as Python lists and shows them`() throws {
        let twin = try TwinIndex()
        try twin.run("product list -f tab")
        let path = try twin.write(Self.wordy, "w.yaml")
        try twin.run("product add \(path)")
        for line in [
            "product list", "product list -f tab", "product list -f csv", "product list -f yaml", "product show wordy",
            "product show", "product show -f json wordy", "metadata list", "metadata show eo", "metadata show",
        ] { try twin.run(line) }
    }

    @Test func `datasets are shown as Python shows them`() throws {
        let label =
            "One label that is a sentence: it goes on and on, until no line of eighty columns could hold it any more"
        let twin = try TwinIndex([
            TwinIndex.scene(1, more: "label: \"\(label)\""),
            TwinIndex.scene(2, time: "2018-03-05 17:20:00.25", source: 1),
            TwinIndex.scene(3, time: "2018-07-05T17:20:00+10:00"),
        ])
        for line in ["dataset search product=demo", "dataset search -f csv", "dataset search time in 2018"] {
            try twin.run(line)
        }
        let info = ["dataset", "info", "--show-sources", TwinIndex.id(2)]
        let texts = try [twin.datacube(info), TestPython.datacube(info, database: twin.theirs)].map { result in
            result.output.split(separator: "\n").filter { !$0.contains("indexed: ") }
        }
        #expect(texts[0] == texts[1])
    }
}
