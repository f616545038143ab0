import Foundation
import Jobs

/// A result as the page of a job shows it.
struct ResultView {
    private let result: JobResult
    private let job: Job
    private let addresses: JobAddresses
    private let hasData: Bool

    /// - `hasData`: True where pictures of rasters can be made.
    init(_ result: JobResult, _ job: Job, _ addresses: JobAddresses, hasData: Bool) {
        (self.result, self.job, self.addresses, self.hasData) = (result, job, addresses, hasData)
    }

    /// True for a file with pixels that no browser shows.
    static func isRaster(_ result: JobResult) -> Bool {
        let type = type(of: result)
        return type.hasPrefix("image/tiff") || type == "application/x-netcdf" || type == "image/jp2"
    }

    /// True for a picture, and for a file that a picture can be made of.
    static func hasPicture(_ result: JobResult) -> Bool { isPicture(type(of: result)) || isRaster(result) }

    private static func isPicture(_ type: String) -> Bool {
        ["image/png", "image/jpeg", "image/svg+xml"].contains { type.hasPrefix($0) }
    }

    private static func type(of result: JobResult) -> String {
        result.contentType ?? MediaTypes.type(ofFile: result.href)
    }

    /// For a template.
    var values: Pages.Values {
        let type = Self.type(of: result)
        let isPicture = Self.isPicture(type)
        let isText =
            type.hasPrefix("text/") || type.hasPrefix("application/json") || type.hasPrefix("application/geo+json")
            || type.hasPrefix("application/yaml")
        let address = addresses.result(result.id, of: job)
        var values: Pages.Values = [
            "name": result.id, "type": String(type.prefix { $0 != ";" }), "href": address,
            "download": "\(address)?download", "isText": isText && !isPicture,
            "fileName": (result.href as NSString).lastPathComponent,
        ]
        if isPicture { values["picture"] = address }
        if hasData, Self.isRaster(result), result.path != nil {
            values["raster"] = "\(job.id)/preview/\(result.id.queryEscaped)"
        }
        values["size"] = result.size.map(PlainText.size)
        return values
    }
}

extension JobResult {
    /// The file that it is; nil for an address elsewhere.
    var path: String? {
        if href.hasPrefix("/") { return href }
        return href.hasPrefix("file://") ? URL(string: href)?.path : nil
    }
}
