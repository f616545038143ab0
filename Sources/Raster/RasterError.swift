/// A failure in reading, writing or warping a raster, or in a change of CRS.
public struct RasterError: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Code: String, Sendable {
        case openFailed = "cannot open"
        case readFailed = "cannot read"
        case createFailed = "cannot create"
        case writeFailed = "cannot write"
        case closeFailed = "cannot finish writing"
        case warpFailed = "cannot warp"
        case crsFailed = "cannot use the coordinate reference system"
    }

    public let code: Code
    /// The file, or what else it was about.
    public let subject: String
    /// What the C library said.
    public let messages: [String]
    public let hint: String?

    public init(_ code: Code, _ subject: String, _ messages: [String] = [], hint: String? = nil) {
        // GDAL often begins with the name that the description says anyway.
        let named = messages.map { message in
            let prefix = ["\(subject): ", "\(subject), "].first { message.hasPrefix($0) }
            return String(message.dropFirst(prefix?.count ?? 0))
        }
        (self.code, self.subject, self.messages, self.hint) = (code, subject, named, hint)
    }

    public var description: String {
        let reason = messages.isEmpty ? "" : ": " + messages.joined(separator: "; ")
        let stop = reason.hasSuffix(".") ? "" : "."
        return "\(code.rawValue) '\(subject)'\(reason)\(stop)" + (hint.map { " " + $0 } ?? "")
    }
}
