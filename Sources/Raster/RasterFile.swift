import CGDAL
public import Geo
import Synchronization

/// An open raster file; one owner, used by one thread at a time.
public struct RasterFile: ~Copyable {
    private var handle: GDALDatasetH?
    public let name: String
    /// Pixels from left to right.
    public let width: Int
    /// Pixels from top to bottom.
    public let height: Int
    public let bandCount: Int
    /// GDAL's short name of the format, as `GTiff`.
    public let driverName: String
    /// The grid of the file, nil where it has no CRS or no geotransform.
    public let geoBox: GeoBox?
    /// True where GDAL reads the file by netCDF or HDF5, which only one thread may call at a time.
    private let needsLock: Bool

    /// Opens `name`, a path, a URL or any GDAL dataset name, for reading (`GDALOpenEx`).
    ///
    /// - `overview`: Opens a reduced copy that the file holds, counted from 0, as if it were a file of its own.
    public init(opening name: String, overview: Int? = nil) throws(RasterError) {
        _ = registerDrivers
        let name = ObjectStore.openable(name)
        let checked = Result { () throws(RasterError) in try BroughtFiles.check(name) }
        needsLock = isHDF5(name)
        let opened = NetCDFLock.withLock(if: needsLock) {
            () -> (handle: GDALDatasetH?, failures: [String], box: GeoBox?) in
            guard case .success(let known) = checked else { return (nil, [], nil) }
            let drivers = StringList(known ?? [])
            let flags = UInt32(GDAL_OF_RASTER | GDAL_OF_READONLY | GDAL_OF_VERBOSE_ERROR)
            let options = StringList(overview.map { ["OVERVIEW_LEVEL=\($0)"] } ?? [])
            let (handle, failures) = withCPLMessages {
                GDALOpenEx(name, flags, drivers.constant, options.constant, nil)
            }
            return (handle, failures, handle.flatMap { readGeoBox($0, name) })
        }
        guard let handle = opened.handle else {
            if case .failure(let refusal) = checked { throw refusal }
            if name.hasPrefix("/vsis3/") || name.hasPrefix("/vsicurl/"), VirtualFolder.kind(name) == nil {
                throw ObjectStore.refusal(name)
            }
            throw RasterError(
                .openFailed,
                name,
                opened.failures,
                hint: "Check the path, and that GDAL reads the format."
            )
        }
        (self.handle, self.name, geoBox) = (handle, name, opened.box)
        (width, height) = (Int(GDALGetRasterXSize(handle)), Int(GDALGetRasterYSize(handle)))
        bandCount = Int(GDALGetRasterCount(handle))
        driverName = GDALGetDatasetDriver(handle).flatMap(GDALGetDriverShortName).map { String(cString: $0) } ?? ""
    }

    deinit { if let handle { NetCDFLock.withLock(if: needsLock) { _ = antares_gdal_close(handle) } } }

    /// Copies by `gdal_translate`, as its options say.
    func translate(_ options: [String], to path: String) throws(RasterError) {
        try AtomicFile.write(path) { temporary throws(RasterError) in
            let list = StringList(options)
            let (isWritten, failures) = NetCDFLock.withLock(if: needsLock) {
                withCPLMessages { () -> Bool in
                    guard let parsed = GDALTranslateOptionsNew(list.pointer, nil) else { return false }
                    defer { GDALTranslateOptionsFree(parsed) }
                    var usageError: Int32 = 0
                    guard let made = GDALTranslate(temporary, handle, parsed, &usageError) else { return false }
                    return antares_gdal_close(made).rawValue < CE_Failure.rawValue && usageError == 0
                }
            }
            guard isWritten, failures.isEmpty else { throw AtomicFile.writeFailure(.writeFailed, path, failures) }
        }
    }

    /// The sample type of a band (counted from 1), nil where it is complex or unknown.
    public func pixelType(band: Int) -> PixelType? {
        GDALGetRasterBand(handle, Int32(band)).flatMap { GDALGetRasterDataType($0).pixelType }
    }

    /// The nodata value that the file declares for a band (counted from 1).
    public func nodata(band: Int) -> Double? {
        guard let band = GDALGetRasterBand(handle, Int32(band)) else { return nil }
        return NetCDFLock.withLock(if: needsLock) {
            var isSet: Int32 = 0
            let value = GDALGetRasterNoDataValue(band, &isSet)
            return isSet == 0 ? nil : value
        }
    }

    /// A metadata item of a band (counted from 1).
    func metadata(_ name: String, domain: String, band: Int) -> String? {
        guard let band = GDALGetRasterBand(handle, Int32(band)) else { return nil }
        return NetCDFLock.withLock(if: needsLock) {
            GDALGetMetadataItem(band, name, domain).map { String(cString: $0) }
        }
    }

    /// A metadata item of the file, nil where it has none of this name.
    public func metadata(_ name: String) -> String? {
        guard let handle else { return nil }
        return NetCDFLock.withLock(if: needsLock) {
            GDALGetMetadataItem(handle, name, nil).map { String(cString: $0) }
        }
    }

    /// Width and height of the blocks in which a band (counted from 1) is stored.
    public func blockSize(band: Int) -> (width: Int, height: Int) {
        var (width, height): (Int32, Int32) = (0, 0)
        if let band = GDALGetRasterBand(handle, Int32(band)) { GDALGetBlockSize(band, &width, &height) }
        return (Int(width), Int(height))
    }

    /// Columns and rows of the reduced copies of a band (counted from 1) that the file holds.
    public func overviews(band: Int) -> [XY<Int>] {
        guard let band = GDALGetRasterBand(handle, Int32(band)) else { return [] }
        return NetCDFLock.withLock(if: needsLock) {
            (0..<GDALGetOverviewCount(band)).map { number in
                let copy = GDALGetOverview(band, number)
                return XY(x: Int(GDALGetRasterBandXSize(copy)), y: Int(GDALGetRasterBandYSize(copy)))
            }
        }
    }

