import Foundation
import TestSupport
import Testing

@testable import JobService

@Suite struct SceneUnpackingTests {
    private static let writer = """
        import io, sys, tarfile, zipfile
        path, entries = sys.argv[1], sys.argv[2:]
        if path.endswith(".zip"):
            with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
                for name in entries: archive.writestr(name, b"" if name.endswith("/") else b"x" * 1000)
        else:
            with tarfile.open(path, "w:" + path.rsplit(".", 1)[1].replace("tar", "")) as archive:
                for name in entries:
                    name, _, target = name.partition("->")
                    entry = tarfile.TarInfo(name.rstrip("/"))
                    if name.endswith("/"): entry.type = tarfile.DIRTYPE
                    elif target.startswith("="): entry.type, entry.linkname = tarfile.LNKTYPE, target[1:]
                    elif target: entry.type, entry.linkname = tarfile.SYMTYPE, target
                    else: entry.size = 1000
                    archive.addfile(entry, io.BytesIO(b"x" * entry.size))
        """

    /// The scenes of an archive that Python writes, as paths below the folder it is unpacked into.
    private func scenes(_ name: String, _ entries: [String], limit: Int = 1 << 20) throws -> [String] {
        let folder = try TemporaryFolder()
        let archive = folder.path(name)
        let made = try run("python3", ["-c", Self.writer, archive] + entries)
        #expect(made.status == 0, "\(made.errors)")
        let place = folder.path("unpacked/scene")
        let found = try SceneUnpacking.scenes(of: archive, unpackedInto: place, limit: limit)
        #expect(folder.files().allSatisfy { $0 == name || $0.hasPrefix("unpacked/scene/") })
        return found.map { $0 == place ? "." : String($0.dropFirst(place.count + 1)) }
    }

    @Test(arguments: ["a.zip", "a.tar", "a.tar.gz", "a.tar.bz2", "a.tar.xz"])
    func `each folder or archive at the top is a scene`(name: String) throws {
        #expect(try scenes(name, ["B.SAFE/", "B.SAFE/m.xml", "A.SAFE/x/y.jp2"]) == ["A.SAFE", "B.SAFE"])
        #expect(try scenes(name, ["LC08_a.tar", "LC08_b.tar"]) == ["LC08_a.tar", "LC08_b.tar"])
        #expect(try scenes(name, ["LC08_MTL.txt", "LC08_B1.TIF"]) == ["."])
        #expect(try scenes(name, ["S2.SAFE/manifest.safe"]) == ["S2.SAFE"])
    }

    @Test func `a file that is no archive is a scene itself`() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("x", to: "scene.tif")
        #expect(try SceneUnpacking.scenes(of: path, unpackedInto: folder.path("u"), limit: 10) == [path])
    }

    @Test(arguments: [
        ("a.tar", ["../evil"], "could lead out"), ("a.tar", ["/etc/evil"], "could lead out"),
        ("a.tar", ["a/../../evil"], "could lead out"), ("a.zip", ["../evil"], "could lead out"),
        ("a.zip", ["/evil"], "could lead out"), ("a.tar", ["link->/etc", "link/evil"], "no regular file"),
        ("a.tar", ["x->=/etc/passwd"], "no regular file"), ("a.tar", ["x", "x"], "x"),
        ("a.zip", ["big/1", "big/2", "big/3"], "too long"), ("a.tar", [], "holds no file"),
    ]) func `an archive cannot get out of its folder nor fill the disk`(
        name: String,
        entries: [String],
        reason: String
    ) throws {
        let error = #expect(throws: ServiceError.self) { try scenes(name, entries, limit: 2500) }
        #expect(error?.message.contains(reason) == true, "\(error?.message ?? "")")
        #expect(error?.code == .unprocessable)
    }

    @Test func `what only pretends to be an archive is named`() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("no archive at all", to: "scene.zip")
        let error = #expect(throws: ServiceError.self) {
            try SceneUnpacking.scenes(of: path, unpackedInto: folder.path("u"), limit: 100)
        }
        #expect(error?.message.hasPrefix("the archive 'scene.zip' cannot be unpacked: ") == true)
    }
}
