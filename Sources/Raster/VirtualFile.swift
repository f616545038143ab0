import CGDAL
public import Foundation

/// Files by the names that GDAL gives them, as `/vsigzip/…`, `/vsicurl/https://…` and plain paths.
public enum VirtualFile {
    /// All bytes of a file.
    ///
    /// - `limit`: How many bytes it may have at most.
    /// - Throws: `RasterError` with GDAL's reason where it cannot be opened or read.
    public static func read(_ name: String, limit: Int = .max) throws(RasterError) -> Data {
        _ = configureStores
        let (data, failures) = withCPLMessages { contents(name, limit) }
        if let data, data.count > limit {
            throw RasterError(.readFailed, name, ["it has more than \(limit) bytes"])
        }
        // Of what it must not read GDAL gives no bytes, and no failure.
        let isRefused = data?.isEmpty != false && (name.hasPrefix("/vsis3/") || name.hasPrefix("/vsicurl/"))
        if isRefused { throw ObjectStore.refusal(name) }
        guard let data, failures.isEmpty else {
            throw RasterError(.openFailed, name, failures, hint: "Check the address, and that it may be read.")
        }
        return data
    }

    /// Nil where the file cannot be opened; an error while reading is among GDAL's messages.
    private static func contents(_ name: String, _ limit: Int) -> Data? {
        guard let file = VSIFOpenExL(name, "rb", 1) else { return nil }
        defer { VSIFCloseL(file) }
        var data = Data()
        var part = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = VSIFReadL(&part, 1, part.count, file)
            data.append(contentsOf: part[..<count])
            if count < part.count || data.count > limit { return data }
        }
    }

    /// Copies a file, as of an object store, to this machine; it appears whole or not at all.
    ///
    /// - Throws: `RasterError` with GDAL's reason where it cannot be opened or read, or cannot be written here.
    public static func copy(_ name: String, to path: String) throws(RasterError) {
        _ = registerDrivers
        try AtomicFile.write(path) { temporary throws(RasterError) in
            guard let target = fopen(temporary, "wb") else {
                throw AtomicFile.writeFailure(.createFailed, path, [String(cString: strerror(errno))])
            }
            let (isWritten, failures) = withCPLMessages { stream(name, to: target) }
            let isClosed = fclose(target) == 0
            guard let isWritten, failures.isEmpty else {
                throw RasterError(.openFailed, name, failures, hint: "Check the address, and that it may be read.")
            }
            guard isWritten, isClosed else { throw AtomicFile.writeFailure(.writeFailed, path, []) }
        }
    }

    /// Nil where the file cannot be opened, false where it cannot be written.
    private static func stream(_ name: String, to target: UnsafeMutablePointer<FILE>) -> Bool? {
        guard let file = VSIFOpenExL(name, "rb", 1) else { return nil }
        defer { VSIFCloseL(file) }
        var part = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            let count = VSIFReadL(&part, 1, part.count, file)
            guard fwrite(part, 1, count, target) == count else { return false }
            if count < part.count { return true }
        }
    }
}
