import CHDF5
import Synchronization

/// The one lock around netCDF and HDF5, which are not safe to call from two threads at once, GDAL's use of them included.
public enum NetCDFLock {
    private static let lock = Mutex(())

    /// Runs `body` while no other thread is in the netCDF library; not to be nested.
    public static func withLock<T, Failure: Error>(_ body: () throws(Failure) -> T) throws(Failure) -> T {
        try lock.withLock { _ throws(Failure) in
            _ = prepareHDF5
            antares_hdf5_silence()
            return try body()
        }
    }

    /// The same where `isNeeded`, else `body` alone: for files that any library may read.
    static func withLock<T>(if isNeeded: Bool, _ body: () -> T) -> T {
        guard isNeeded else { return body() }
        return lock.withLock { _ in
            _ = prepareHDF5
            antares_hdf5_silence()
            return body()
        }
    }
}

/// To be read before anything that may call HDF5, GDAL's drivers included.
let prepareHDF5: Void = antares_hdf5_prepare()
