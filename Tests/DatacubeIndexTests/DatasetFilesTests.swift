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

    @Test func `documents at URLs are read as those in files`() throws {
        let names = ["a.yaml": Samples.scene() + "\n---\n" + Samples.scene(), "b.json": #"{"id": "x", "n": 1.5}"#]
        for (name, text) in names {
            let file = try folder.write(text, to: name)
            #expect(try run("gzip", ["-k", file]).status == 0)
        }
        let server = try WebServer(serving: folder)
        defer { server.close() }
        for name in ["a.yaml", "a.yaml.gz", "b.json", "b.json.gz"] {
            let found = try DatasetFiles.candidates(at: "\(server.address)/\(name)")
            let expected = try DatasetFiles.candidates(at: folder.path(name))
            #expect(found.map(\.document.value) == expected.map(\.document.value))
            let parts = found.count > 1 ? ["#part=0", "#part=1"] : [""]
            #expect(found.map(\.location) == parts.map { "\(server.address)/\(name)\($0)" })
        }
        let error = #expect(throws: DocumentError.self) {
            try DatasetFiles.candidates(at: "\(server.address)/none.yaml")
        }
        #expect(error?.description.contains("\(server.address)/none.yaml: cannot be read") == true)
        #expect(throws: DocumentError.self) { try DatasetFiles.candidates(at: "\(server.address)/tile.nc") }
    }

    @Test func `a server that is down is named`() throws {
        let error = #expect(throws: DocumentError.self) {
            try DatasetFiles.candidates(at: "http://127.0.0.1:9/a.yaml")
        }
        #expect(error?.description.hasPrefix("http://127.0.0.1:9/a.yaml: cannot be read") == true)
    }

    /// A netCDF file made by ncgen with the documents given, laid out as the Open Data Cube's tiles.
    private func netCDF(_ texts: [String], _ name: String) throws -> String {
        let quoted = texts.map { JSONText.write(.string($0)) }.joined(separator: ", ")
        let cdl = """
            netcdf tile {
            dimensions: time = \(texts.count) ; dataset_nchar = 900 ;
            variables: char dataset(time, dataset_nchar) ;
            data: dataset = \(quoted) ;
            }
            """
        let file = folder.path(name)
        let made = try run("ncgen", ["-k", "nc4", "-o", file, try folder.write(cdl, to: "tile.cdl")])
        #expect(made.status == 0, "\(made.errors)")
        return file
    }

    @Test(.enabled(if: isInstalled("ncgen"))) func `documents within netCDF files are read, one for each time`() throws
    {
        let two = [Samples.scene(), Samples.scene(id: "6d4894ed-3368-47cb-a8f4-000000000002")]
        let several = try netCDF(two, "two.nc")
        let found = try DatasetFiles.candidates(at: several)
        #expect(found.map(\.document.value) == (try two.map { try Samples.document($0).value }))
        #expect(found.map(\.location) == ["file://\(several)#part=0", "file://\(several)#part=1"])
        let single = try netCDF([two[0]], "one.nc")
        #expect(try DatasetFiles.candidates(at: single).map(\.location) == ["file://\(single)"])
    }

    @Test(.enabled(if: isInstalled("ncgen"))) func `what is wrong with documents in netCDF files is said`() throws {
        let broken = try netCDF(["id: [1, 2"], "broken.nc")
        let error = #expect(throws: DocumentError.self) { try DatasetFiles.candidates(at: broken) }
        #expect(error?.description.firstMatch(of: #/broken\.nc#part=0:\d+: is no valid YAML/#) != nil)
        let none = folder.path("none.nc")
        let cdl = try folder.write("netcdf t { dimensions: x = 1 ; variables: int a(x) ; data: a = 1 ; }", to: "n.cdl")
        #expect(try run("ncgen", ["-k", "nc4", "-o", none, cdl]).status == 0)
        let missing = #expect(throws: DocumentError.self) { try DatasetFiles.candidates(at: none) }
        #expect(missing?.description.contains("none.nc: has no variable 'dataset' with documents") == true)
        let text = try folder.write("no netCDF", to: "text.nc")
        #expect(throws: DocumentError.self) { try DatasetFiles.candidates(at: text) }
    }
}
