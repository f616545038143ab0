import Documents
import Foundation
import Simulation
import TestSupport
import Testing

@testable import Ingest
@testable import Geo

@Suite struct ArchiveTests {
    private func safe() async throws -> (folder: TemporaryFolder, path: String) {
        let folder = try TemporaryFolder()
        let plan = SimulationPlan(
            center: Point(x: -103.4, y: 20.6),
            tileSize: 1_200,
            tileCount: 1,
            dates: [try #require(Timestamp.parse("2017-03-15"))],
            resolutions: [20],
            pointsPerClass: 2
        )
        return (folder, try await simulateScenes(plan, into: folder.path).scenes[0].path)
    }

    /// The same document, but for the places of files.
    private func withoutPaths(_ document: DocumentValue) -> DocumentValue {
        guard case .object(var root) = document else { return document }
        root["accessories"] = DocumentValue?.none
        let measurements = root["measurements"]?.object ?? DocumentObject()
        root["measurements"] = .array(measurements.map { .string($0.key) })
        return .object(root)
    }

    @Test(arguments: ["zip", "tar"]) func `a packed scene gives the document of the unpacked one`(
        kind: String
    ) async throws {
        let (folder, path) = try await safe()
        let parent = URL(fileURLWithPath: path).deletingLastPathComponent().path
        let name = lastPart(path)
        let archive = folder.path("scene.\(kind)")
        let script =
            kind == "zip"
            ? "import shutil, sys; shutil.make_archive(sys.argv[1][:-4], 'zip', sys.argv[2], sys.argv[3])"
            : "import tarfile, sys; t = tarfile.open(sys.argv[1], 'w', format=tarfile.GNU_FORMAT); t.add(sys.argv[2] + '/' + sys.argv[3], sys.argv[3])"
        let packed = try run("python3", ["-c", script, archive, parent, name])
        #expect(packed.status == 0, "\(packed.errors)")
        let inside = "/vsi\(kind)/\(archive)/\(name)"
        let whole = try Sentinel2L2A20m().only(path, options: .init())
        let document = try Sentinel2L2A20m().only(inside, options: .init())
        #expect(withoutPaths(document) == withoutPaths(whole))
        let red = try #require(document.at("measurements", "red", "path")?.string)
        #expect(red.hasPrefix("\(inside)/GRANULE/"))
        #expect(red.hasSuffix("_B04_20m.jp2"))
    }

    @Test func `an archive cannot point out of itself`() throws {
        let folder = try TemporaryFolder()
        let archive = folder.path("evil.tar")
        let script = """
            import io, sys, tarfile
            t = tarfile.open(sys.argv[1], "w")
            def add(name, data=b"secret", kind=tarfile.REGTYPE, link=""):
                i = tarfile.TarInfo(name)
                i.type, i.linkname, i.size = kind, link, len(data) if kind == tarfile.REGTYPE else 0
                t.addfile(i, io.BytesIO(data))
            add("../outside_MTL.txt", b"GROUP = LANDSAT_METADATA_FILE")
            add("/etc/passwd_MTL.txt", b"GROUP = LANDSAT_METADATA_FILE")
            add("scene/link_MTL.txt", kind=tarfile.SYMTYPE, link="/etc/passwd")
            add("scene/up", kind=tarfile.SYMTYPE, link="../..")
            add("scene/plain.txt")
            t.close()
            """
        #expect(try run("python3", ["-c", script, archive]).status == 0)
        let root = "/vsitar/\(archive)"
        func walk(_ path: String, depth: Int) -> [String] {
            guard depth < 6 else { return [] }
            return SceneFolder(path).names().flatMap { name in
                ["\(path)/\(name)"] + walk("\(path)/\(name)", depth: depth + 1)
            }
        }
        for path in walk(root, depth: 0) {
            #expect(path.hasPrefix(root))
            #expect(!path.dropFirst(root.count).contains(".."))
            let data = try SceneFile.contents(path, limit: 1 << 20)
            // The system's accounts are nowhere among what it holds.
            #expect(data.map { !String(decoding: $0, as: UTF8.self).contains("root:") } ?? true)
        }
        for reader in SceneReaders.all {
            for scene in reader.scenes(at: ScenePlace("\(root)/scene", isFolder: true), options: .init()) {
                #expect(throws: (any Error).self) { try reader.prepare(scene, options: .init()) }
            }
        }
    }
}
