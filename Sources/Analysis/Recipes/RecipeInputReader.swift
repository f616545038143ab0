import Documents
import Geo

extension RecipeInput {
    private static let keys = [
        "product", "measurements", "mask", "mask_steps", "group_by", "fuse", "static", "optional", "resampling",
    ]

    init(name: String, _ reader: DocumentReader) throws(DocumentError) {
        try reader.allowOnly(Self.keys)
        var aliases: [String: String] = [:]
        let names = try reader.required("measurements")
        let measurements: [String]
        if case .object = names.value {
            var own: [String] = []
            for entry in try names.entries() {
                own.append(entry.key)
                aliases[entry.key] = try entry.reader.string()
            }
            measurements = own
        } else {
            measurements = try names.strings()
        }
        self.init(
            name: name,
            products: try reader.required("product").strings(),
            measurements: measurements,
            aliases: aliases,
            mask: try reader.optional("mask").map(MaskCondition.read),
            maskSteps: try Self.steps(reader.optional("mask_steps")),
            grouping: try reader.optional("group_by")?.choice(Grouping.self) ?? .solarDay,
            isStatic: try reader.optional("static")?.bool() ?? false,
            isOptional: try reader.optional("optional")?.bool() ?? false,
            resampling: try reader.optional("resampling").map(ResamplingChoice.read) ?? .nearest,
            fusing: try reader.optional("fuse").map(Fusing.read) ?? .firstValid
        )
        if let choice = reader.optional("resampling"), choice.value.object != nil {
            for entry in try choice.entries() where entry.key != "*" && !measurements.contains(entry.key) {
                let near = nearest(to: entry.key, in: measurements).map { "Did you mean '\($0)'?" }
                throw entry.reader.failure(
                    "is about no measurement of this input",
                    hint: near ?? "Known: \(measurements.joined(separator: ", ")), and '*' for all others."
                )
            }
        }
        if isStatic, let fuse = reader.optional("fuse") {
            throw fuse.failure("has no effect: the input is static")
        }
        if isStatic, let mask = reader.optional("mask") {
            throw mask.failure("has no effect: the input is static")
        }
        if mask == nil, let steps = reader.optional("mask_steps") {
            throw steps.failure("has nothing to work on: the input has no 'mask'")
        }
    }

    private static func steps(_ reader: DocumentReader?) throws(DocumentError) -> [MaskStep] {
        var steps: [MaskStep] = []
        for element in try reader?.elements() ?? [] {
            try element.allowOnly(MaskStep.Kind.allCases.map(\.rawValue))
            for entry in try element.entries() {
                let radius = try entry.reader.integer()
                guard (0...200).contains(radius), let kind = MaskStep.Kind(rawValue: entry.key) else {
                    throw entry.reader.failure("must be a radius of 0 to 200 pixels, not \(radius)")
                }
                steps.append(MaskStep(kind, radius: radius))
            }
        }
        return steps
    }
}

extension MaskCondition {
    /// Reads `{measurement: {flag: meaning}}`, `{any: [...]}`, `{all: [...]}` or `{not: ...}`; several keys must all
    /// hold.
    static func read(_ reader: DocumentReader) throws(DocumentError) -> MaskCondition {
        var conditions: [MaskCondition] = []
        for entry in try reader.entries() {
            switch entry.key {
            case "any": conditions.append(.any(try list(entry.reader)))
            case "all": conditions.append(.all(try list(entry.reader)))
            case "not": conditions.append(.not(try read(entry.reader)))
            default:
                for flag in try entry.reader.entries() {
                    let meanings = try meanings(flag.reader)
                    conditions.append(.flag(MaskRule(measurement: entry.key, flag: flag.key, meanings: meanings)))
                }
            }
        }
        guard !conditions.isEmpty else { throw reader.failure("is empty") }
        return conditions.count == 1 ? conditions[0] : .all(conditions)
    }

    private static func list(_ reader: DocumentReader) throws(DocumentError) -> [MaskCondition] {
        var conditions: [MaskCondition] = []
        for element in try reader.elements() { conditions.append(try read(element)) }
        guard !conditions.isEmpty else { throw reader.failure("is empty") }
        return conditions
    }

    static func meanings(_ reader: DocumentReader) throws(DocumentError) -> [String] {
        if let flag = reader.value.bool { return [flag ? "true" : "false"] }
        return try reader.strings()
    }
}

extension ResamplingChoice {
    /// Reads `bilinear`, or `{swir1: bilinear, "*": nearest}`.
    static func read(_ reader: DocumentReader) throws(DocumentError) -> ResamplingChoice {
        guard reader.value.object != nil else { return ResamplingChoice(try method(reader)) }
        var choice = ResamplingChoice.nearest
        for entry in try reader.entries() {
            let method = try method(entry.reader)
            if entry.key == "*" { choice.standard = method } else { choice.special[entry.key] = method }
        }
        return choice
    }

    private static func method(_ reader: DocumentReader) throws(DocumentError) -> Resampling {
        let name = try reader.string()
        guard let method = Resampling(name: name) else {
            let near = Documents.nearest(to: name, in: Resampling.names).map { "Did you mean '\($0)'? " } ?? ""
            throw reader.failure(
                "has the unknown resampling '\(name)'",
                hint: near + "Known: \(Resampling.names.joined(separator: ", "))."
            )
        }
        return method
    }
}

extension Fusing {
    /// Reads `first`, `{cloud_probability: least}` or `{pixel_qa: {scl: [vegetation, water]}}`.
    static func read(_ reader: DocumentReader) throws(DocumentError) -> Fusing {
        guard reader.value.object != nil else {
            guard try reader.string() == "first" else { throw form(reader) }
            return .firstValid
        }
        let entries = try reader.entries()
        guard entries.count == 1, let entry = entries.first else { throw form(reader) }
        guard entry.reader.value.object != nil else {
            return .value(measurement: entry.key, prefers: try entry.reader.choice(Preference.self))
        }
        let flags = try entry.reader.entries()
        guard flags.count == 1, let flag = flags.first else { throw form(reader) }
        let best = try MaskCondition.meanings(flag.reader)
        return .flag(measurement: entry.key, flag: flag.key, best: best)
    }

    private static func form(_ reader: DocumentReader) -> DocumentError {
        reader.failure(
            "names no ranking",
            hint: "Write first, {cloud_probability: least}, or {pixel_qa: {scl: [vegetation, water]}}, the best first."
        )
    }
}

extension Optional {
    /// `map` for a body that throws one kind of error.
    fileprivate func map<Result, Failure>(_ body: (Wrapped) throws(Failure) -> Result) throws(Failure) -> Result? {
        guard let self else { return nil }
        return try body(self)
    }
}
