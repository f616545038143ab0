/// A failure in reading or changing the index of datasets.
public struct IndexError: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Code: String, Sendable {
        case unknownProduct = "unknown product"
        case unknownMetadataType = "unknown metadata type"
        case unknownMeasurement = "unknown measurement"
        case unknownFlag = "unknown flag"
        case unknownDataset = "unknown dataset"
        case notInitialised = "no Open Data Cube index in database"
        case invalidDefinition = "invalid definition"
        case invalidDataset = "cannot add dataset"
        case differsFromStored = "differs from what is stored"
        case unsafeChange = "cannot update"
        case conflict = "cannot change"
        case invalidQuery = "cannot search"
        case missingExtension = "cannot install in database"
        case resourceMissing = "missing part of the program"
    }

    public let code: Code
    /// What it was about: a product, a dataset's id or file.
    public let subject: String
    public let reason: String
    public let hint: String?

    public init(_ code: Code, _ subject: String, _ reason: String = "", hint: String? = nil) {
        (self.code, self.subject, self.reason, self.hint) = (code, subject, reason, hint)
    }

    public var description: String {
        "\(code.rawValue) '\(subject)'" + (reason.isEmpty ? "" : ": " + reason) + "." + (hint.map { " " + $0 } ?? "")
    }
}
