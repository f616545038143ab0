import Documents

/// What a kind of job is: its parameters, what it makes, and its limits.
public struct JobDescription: Sendable, Equatable, Codable {
    /// The kind of job, one element of an address: `apply_recipe`.
    public let name: String
    public var version: String
    public var annotation: String
    public var parameters: [ParameterDescription]
    public var results: [ResultDescription]
    /// Seconds that a job may run unless it says otherwise; 0 for no limit.
    public var executionDuration: Int
    /// True where parameters that are not described are kept and handed on.
    public var isOpen: Bool
    /// The user's program for a job type of a user; nil for those of antares itself.
    public var script: String?

    public init(
        name: String,
        version: String = "1",
        annotation: String = "",
        parameters: [ParameterDescription] = [],
        results: [ResultDescription] = [],
        executionDuration: Int = 0,
        isOpen: Bool = false,
        script: String? = nil
    ) {
        (self.isOpen, self.script) = (isOpen, script)
        (self.name, self.version, self.annotation) = (name, version, annotation)
        (self.parameters, self.results, self.executionDuration) = (parameters, results, executionDuration)
    }

    /// True for a job type that runs a user's program.
    public var isScript: Bool { script != nil }

    /// Checks parameters and adds the defaults of those that are not given.
    ///
    /// - Parameters:
    ///   - given: As the user wrote them; names in any capitals.
    ///   - isComplete: False where required ones may still follow, before the job is asked to run.
    /// - Returns: One value for each parameter that has one, in the order of the description.
    /// - Throws: `JobError` that names the first parameter that is unknown, missing or wrong.
    public func checked(_ given: [JobParameter], isComplete: Bool = true) throws(JobError) -> [JobParameter] {
        let names = parameters.map(\.name)
        let unknown = given.filter { parameter in !names.contains { $0.lowercased() == parameter.id.lowercased() } }
        if !isOpen, let first = unknown.first {
            throw JobError(.unknown(parameter: first.id, nearest: nearest(to: first.id, in: names)), job: name)
        }
        var result: [JobParameter] = []
        for description in parameters {
            let name = description.name
            if let value = given.first(where: { $0.id.lowercased() == name.lowercased() }) {
                if !value.isByReference, let reason = description.objection(to: value.value) {
                    throw JobError(.invalid(parameter: name, reason: reason), job: self.name)
                }
                result.append(JobParameter(name, value.value, isByReference: value.isByReference))
            } else if let value = description.defaultValue {
                result.append(JobParameter(name, value))
            } else if description.isRequired, isComplete {
                throw JobError(.missing(parameter: name), job: self.name)
            }
        }
        return result + unknown
    }
}

/// One parameter of a kind of job.
public struct ParameterDescription: Sendable, Equatable, Codable {
    public enum DataType: String, Sendable, Codable, CaseIterable {
        case string = "xs:string"
        case boolean = "xs:boolean"
        case integer = "xs:integer"
        case double = "xs:double"
        case date = "xs:date"
        case address = "xs:anyURI"
        case file
    }

    public let name: String
    public var type: DataType
    public var isRequired: Bool
    public var defaultValue: String?
    public var unit: String?
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
        minimum: Double? = nil,
        maximum: Double? = nil,
        options: [String] = [],
        annotation: String = ""
    ) {
        (self.name, self.type, self.isRequired, self.defaultValue) = (name, type, isRequired, defaultValue)
        (self.unit, self.minimum, self.maximum) = (unit, minimum, maximum)
        (self.options, self.annotation) = (options, annotation)
    }

    /// Why a value is not allowed; nil for one that is.
    public func objection(to value: String) -> String? {
        if !options.isEmpty, !options.contains(value) {
            return "'\(value)' is none of \(options.joined(separator: ", "))."
        }
        switch type {
        case .string, .file: return nil
        case .boolean:
            let words = ["true", "false", "1", "0"]
            return words.contains(value.lowercased()) ? nil : "'\(value)' is neither true nor false."
        case .integer: return Int(value).map { limits(Double($0)) } ?? "'\(value)' is no whole number."
        case .double:
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

/// One thing that a kind of job makes.
public struct ResultDescription: Sendable, Equatable, Codable {
    public let name: String
    public var contentType: String
    public var annotation: String

    public init(_ name: String, contentType: String = "application/octet-stream", annotation: String = "") {
        (self.name, self.contentType, self.annotation) = (name, contentType, annotation)
    }
}
