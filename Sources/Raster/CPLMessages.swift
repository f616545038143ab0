import CGDAL
import Geo

/// Runs `body` and returns what GDAL reported as failures on this thread meanwhile.
///
/// The handler stack belongs to the thread, so `body` is not `async`: it must not suspend.
func withCPLMessages<T>(_ body: () throws -> T) rethrows -> (value: T, failures: [String]) {
    let log = CPLLog()
    return try withExtendedLifetime(log) {
        CPLPushErrorHandlerEx(recordFailure, Unmanaged.passUnretained(log).toOpaque())
        defer { CPLPopErrorHandler() }
        return (try body(), log.failures)
    }
}

/// The same with warnings and what GDAL says for tracing, where the option `CPL_DEBUG` asks for it.
func withCPLTrace<T>(_ body: () throws -> T) rethrows -> (value: T, failures: [String], remarks: [String]) {
    let log = CPLLog()
    return try withExtendedLifetime(log) {
        CPLPushErrorHandlerEx(recordFailure, Unmanaged.passUnretained(log).toOpaque())
        defer { CPLPopErrorHandler() }
        return (try body(), log.failures, log.remarks)
    }
}

private func recordFailure(kind: CPLErr, code: CPLErrorNum, text: UnsafePointer<CChar>?) {
    guard let text, let handed = CPLGetErrorHandlerUserData() else { return }
    let log = Unmanaged<CPLLog>.fromOpaque(handed).takeUnretainedValue()
    guard kind.rawValue >= CE_Failure.rawValue else {
        log.remark(text)
        return
    }
    log.record(String(cString: text).split(separator: "\n").joined(separator: " "))
}

private final class CPLLog {
    private(set) var failures: [String] = []
    private(set) var remarks: [String] = []

    func remark(_ text: UnsafePointer<CChar>) {
        if remarks.count < 64 { remarks.append(String(cString: text)) }
    }

    /// Keeps the first few different messages: a broken file can report one for each of its blocks.
    func record(_ message: String) {
        if failures.count < 4, !failures.contains(message) { failures.append(message) }
    }
}

/// An owned `char **` of KEY=VALUE entries.
struct StringList: ~Copyable {
    private(set) var pointer: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?

    init(_ entries: [String]) { for entry in entries { pointer = CSLAddString(pointer, entry) } }

    deinit { CSLDestroy(pointer) }

    /// The same for functions that take constants; nil for an empty list.
    var constant: UnsafePointer<UnsafePointer<CChar>?>? {
        UnsafeRawPointer(pointer)?.assumingMemoryBound(to: UnsafePointer<CChar>?.self)
    }
}

/// GDAL as this program wants it: all drivers, no files of statistics beside those it reads.
let registerDrivers: Void = {
    _ = prepareHDF5
    _ = configureStores
    CPLSetConfigOption("GDAL_PAM_ENABLED", "NO")
    GDALAllRegister()
    GDALSetCacheMax64(256 << 20)
}()

extension GDALDataType {
    init(_ type: PixelType) {
        switch type {
        case .uint8, .int8: self = GDT_Byte
        case .uint16: self = GDT_UInt16
        case .int16: self = GDT_Int16
        case .uint32: self = GDT_UInt32
        case .int32: self = GDT_Int32
        case .float32: self = GDT_Float32
        case .float64: self = GDT_Float64
        }
    }

    var pixelType: PixelType? {
        switch self {
        case GDT_Byte: .uint8
        case GDT_UInt16: .uint16
        case GDT_Int16: .int16
        case GDT_UInt32: .uint32
        case GDT_Int32: .int32
        case GDT_Float32: .float32
        case GDT_Float64: .float64
        default: nil
        }
    }
}
