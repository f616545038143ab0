import Documents
public import Foundation

/// The forms of job descriptions.
public enum DescriptionFormat: String, Sendable, CaseIterable {
    case json
    case voTable = "votable"
    case wadl

    /// What ends the name of a file: `NAME_vot.xml`.
    public var suffix: String {
        switch self {
        case .json: ".json"
        case .voTable: "_vot.xml"
        case .wadl: ".wadl"
        }
    }

    public var contentType: String {
        switch self {
        case .json: "application/json"
        case .voTable: "application/x-votable+xml"
        case .wadl: "application/vnd.sun.wadl+xml"
        }
    }
}

extension JobDescription {
    /// In one of the forms.
    ///
    /// - Parameters:
    ///   - format: Which.
    ///   - base: What the addresses of job types are below, for WADL.
    /// - Returns: The document.
    public func data(as format: DescriptionFormat, base: String = "/rest/") -> Data {
        switch format {
        case .json: Data(json.utf8)
        case .voTable: voTable
        case .wadl: wadl(base: base)
        }
    }

    /// Reads any of the forms and checks it; the form is told by what the document is.
    ///
    /// - Parameters:
    ///   - data: The document.
    ///   - origin: What messages call it.
    /// - Throws: `DocumentError` with the line of the first mistake; `JobError` that names what no job type may have.
    public init(reading data: Data, origin: String) throws {
        let first = data.first { !" \t\r\n\u{FEFF}".utf8.contains($0) }
        if first == UInt8(ascii: "<") {
            let root = try XMLTree.parse(data, origin: origin)
            switch root.name {
            case "VOTABLE": try self.init(voTable: root)
            case "application": try self.init(wadl: root)
            default: throw root.failure("is neither a VOTABLE nor a WADL application")
            }
        } else {
            guard let text = String(data: data, encoding: .utf8) else {
                throw DocumentError(origin: origin, reason: "is not UTF-8 text")
            }
            try self.init(JSONText.document(text, origin: origin).root)
        }
        try check()
    }
}
