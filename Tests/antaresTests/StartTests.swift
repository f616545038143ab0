import TestSupport
import Testing

/// What makes every start of the program slow.
@Suite struct StartTests {
    #if os(Linux) && arch(x86_64)
    @Test(.enabled(if: isInstalled("readelf") && isInstalled("nm"))) func `GDAL is loaded at its first use`() throws {
        let needed = try run("readelf", ["-d", BuiltProgram.path])
        #expect(needed.status == 0)
        let symbols = try run("nm", ["-D", "--undefined-only", BuiltProgram.path]).output.split(separator: "\n")
            .compactMap { $0.split(separator: " ").last.map(String.init) }
            .filter { name in ["GDAL", "OGR_", "OSR", "CPL", "CSL", "VSI"].contains { name.hasPrefix($0) } }
        #expect(!needed.output.contains("libgdal"), "add to Sources/GDALLoader/functions.inc: \(symbols)")
    }
    #endif
}
