import Documents
import Foundation
import TestSupport
import Testing

@testable import Ingest

/// What a stranger may put into metadata: every case must end in a message, soon and with little memory.
@Suite struct HostileMetadataTests {
    private func xml(_ text: String) throws -> XMLMetadata { try XMLMetadata(Data(text.utf8), path: "test.xml") }

    @Test func `entity bombs are refused before they grow`() throws {
        var bomb = "<!DOCTYPE a [<!ENTITY e0 \"lol lol lol lol lol lol\">"
        for level in 1...30 {
            bomb += "<!ENTITY e\(level) \"\(String(repeating: "&e\(level - 1);", count: 10))\">"
        }
        bomb += "]><a>&e30;</a>"
        let error = #expect(throws: SceneError.self) { try self.xml(bomb) }
        #expect(error?.reason == "holds a document type or entities, which no scene's metadata have")
        for text in [
            "<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><a/>",
            "<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><a>&x;</a>",
            "<!DOCTYPE a [<!ENTITY % p SYSTEM \"http://127.0.0.1:9/\"> %p;]><a b=\"&x;\"/>",
        ] { #expect(throws: SceneError.self) { try self.xml(text) } }
        let wide = try #require(("\u{FEFF}" + bomb).data(using: .utf16LittleEndian))
        #expect(throws: SceneError.self) { try XMLMetadata(wide, path: "test.xml") }
    }

    @Test func `deep nesting and endless elements are refused`() throws {
        let deep = String(repeating: "<a>", count: 100_000) + String(repeating: "</a>", count: 100_000)
        #expect(throws: SceneError.self) { try self.xml(deep) }
        let many = "<r>" + String(repeating: "<a/>", count: 2_000_100) + "</r>"
        let error = #expect(throws: SceneError.self) { try self.xml(many) }
        #expect(error?.reason == "has more elements than any metadata")
        let brackets = String(repeating: "[", count: 200_000)
        #expect(throws: (any Error).self) { try JSONText.parse(brackets, origin: "test.json") }
    }

    @Test func `plain metadata are read with namespaces, attributes and any encoding`() throws {
        let text = """
            <?xml version="1.0" encoding="ISO-8859-1"?>
            <n:a xmlns:n="x"><!-- no --><Size resolution="10"><NROWS> 3 </NROWS></Size>
            <Size resolution="20"><NROWS>5</NROWS></Size><n:name k="v">caf\u{E9}<![CDATA[ <b> ]]></n:name></n:a>
            """
        let data = try #require(text.data(using: .isoLatin1))
        let metadata = try XMLMetadata(data, path: "test.xml")
        #expect(metadata.root == "a")
        #expect(metadata.text("//Size[@resolution='20']/NROWS") == "5")
        #expect(metadata.text("//Size[@resolution='10']/NROWS") == "3")
        #expect(metadata.text("//a/name") == "caf\u{E9} <b>")
        #expect(metadata.text("//@k") == "v")
        #expect(metadata.text("//name/@k") == "v")
        #expect(metadata.text("//Size[@resolution='60']/NROWS") == nil)
        #expect(throws: SceneError.self) { try metadata.number("//name") }
    }

    /// A deterministic source of damage.
    private struct Dice: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state ^ (state >> 29)
        }
    }

    private static let seeds = [
        "landsat8-c2l2/LC08_L2SP_008059_20191201_20200825_02_T1_MTL.txt",
        "landsat8-c2l2/LC08_L2SP_008059_20191201_20200825_02_T1_MTL.json",
        "landsat8-c2l2/LC08_L2SP_008059_20191201_20200825_02_T1_MTL.xml",
        "landsat-metadata/mtl-and-espa/LE07_L1TP_160031_20110416_20161210_01_T1.xml",
        "landsat-metadata/mtl-and-espa/LM50490251987214PAC00_MTL.txt",
        "s2-metadata/S2A_MSIL2A_20190212T192651_N0212_R013_T07HFE_20201007T160857.SAFE/MTD_MSIL2A.xml",
        "s2-metadata/S2B_MSIL2A_20220413T150759_N0400_R025_T33XWJ_20220414T082126.SAFE/GRANULE/"
            + "L2A_T33XWJ_A026649_20220413T150756/MTD_TL.xml",
        "s2-l2a-33T/S2A_33TWL_20230815_0_L2A/S2A_33TWL_20230815_0_L2A.json",
    ]

    /// Breaks a text in one of several ways.
    private static func damaged(_ bytes: [UInt8], _ dice: inout Dice) -> [UInt8] {
        var result = bytes
        for _ in 0..<Int.random(in: 1...4, using: &dice) where !result.isEmpty {
            let place = Int.random(in: 0..<result.count, using: &dice)
            let end = min(result.count, place + Int.random(in: 1...200, using: &dice))
            switch Int.random(in: 0..<8, using: &dice) {
            case 0: result[place] = UInt8.random(in: 0...255, using: &dice)
            case 1: result.removeSubrange(place..<end)
            case 2: result.insert(contentsOf: result[place..<end], at: place)
            case 3: result.removeLast(result.count - place)
            case 4: result.insert(contentsOf: Array("1e999".utf8), at: place)
            case 5: result.insert(contentsOf: Array("-99999999999999999999999".utf8), at: place)
            case 6: result.replaceSubrange(place..<end, with: repeatElement(UInt8(0xFF), count: end - place))
            default:
                // Numbers are where most goes wrong.
                let digits = result.indices.filter { (48...57).contains(result[$0]) }
                if let digit = digits.randomElement(using: &dice) {
                    let numbers = ["NaN", "inf", "0", "-1", "18446744073709551616", "1e308", "\u{0}", ""]
                    result.replaceSubrange(
                        digit...digit,
                        with: Array((numbers.randomElement(using: &dice) ?? "").utf8)
                    )
                }
            }
        }
        return result
    }

    @Test(
        .enabled(if: RealScenes.isHere, "SKIPPED: no folder of real scenes, see ANTARES_TEST_DATA"),
        arguments: seeds
    )
    func `damaged metadata never end in a crash`(seed: String) throws {
        let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: RealScenes.path(seed))))
        var dice = Dice(state: UInt64(seed.utf8.reduce(7) { $0 &* 31 &+ UInt64($1) }))
        let folder = try TemporaryFolder()
        let name = seed.split(separator: "/").last.map(String.init) ?? seed
        let isGranule = name == "MTD_TL.xml"
        let path = folder.path(name)
        var options = SceneOptions()
        options.check = .none
        // Names that MTL files give have to be there for more of the reader to run.
        for match in String(decoding: bytes, as: UTF8.self).matches(of: #/L[A-Z0-9_]+_[A-Za-z0-9_]+\.(TIF|tif)/#) {
            _ = FileManager.default.createFile(atPath: folder.path(String(match.0)), contents: nil)
        }
        var failures = 0
        let rounds = bytes.count > 100_000 ? 40 : 150
        for _ in 0..<rounds {
            try Data(Self.damaged(bytes, &dice)).write(to: URL(fileURLWithPath: path))
            for reader in SceneReaders.all {
                let place = ScenePlace(folder.path, isFolder: true)
                for scene in reader.scenes(at: place, options: options) {
                    do { _ = try reader.prepare(scene, options: options) } catch { failures += 1 }
                }
            }
            if name.hasSuffix("_MTL.txt") { _ = try? LandsatScene(path, options: options).metadata.time }
            if isGranule || name.hasPrefix("MTD") {
                do { _ = try XMLMetadata(path).number("//Geoposition[@resolution='10']/ULX") } catch { failures += 1 }
            }
        }
        #expect(failures > 0)
    }
}
