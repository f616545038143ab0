import Jobs

/// What a request for provenance asks for (IVOA ProvSAP, as OPUS answers it).
struct ProvenanceQuery: Sendable {
    enum Model: String, Sendable { case ivoa = "IVOA", w3c = "W3C" }
    enum Direction: String, Sendable { case back = "BACK", forward = "FORWARD" }
    /// Whose children go to the right, or downwards.
    enum Drawing: String, Sendable { case leftRight = "LR", topBottom = "TB" }

    /// Jobs and files.
    var ids: [String] = []
    /// How many jobs are followed from each; nil for all.
    var depth: Int? = 1
    var model = Model.ivoa
    var direction = Direction.back
    var showsAgents = true
    /// 0 for none, 1 for job types, 2 for parameters and results too.
    var descriptions = 0
    var showsConfiguration = true
    var showsAttributes = true
    var drawing = Drawing.leftRight
    var format = ProvenanceFormat.svg

    init() {}

    /// Reads the parameters of an address.
    ///
    /// - Throws: `ServiceError` that names the first one that is wrong.
    init(_ pairs: [(name: String, value: String)]) throws {
        for (name, value) in pairs {
            switch name.uppercased() {
            case "ID": ids.append(value)
            case "DEPTH":
                if value.uppercased() == "ALL" {
                    depth = nil
                } else {
                    guard let number = Int(value), number >= 0 else { throw Self.wrong(name, value, "a number or ALL") }
                    depth = number
                }
            case "MODEL": model = try Self.choice(name, value, "IVOA or W3C")
            case "DIRECTION": direction = try Self.choice(name, value, "BACK or FORWARD")
            case "GD": drawing = try Self.choice(name, value, "LR or TB")
            case "RESPONSEFORMAT":
                format = try Self.choice(name, value, "PROV-N, PROV-JSON, PROV-XML, PROV-SVG or PROV-PNG")
            case "AGENTS", "AGENT": showsAgents = try Self.flag(name, value)
            case "CONFIGURATION": showsConfiguration = try Self.flag(name, value)
            case "ATTRIBUTES": showsAttributes = try Self.flag(name, value)
            case "DESCRIPTIONS":
                guard let number = Int(value), (0...2).contains(number) else {
                    throw Self.wrong(name, value, "0, 1 or 2")
                }
                descriptions = number
            // Collections are not kept: there are no members to show.
            case "MEMBERS": _ = try Self.flag(name, value)
            default: break
            }
        }
        guard !ids.isEmpty else { throw ServiceError(.badRequest, "the query needs ID=…, a job or a file.") }
        guard ids.count <= 100 else { throw ServiceError(.badRequest, "the query has more than 100 ID.") }
    }

    private static func choice<T: RawRepresentable>(_ name: String, _ value: String, _ known: String) throws -> T
    where T.RawValue == String {
        guard let choice = T(rawValue: value.uppercased()) else { throw wrong(name, value, known) }
        return choice
    }

    private static func flag(_ name: String, _ value: String) throws -> Bool {
        guard let flag = ["1": true, "true": true, "0": false, "false": false][value.lowercased()] else {
            throw wrong(name, value, "0 or 1")
        }
        return flag
    }

    private static func wrong(_ name: String, _ value: String, _ known: String) -> ServiceError {
        ServiceError(.badRequest, "\(name) '\(value)' is not \(known).")
    }
}

/// The forms of provenance.
enum ProvenanceFormat: String, Sendable, CaseIterable {
    case n = "PROV-N"
    case json = "PROV-JSON"
    case xml = "PROV-XML"
    case svg = "PROV-SVG"
    case png = "PROV-PNG"

    /// What the result of a job is called in this form.
    var resultName: String {
        switch self {
        case .n: "provn"
        case .json: "provjson"
        case .xml: "provxml"
        case .svg: "provsvg"
        case .png: "provpng"
        }
    }

    init?(resultName: String) {
        guard let format = Self.allCases.first(where: { $0.resultName == resultName }) else { return nil }
        self = format
    }

    var contentType: String {
        switch self {
        case .n: "text/provenance-notation; charset=utf-8"
        case .json: "application/json"
        case .xml: "text/xml; charset=utf-8"
        case .svg: "image/svg+xml"
        case .png: "image/png"
        }
    }
}
