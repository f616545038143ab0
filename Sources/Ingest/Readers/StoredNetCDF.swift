import DatacubeIndex
import Raster

/// netCDF files in object stores and archives, which the netCDF library does not reach: GDAL reads them as HDF5.
public enum StoredNetCDF {
    /// The name by which GDAL opens a variable of a netCDF-4 file.
    public static func name(_ path: String, variable: String) -> String {
        "HDF5:\"\(ObjectStore.openable(path))\"://\(variable)"
    }

    /// A variable of a dataset's file; one in the older format, which is not HDF5, goes by GDAL's netCDF driver.
    static func source(
        _ source: MeasurementSource,
        layer: String,
        of measurement: String,
        in dataset: Dataset,
        shared: SharedSources
    ) throws -> any OpenSource {
        do {
            let name = Self.name(source.file, variable: layer)
            return try GDALSource(source, of: measurement, in: dataset, shared: shared, name: name)
        } catch let error as RasterError {
            guard let found = try? GDALSource(source, of: measurement, in: dataset, shared: shared) else { throw error }
            return found
        }
    }
}
