import ClusterExec
import Documents
import Foundation
import HTTPTypes
import Hummingbird

/// Files with ranges and entity tags (RFC 9110), streamed.
struct FileResponse: Sendable {
    let files = FileIO()

    /// - Parameters:
    ///   - path: A file that the client may read.
    ///   - type: Its content type; nil for that of its name.
    ///   - request: With ranges and conditions.
    ///   - context: Of the request.
    ///   - download: The name that a browser keeps it under; nil to show it.
    /// - Returns: 200, 206, 304 or 416.
    /// - Throws: `ServiceError` (not found) where there is no such file.
    func make(
        _ path: String,
        type: String? = nil,
        for request: Request,
        _ context: ServiceContext,
        download: String? = nil
    ) async throws -> Response {
        guard let attributes = try? FileManager.default.attributesOfItem(atPath: path),
            attributes[.type] as? FileAttributeType == .typeRegular, let size = attributes[.size] as? Int,
            let date = attributes[.modificationDate] as? Date
        else {
            throw ServiceError(.notFound, "the file '\((path as NSString).lastPathComponent)' is not there any more.")
        }
        let modified = Int(date.timeIntervalSince1970 * 1000)
        let tag = "\"\(String(size, radix: 16))-\(String(modified, radix: 16))\""
        var headers: HTTPFields = [
            .contentType: type ?? MediaTypes.type(ofFile: path), .eTag: tag, .acceptRanges: "bytes",
            .lastModified: HTTPDates.text(modified / 1000), .cacheControl: "private, no-cache",
        ]
        if let download {
            headers[.contentDisposition] = "attachment; filename=\"\(SafeName.ofUpload(download))\""
        }
        if let match = request.headers[.ifNoneMatch], match == "*" || match.contains(tag) {
            return Response(status: .notModified, headers: headers)
        }
        guard let range = request.headers[.range], request.headers[.ifRange].map({ $0 == tag }) ?? true,
            let wanted = Self.range(range, size: size)
        else {
            return Response(status: .ok, headers: headers, body: try await files.loadFile(path: path, context: context))
        }
        guard case .some(let bytes) = wanted else {
            headers[.contentRange] = "bytes */\(size)"
            return Response(status: .rangeNotSatisfiable, headers: headers)
        }
        headers[.contentRange] = "bytes \(bytes.lowerBound)-\(bytes.upperBound)/\(size)"
        let body = try await files.loadFile(path: path, range: bytes, context: context)
        return Response(status: .partialContent, headers: headers, body: body)
    }

    /// - Returns: Nil for a header to be ignored (several ranges, other units); inside, nil for a range outside the file.
    static func range(_ header: String, size: Int) -> ClosedRange<Int>?? {
        guard let match = header.wholeMatch(of: #/bytes=\s*([0-9]{0,18})-([0-9]{0,18})\s*/#) else { return nil }
        switch (Int(match.1), Int(match.2)) {
        case (let first?, let last?):
            if last < first { return nil }
            return .some(first < size ? first...min(last, size - 1) : nil)
        case (let first?, nil): return .some(first < size ? first...(size - 1) : nil)
        case (nil, let count?): return .some(count > 0 && size > 0 ? max(0, size - count)...(size - 1) : nil)
        case (nil, nil): return nil
        }
    }
}

/// The content types of files as HTTP says them.
enum MediaTypes {
    static func type(ofFile path: String) -> String {
        let type = ResultFiles.contentType(of: path) ?? "application/octet-stream"
        return type.hasPrefix("text/") ? "\(type); charset=utf-8" : type
    }
}

/// Times of HTTP headers.
enum HTTPDates {
    /// `Sun, 06 Nov 1994 08:49:37 GMT`.
    static func text(_ seconds: Int) -> String {
        var (time, parts) = (time_t(seconds), tm())
        gmtime_r(&time, &parts)
        let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        return String(
            format: "%@, %02d %@ %04d %02d:%02d:%02d GMT",
            days[Int(parts.tm_wday)],
            parts.tm_mday,
            months[Int(parts.tm_mon)],
            parts.tm_year + 1900,
            parts.tm_hour,
            parts.tm_min,
            parts.tm_sec
        )
    }
}
