import DatacubeIndex
import Documents
import Foundation
import TestSupport
import Testing

/// Reading documents from wherever they are.
@Suite struct DatasetFilesTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test func `packed documents are read as plain ones`() throws {
        let plain = try folder.write(Samples.scene() + "\n---\n" + Samples.scene(), to: "a.yaml")
        let json = try folder.write(#"{"id": "x", "n": 1.5}"#, to: "b.json")
        for file in [plain, json] {
            let expected = try DatasetFiles.candidates(at: file)
            #expect(try run("gzip", ["-k", file]).status == 0)
            let packed = try DatasetFiles.candidates(at: file + ".gz")
            #expect(packed.map(\.document.value) == expected.map(\.document.value))
            #expect(packed.first?.location.hasPrefix("file://\(file).gz") == true)
        }
        #expect(try DatasetFiles.candidates(at: plain + ".gz").map { $0.location.suffix(7) } == ["#part=0", "#part=1"])
    }

    @Test func `a document beside its data may be packed`() throws {
        let data = try folder.write("", to: "scene.tif")
        let document = try folder.write(Samples.scene(), to: "scene.tif.agdc-md.yaml")
        #expect(try run("gzip", [document]).status == 0)
        #expect(try DatasetFiles.candidates(at: data).map(\.location) == ["file://\(document).gz"])
    }

    @Test func `broken packed documents are named`() throws {
        let broken = try folder.write("no gzip", to: "c.yaml.gz")
        #expect(throws: DocumentError.self) { try DatasetFiles.candidates(at: broken) }
        let results = DatasetFiles.candidates(at: [broken, try folder.write(Samples.scene(), to: "d.yaml")])
        #expect(throws: DocumentError.self) { try results[0].get() }
        #expect(try results[1].get().count == 1)
    }
}
