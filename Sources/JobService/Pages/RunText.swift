import Documents
import Foundation
import Jobs

/// A job as somebody writes it in JSON, with all that is wrong with it.
struct RunText {
    /// Something wrong, and where.
    struct Mistake: Encodable, Equatable {
        /// Counted from 1.
        let line: Int
        let column: Int
        let message: String
    }

    /// What a job type takes, as the script of the page reads it.
    struct Schema: Encodable {
        struct Parameter: Encodable {
            let name: String, type: String, required: Bool, minimum: Double?, maximum: Double?, options: [String]
            let `default`: String?
        }

        let name: String, open: Bool, template: String
        let parameters: [Parameter]

        init(_ type: JobDescription) {
            (name, open, template) = (type.name, type.isOpen, CustomPage.template(type))
            parameters = type.parameters.map { parameter in
                Parameter(
                    name: parameter.name,
                    type: parameter.type.rawValue,
                    required: parameter.isRequired && parameter.defaultValue == nil,
                    minimum: parameter.minimum,
                    maximum: parameter.maximum,
                    options: parameter.options,
                    default: parameter.defaultValue
                )
            }
        }
    }

    private(set) var kind: String?
    private(set) var mistakes: [Mistake] = []
    /// What a job is made from; nil where something is wrong.
    private(set) var form: FormBody?
    private let lines: [Substring]
    private static let keys = ["kind", "parameters", "runId", "run", "executionDuration", "destruction"]

    init(_ text: String, _ types: [JobDescription]) {
        lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        do throws(DocumentError) {
            let root = try JSONText.document(text, origin: "the text").root
            guard root.value.object != nil else { throw root.failure("must be a JSON object, not \(root.value.kind)") }
            read(root, types)
        } catch {
            mistakes = [Mistake(line: error.line ?? 1, column: error.column ?? 1, message: "The text \(error.reason).")]
        }
    }

    private mutating func read(_ root: DocumentReader, _ types: [JobDescription]) {
        var form = FormBody(fields: [])
        for (key, reader) in (try? root.entries()) ?? [] where !Self.keys.contains(key) {
            note(reader, key, "There is no key '\(key)' here. Known: \(Self.keys.joined(separator: ", ")).")
        }
        let names = types.map(\.name)
        guard let reader = root.optional("kind") else {
            return note(root, nil, "The key 'kind' is needed: one of \(names.joined(separator: ", ")).")
        }
        guard let name = reader.value.string, let type = types.first(where: { $0.name == name }) else {
            let near = reader.value.string.flatMap { nearest(to: $0, in: names) }.map { " Did you mean '\($0)'?" }
            return note(
                reader,
                "kind",
                "There is no such job type.\(near ?? " There are: \(names.joined(separator: ", ")).")"
            )
        }
        kind = name
        if let reader = root.optional("runId") {
            if let text = reader.value.string {
                form.fields.append(("RUNID", text))
            } else {
                note(reader, "runId", "'runId' must be text.")
            }
        }
        if let reader = root.optional("run") {
            if reader.value.bool == nil { note(reader, "run", "'run' must be true or false.") }
        }
        let isRun = root.optional("run")?.value.bool ?? true
        if isRun { form.fields.append(("PHASE", "RUN")) }
        if let reader = root.optional("executionDuration") {
            if let seconds = reader.value.integer, seconds >= 0 {
                form.fields.append(("EXECUTIONDURATION", "\(seconds)"))
            } else {
                note(reader, "executionDuration", "'executionDuration' must be a whole number of seconds.")
            }
        }
        if let reader = root.optional("destruction") {
            if let text = reader.value.string, Instant(text) != nil {
                form.fields.append(("DESTRUCTION", text))
            } else {
                note(reader, "destruction", "'destruction' must be a time such as 2027-01-31T12:00:00Z.")
            }
        }
        readParameters(root, type, isComplete: isRun, &form)
        if mistakes.isEmpty { self.form = form }
    }

    private mutating func readParameters(
        _ root: DocumentReader,
        _ type: JobDescription,
        isComplete: Bool,
        _ form: inout FormBody
    ) {
        let reader = root.optional("parameters")
        var given: Set<String> = []
        if let reader, reader.value.object == nil {
            return note(reader, "parameters", "'parameters' must be an object of names and values.")
        }
        for (key, reader) in (try? reader?.entries()) ?? [] where reader.value != .null {
            let text = Self.text(reader.value)
            guard let parameter = type.parameters.first(where: { $0.name.lowercased() == key.lowercased() }) else {
                if type.isOpen {
                    form.fields.append((key, text))
                } else {
                    let near = nearest(to: key, in: type.parameters.map(\.name)).map { " Did you mean '\($0)'?" } ?? ""
                    note(reader, key, "'\(type.name)' has no parameter '\(key)'.\(near)")
                }
                continue
            }
            if text.isEmpty { continue }
            given.insert(parameter.name)
            if let reason = parameter.objection(to: text) { note(reader, key, "'\(key)': \(reason)") }
            form.fields.append((parameter.name, text))
        }
        guard isComplete else { return }
        for parameter in type.parameters
        where parameter.isRequired && parameter.defaultValue == nil && !given.contains(parameter.name) {
            note(reader ?? root, reader == nil ? nil : "parameters", "The parameter '\(parameter.name)' needs a value.")
        }
    }

    private static func text(_ value: DocumentValue) -> String {
        value.string ?? JSONText.write(value)
    }

    /// - Parameters:
    ///   - reader: Of the value.
    ///   - key: Its key, by which its column is found; nil for the beginning of the line.
    ///   - message: What people read.
    private mutating func note(_ reader: DocumentReader, _ key: String?, _ message: String) {
        let line = reader.line ?? 1
        var column = 1
        if let key, line <= lines.count, let place = lines[line - 1].range(of: JSONText.write(.string(key))) {
            column += lines[line - 1].distance(from: lines[line - 1].startIndex, to: place.lowerBound)
        }
        mistakes.append(Mistake(line: line, column: column, message: message))
    }
}
