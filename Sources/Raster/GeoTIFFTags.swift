import CGDAL
import Foundation
import Geo

/// Georeferencing, nodata, what is known of bands, and metadata as the tags of a GeoTIFF: GDAL writes a file of a pixel, and they are taken
/// from that.
func geoTIFFTags(
    geoBox: GeoBox,
    type: PixelType,
    bands: [CloudOptimisedTIFF.Band],
    nodata: Double,
    metadata: [(name: String, value: String)]
) throws(RasterError) -> [UInt16: TIFFDirectory.Entry] {
    _ = registerDrivers
    let name = "/vsimem/\(UUID().uuidString).tif"
    defer { VSIUnlink(name) }
    let options = StringList(["INTERLEAVE=BAND", "PHOTOMETRIC=MINISBLACK"])
    let (made, failures) = withCPLMessages { () -> GDALDatasetH? in
        guard let driver = GDALGetDriverByName("GTiff") else { return nil }
        return GDALCreate(driver, name, 1, 1, Int32(bands.count), GDALDataType(type), options.pointer)
    }
    guard let made else { throw RasterError(.createFailed, "GeoTIFF in memory", failures) }
    var isClosed = false
    defer { if !isClosed { _ = antares_gdal_close(made) } }
    try withSpatialReference(geoBox.crs) { reference in
        var transform = geoBox.affine.gdal
        GDALSetSpatialRef(made, reference)
        GDALSetGeoTransform(made, &transform)
    }
    for (index, band) in bands.enumerated() {
        let handle = GDALGetRasterBand(made, Int32(index + 1))
        GDALSetRasterNoDataValue(handle, nodata)
        if !band.name.isEmpty { GDALSetDescription(handle, band.name) }
        if band.scaleFactor != 1 || band.addOffset != 0 {
            GDALSetRasterScale(handle, band.scaleFactor)
            GDALSetRasterOffset(handle, band.addOffset)
        }
        if !["", "1"].contains(band.units) { GDALSetRasterUnitType(handle, band.units) }
    }
    for (key, value) in metadata { GDALSetMetadataItem(made, key, value, nil) }
    _ = antares_gdal_close(made)
    isClosed = true
    let bytes = [UInt8](try VirtualFile.read(name))
    let tags = TIFFDirectory(size: bytes.count) { offset, count in
        offset >= 0 && count >= 0 && offset + count <= bytes.count ? Array(bytes[offset..<offset + count]) : nil
    }
    guard let tags else { throw RasterError(.createFailed, "GeoTIFF in memory", ["GDAL wrote none"]) }
    let kept = Set(TIFFTag.geographic + [TIFFTag.gdalMetadata, TIFFTag.gdalNodata])
    return tags.entries.filter { kept.contains($0.key) }
}