    /// The pixels under `window`, row-major, converted to `Element` by GDAL.
    ///
    /// - `band`: Counted from 1.
    /// - `window`: Must lie within the file.
    /// - `width`: Columns of the result; fewer than the window has means decimation by nearest, from overviews.
    /// - `height`: Rows of the result.
    public func read<Element: PixelElement>(
        _ type: Element.Type = Element.self,
        band: Int,
        window: PixelWindow,
        width: Int? = nil,
        height: Int? = nil
    ) throws(RasterError) -> [Element] {
        let (columns, rows) = (width ?? window.width, height ?? window.height)
        guard let handle, let source = GDALGetRasterBand(handle, Int32(band)) else {
            throw RasterError(.readFailed, name, ["there is no band \(band) of \(bandCount)"])
        }
        var pixels = [Element](repeating: 0, count: columns * rows)
        let (status, failures) = NetCDFLock.withLock(if: needsLock) {
            withCPLMessages {
                pixels.withUnsafeMutableBytes { buffer in
                    GDALRasterIO(
                        source,
                        GF_Read,
                        Int32(window.column),
                        Int32(window.row),
                        Int32(window.width),
                        Int32(window.height),
                        buffer.baseAddress,
                        Int32(columns),
                        Int32(rows),
                        GDALDataType(Element.pixelType),
                        0,
                        0
                    )
                }
            }
        }
        guard status == CE_None, failures.isEmpty else {
            throw RasterError(
                .readFailed,
                name,
                failures,
                hint: "The file may be truncated or damaged: fetch it again."
            )
        }
        return pixels
    }

    /// The whole of a band (counted from 1).
    public func read<Element: PixelElement>(
        _ type: Element.Type = Element.self,
        band: Int
    ) throws(RasterError) -> [Element] {
        try read(type, band: band, window: PixelWindow(column: 0, row: 0, width: width, height: height))
    }
}

/// The drivers that go through netCDF or HDF5; S102 and BAG files are HDF5 by another name.
private let hdf5Drivers: Set<String> = ["netCDF", "HDF5", "HDF5Image", "BAG", "S102", "KEA", "GMT"]

/// True where GDAL would open `name` with a driver that uses netCDF or HDF5; looks at its first bytes only.
private func isHDF5(_ name: String) -> Bool {
    let upper = name.prefix(8).uppercased()
    if upper.hasPrefix("NETCDF:") || upper.hasPrefix("HDF5:") || upper.hasPrefix("BAG:") { return true }
    guard let driver = GDALIdentifyDriverEx(name, UInt32(GDAL_OF_RASTER), nil, nil) else { return false }
    return GDALGetDriverShortName(driver).map { hdf5Drivers.contains(String(cString: $0)) } ?? false
}

private func readGeoBox(_ handle: GDALDatasetH, _ name: String) -> GeoBox? {
    let (width, height) = (Int(GDALGetRasterXSize(handle)), Int(GDALGetRasterYSize(handle)))
    var transform = [Double](repeating: 0, count: 6)
    guard GDALGetGeoTransform(handle, &transform) == CE_None, let crs = readCRS(handle, name) else { return nil }
    return GeoBox(crs: crs, affine: Affine(gdal: transform), width: width, height: height)
}

/// CRSs by the bytes of the tags of GeoTIFFs that say them: to ask PROJ's database for each of a thousand files takes seconds.
private let knownCRSs = Mutex<[[[UInt8]]: CRS]>([:])

private func readCRS(_ handle: GDALDatasetH, _ name: String) -> CRS? {
    // Of files on this machine; nil for all others.
    let tags = TIFFDirectory(path: name)?.entries
    let key = tags?[34735].map { keys in [keys.bytes] + [34736, 34737].map { tags?[$0]?.bytes ?? [] } }
    if let key, let known = knownCRSs.withLock({ $0[key] }) { return known }
    guard let reference = GDALGetSpatialRef(handle), let crs = CRSDescription.definition(of: reference) else {
        return nil
    }
    if let key { knownCRSs.withLock { if $0.count < 1000 { $0[key] = crs } } }
    return crs
}

extension RasterFile {
    /// The parts of a container file: the name by which GDAL opens each, and what it holds.
    public var subdatasets: [(name: String, description: String)] {
        let entries = metadataItems(domain: "SUBDATASETS")
        return (1...max(entries.count, 1)).compactMap { index in
            guard let name = entries["SUBDATASET_\(index)_NAME"] else { return nil }
            return (name, entries["SUBDATASET_\(index)_DESC"] ?? "")
        }
    }

    /// All metadata items of the file in a domain; the empty one is GDAL's own.
    public func metadataItems(domain: String = "") -> [String: String] {
        let locks = needsLock
        let list = withHandle { handle in
            NetCDFLock.withLock(if: locks) { handle.flatMap { GDALGetMetadata($0, domain) } }
        }
        var items: [String: String] = [:]
        var place = list
        while let entry = place?.pointee {
            let parts = String(cString: entry).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2 { items[String(parts[0])] = String(parts[1]) }
            place = place?.advanced(by: 1)
        }
        return items
    }

    /// The description of a band (counted from 1), empty where it has none.
    public func bandDescription(_ band: Int) -> String {
        withHandle { handle in
            guard let handle, let band = GDALGetRasterBand(handle, Int32(band)), let text = GDALGetDescription(band)
            else { return "" }
            return String(cString: text)
        }
    }

    private borrowing func withHandle<T>(_ body: (GDALDatasetH?) -> T) -> T { body(handle) }
}
