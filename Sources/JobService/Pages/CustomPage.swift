import Documents
import Foundation
import HTTPTypes
import Hummingbird
import Jobs

/// Jobs from a JSON text that people write themselves: `/custom`; the same text as `/api/v1/jobs` takes.
struct CustomPage: Sendable {
    let pages: Pages
    private var parts: ServiceParts { pages.parts }
    private var creation: JobCreation { JobCreation(parts: parts) }

    func add(to router: Router<ServiceContext>) {
        router.get("custom", use: pages.route(show))
        router.post("custom", use: pages.route(submit))
        router.post("custom/check", use: check)
    }

    /// The job types that the sender may use.
    private func types(_ context: ServiceContext) async -> [JobDescription] {
        var types: [JobDescription] = []
        for name in await parts.descriptions.names {
            if let type = try? await creation.description(name, context) { types.append(type) }
        }
        return types
    }

    private func show(_ request: inout Request, _ context: ServiceContext) async throws -> Response {
        if !parts.options.allowsAnonymous { _ = try context.requireUser() }
        let types = await types(context)
        let wanted = FormBody.pairs(request.uri.query ?? "").first { $0.name == "type" }?.value
        let chosen = types.first { $0.name == wanted } ?? types.first
        return try page(chosen.map(Self.template) ?? "{}\n", [], types, chosen?.name, context)
    }

    private func page(
        _ text: String,
        _ mistakes: [RunText.Mistake],
        _ types: [JobDescription],
        _ chosen: String?,
        _ context: ServiceContext
    ) throws -> Response {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.withoutEscapingSlashes]
        let schema = String(decoding: try encoder.encode(types.map(RunText.Schema.init)), as: UTF8.self)
        let values: Pages.Values = [
            "text": text, "schema": schema.replacing("<", with: "\\u003c"), "hasMistakes": !mistakes.isEmpty,
            "mistakes": mistakes.map {
                ["line": $0.line, "column": $0.column, "message": $0.message] as Pages.Values
            },
            "types": types.map { ["name": $0.name, "isChosen": $0.name == chosen] as Pages.Values },
            "base": context.baseURL,
        ]
        return try pages.make(
            "custom",
            "Custom job",
            values,
            context,
            status: mistakes.isEmpty ? .ok : .init(code: 422)
        )
    }

    /// A text to start from, with all that is required and what has a default.
    static func template(_ type: JobDescription) -> String {
        var parameters = DocumentObject()
        for parameter in type.parameters where parameter.isRequired || parameter.defaultValue != nil {
            let text = parameter.defaultValue ?? parameter.options.first ?? ""
            let value: DocumentValue
            switch parameter.type {
            case .integer: value = Int(text).map { .integer($0) } ?? .string(text)
            case .double: value = Double(text).map { .double($0) } ?? .string(text)
            case .boolean: value = .bool(text == "true")
            case .string, .date, .address, .file: value = .string(text)
            }
            parameters[parameter.name] = value
        }
        let document: DocumentValue = [
            "kind": .string(type.name), "runId": "my first run", "run": true, "parameters": .object(parameters),
        ]
        return JSONText.pretty(document) + "\n"
    }

    private func submit(_ request: inout Request, _ context: ServiceContext) async throws -> Response {
        if !parts.options.allowsAnonymous { _ = try context.requireUser() }
        let form = try await pages.form(&request, context)
        // Browsers send the ends of lines as two characters.
        let text = (form["text"] ?? "").replacing("\r\n", with: "\n")
        let types = await types(context)
        let run = RunText(text, types)
        guard run.mistakes.isEmpty, let wanted = run.form else {
            return try page(text, run.mistakes, types, run.kind, context)
        }
        do {
            let job = try await creation.make(run.kind ?? "", wanted, context)
            return .seeOther("\(context.root)/jobs/\(job.id)")
        } catch {
            guard let failure = ServiceError(answering: error) else { throw error }
            return try page(text, [.init(line: 1, column: 1, message: failure.message)], types, run.kind, context)
        }
    }

    /// What is wrong with a text, for the script of the page.
    @Sendable private func check(_ request: Request, _ context: ServiceContext) async throws -> Response {
        struct Answer: Encodable { let mistakes: [RunText.Mistake] }
        if !parts.options.allowsAnonymous { _ = try context.requireUser() }
        try context.checkForm(nil, request)
        var request = request
        let data = try await request.collectedBody(limit: parts.options.bodyLimit)
        return try .json(
            Answer(mistakes: RunText(String(decoding: data, as: UTF8.self), await types(context)).mistakes)
        )
    }
}
