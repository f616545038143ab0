import Documents

/// What a kind of job is: its parameters, what it reads and makes, and its limits.
public struct JobDescription: Sendable, Equatable {
    /// The kind of job, one element of an address: `apply_recipe`.
    public let name: String
    public var version: String
    public var annotation: String
    /// Words by which lists of job types are ordered.
    public var group = ""
    public var type = ""
    public var subtype = ""
    /// The address of its documentation.
    public var documentation = ""
    /// The address of what it belongs to.
    public var url = ""
    public var contactName = ""
    public var contactEmail = ""
    public var parameters: [ParameterDescription]
    /// What it reads; one with the name of a parameter is that parameter's value.
    public var inputs: [InputDescription]
    /// What it makes; one with the name of a parameter is called as the parameter says.
    public var results: [ResultDescription]
    /// Seconds that a job may run unless it says otherwise; 0 for no limit.
    public var executionDuration: Int
    /// Seconds that a job is expected to take; nil where nobody knows.
    public var quote: Int?
    /// True where parameters that are not described are kept and handed on.
    public var isOpen: Bool
    /// The user's program for a job type of a user; nil for those of antares itself.
    public var script: String?

    public init(
        name: String,
        version: String = "1",
        annotation: String = "",
        parameters: [ParameterDescription] = [],
        inputs: [InputDescription] = [],
        results: [ResultDescription] = [],
        executionDuration: Int = 0,
        isOpen: Bool = false,
        script: String? = nil
    ) {
        (self.isOpen, self.script, self.inputs) = (isOpen, script, inputs)
        (self.name, self.version, self.annotation) = (name, version, annotation)
        (self.parameters, self.results, self.executionDuration) = (parameters, results, executionDuration)
    }

    /// True for a job type that runs a user's program.
    public var isScript: Bool { script != nil }

    /// A script as it is kept, with line feeds alone, which browsers' forms change; nil for an empty one.
    public static func program(_ text: String) -> String? {
        text.isEmpty ? nil : text.replacing("\r\n", with: "\n").replacing("\r", with: "\n")
    }

    /// All that a job can be given: parameters, and inputs that are none.
    public var allParameters: [ParameterDescription] {
        let names = Set(parameters.map { $0.name.lowercased() })
        return parameters + inputs.filter { !names.contains($0.name.lowercased()) }.map(\.parameter)
    }

    /// Checks parameters and adds the defaults of those that are not given.
    ///
    /// An empty value counts as not given, but for a text that may be empty: forms send all their fields.
    /// - Parameters:
    ///   - given: As the user wrote them; names in any capitals.
    ///   - isComplete: False where required ones may still follow, before the job is asked to run.
    /// - Returns: One value for each parameter that has one, in the order of the description.
    /// - Throws: `JobError` that names the first parameter that is unknown, missing or wrong.
    public func checked(_ given: [JobParameter], isComplete: Bool = true) throws(JobError) -> [JobParameter] {
        let all = allParameters
        let names = all.map(\.name)
        let unknown = given.filter { parameter in !names.contains { $0.lowercased() == parameter.id.lowercased() } }
        if !isOpen, let first = unknown.first {
            throw JobError(.unknown(parameter: first.id, nearest: nearest(to: first.id, in: names)), job: name)
        }
        var result: [JobParameter] = []
        for description in all {
            let name = description.name
            let value = given.first { $0.id.lowercased() == name.lowercased() }
            if let value, !value.value.isEmpty || description.mayBeEmpty {
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
