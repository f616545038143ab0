import CGDAL
import Foundation

/// How GDAL reaches stores that speak S3's protocol.
public enum ObjectStore {
    /// Takes what GDAL does not read by itself from the environment: `S3_ENDPOINT` (or `AWS_ENDPOINT_URL`), and
    /// `AWS_NO_SIGN_REQUEST` for buckets that need no credentials.
    public static func configure(_ environment: [String: String]) {
        _ = registerDrivers
        guard let endpoint = environment["S3_ENDPOINT"] ?? environment["AWS_ENDPOINT_URL"],
            environment["AWS_S3_ENDPOINT"] == nil
        else { return }
        let isPlain = endpoint.hasPrefix("http://")
        let host = endpoint.split(separator: "/", omittingEmptySubsequences: true).dropFirst(
            endpoint.contains("://") ? 1 : 0
        )
        CPLSetConfigOption("AWS_S3_ENDPOINT", host.first.map(String.init) ?? endpoint)
        CPLSetConfigOption("AWS_HTTPS", isPlain ? "NO" : "YES")
        // Names of buckets in the host work with Amazon's own servers only.
        CPLSetConfigOption("AWS_VIRTUAL_HOSTING", "FALSE")
    }
}
