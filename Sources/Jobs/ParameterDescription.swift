/// One parameter of a kind of job.
public struct ParameterDescription: Sendable, Equatable {
    public enum DataType: String, Sendable, CaseIterable {
        case string = "xs:string"
        case boolean = "xs:boolean"
        case integer = "xs:integer"
        case byte = "xs:unsignedByte"
        case short = "xs:short"
        case int = "xs:int"
        case long = "xs:long"
        case float = "xs:float"
        case double = "xs:double"
        case date = "xs:date"
        case address = "xs:anyURI"
        case file

        /// The type of a name with or without its prefix; nil for an unknown one.
        init?(named name: String) {
            guard let type = DataType(rawValue: name) ?? DataType(rawValue: "xs:\(name)") else { return nil }
            self = type
        }

        public var isWholeNumber: Bool { range != nil }

        public var isNumber: Bool { isWholeNumber || self == .float || self == .double }

        /// The whole numbers that a value may be; nil for a type that is none of numbers.
        var range: ClosedRange<Int>? {
            switch self {
            case .integer, .long: Int.min...Int.max
            case .byte: 0...255
            case .short: Int(Int16.min)...Int(Int16.max)
            case .int: Int(Int32.min)...Int(Int32.max)
            default: nil
            }
        }
    }

    public let name: String
    public var type: DataType
    public var isRequired: Bool
    /// Never empty: an empty one is none.
    public var defaultValue: String?
    public var unit: String?
    /// The quantity in the IVOA's words: `time.epoch`.
    public var ucd: String?
    /// The role in a data model.
    public var utype: String?
    public var minimum: Double?
    public var maximum: Double?
    /// The only values allowed; empty for any.
    public var options: [String]
    public var annotation: String

    public init(
        _ name: String,
        _ type: DataType = .string,
        isRequired: Bool = false,
        defaultValue: String? = nil,
        unit: String? = nil,
        ucd: String? = nil,
        utype: String? = nil,
        minimum: Double? = nil,
        maximum: Double? = nil,
        options: [String] = [],
        annotation: String = ""
    ) {
        (self.name, self.type, self.isRequired) = (name, type, isRequired)
        self.defaultValue = defaultValue?.isEmpty == true ? nil : defaultValue
        (self.unit, self.ucd, self.utype, self.minimum, self.maximum) = (unit, ucd, utype, minimum, maximum)
        (self.options, self.annotation) = (options, annotation)
    }

    /// True where an empty text is a value like others, not one that is missing.
    var mayBeEmpty: Bool { type == .string && !isRequired && options.isEmpty && defaultValue != nil }

    /// Why a value is not allowed; nil for one that is.
    public func objection(to value: String) -> String? {
        if !options.isEmpty, !options.contains(value) {
            return "'\(value)' is none of \(options.joined(separator: ", "))."
        }
        if value.contains("\0") { return "holds a character that no text has." }
        switch type {
        case .string, .file: return nil
        case .boolean:
            let words = ["true", "false", "1", "0"]
            return words.contains(value.lowercased()) ? nil : "'\(value)' is neither true nor false."
        case .integer, .long, .int, .short, .byte:
            guard let number = Int(value) else { return "'\(value)' is no whole number." }
            if let range = type.range, !range.contains(number) {
                return "\(number) is not from \(range.lowerBound) to \(range.upperBound)."
            }
            return limits(Double(number))
        case .float, .double:
            guard let number = Double(value), number.isFinite else { return "'\(value)' is no number." }
            return limits(number)
        case .date: return Instant(value) == nil ? "'\(value)' is no date such as 2017-12-31." : nil
        case .address:
            let hasScheme = value.prefixMatch(of: #/[A-Za-z][A-Za-z0-9+.-]*:/#) != nil
            return hasScheme ? nil : "'\(value)' is no address such as https://example.org/scene.zip."
        }
    }

    private func limits(_ number: Double) -> String? {
        if let minimum, number < minimum { return "\(number) is less than \(minimum)." }
        if let maximum, number > maximum { return "\(number) is more than \(maximum)." }
        return nil
    }
}

/// One thing that a kind of job reads.
public struct InputDescription: Sendable, Equatable {
    public let name: String
    public var contentType: String
    /// How many there are: `1`, `0..1`, `*`; empty for one.
    public var multiplicity: String
    /// A file's name or an identifier.
    public var defaultValue: String?
    /// `file://$ID` for a file, an address with `$ID` where the identifier goes; empty for the value itself.
    public var url: String
    public var annotation: String

    public init(
        _ name: String,
        contentType: String = "",
        multiplicity: String = "",
        defaultValue: String? = nil,
        url: String = InputDescription.fileURL,
        annotation: String = ""
    ) {
        (self.name, self.contentType, self.multiplicity, self.url) = (name, contentType, multiplicity, url)
        self.defaultValue = defaultValue?.isEmpty == true ? nil : defaultValue
        self.annotation = annotation
    }

    /// What stands for a file in `url`.
    public static let fileURL = "file://$ID"

    /// True for a file of the user's.
    public var isFile: Bool { url.hasPrefix("file://") }

    /// The same as a parameter.
    var parameter: ParameterDescription {
        ParameterDescription(
            name,
            isFile ? .file : .string,
            isRequired: defaultValue == nil && !multiplicity.hasPrefix("0") && multiplicity != "*",
            defaultValue: defaultValue,
            annotation: annotation
        )
    }
}

/// One thing that a kind of job makes.
public struct ResultDescription: Sendable, Equatable, Encodable {
    public let name: String
    public var contentType: String
    /// How many there are: `1`, `*`; empty for one.
    public var multiplicity: String
    /// The file's name in the working folder, or a pattern of names (`*.tif`); nil for the result's own name.
    public var pattern: String?
    public var annotation: String

    public init(
        _ name: String,
        contentType: String = "",
        multiplicity: String = "",
        pattern: String? = nil,
        annotation: String = ""
    ) {
        (self.name, self.contentType, self.multiplicity) = (name, contentType, multiplicity)
        self.pattern = pattern?.isEmpty == true ? nil : pattern
        self.annotation = annotation
    }

    /// Why a pattern is none of the working folder; nil for one that is.
    public static func objection(to pattern: String) -> String? {
        let parts = pattern.split(separator: "/", omittingEmptySubsequences: false)
        if pattern.hasPrefix("/") || parts.contains("..") || parts.contains("") || pattern.contains("\0") {
            return "'\(pattern)' is no name in the working folder such as map.tif or *.png."
        }
        return nil
    }
}
