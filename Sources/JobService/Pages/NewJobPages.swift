import Foundation
import Hummingbird
import Jobs

/// Forms that make jobs: `/new` to choose a type, `/new/TYPE`.
struct NewJobPages: Sendable {
    let pages: Pages
    private var parts: ServiceParts { pages.parts }
    private var creation: JobCreation { JobCreation(parts: parts) }

    func add(to router: Router<ServiceContext>) {
        router.get("new", use: pages.route(choose))
        router.get("new/{kind}", use: pages.route(show))
        router.post("new/{kind}", use: pages.route(submit))
    }

    private func choose(_ request: inout Request, _ context: ServiceContext) async throws -> Response {
        if context.identity.name == nil, !parts.options.allowsAnonymous { _ = try context.requireUser() }
        var types: [Pages.Values] = []
        for name in await parts.descriptions.names {
            guard let type = try? await creation.description(name, context) else { continue }
            types.append(["name": name, "annotation": type.annotation, "isScript": type.isScript])
        }
        return try pages.make("new", "New job", ["types": types], context)
    }

    /// The form with defaults, with the values of another job (`from`), or with those of the query.
    private func show(_ request: inout Request, _ context: ServiceContext) async throws -> Response {
        let type = try await creation.description(context.parameter("kind"), context)
        let query = FormBody.pairs(request.uri.query ?? "")
        var known = Dictionary(query.map { ($0.name.lowercased(), $0.value) }, uniquingKeysWith: { $1 })
        var control: [String: String] = [:]
        var extra: [String] = []
        if let id = known["from"] {
            let job = try await parts.find(id, context)
            known = Dictionary(job.parameters.map { ($0.id.lowercased(), $0.value) }, uniquingKeysWith: { $1 })
            control["runID"] = job.runID
            control["duration"] = job.executionDuration > 0 ? "\(job.executionDuration)" : nil
            let names = Set(type.allParameters.map { $0.name.lowercased() })
            extra = job.parameters.filter { !names.contains($0.id.lowercased()) }.map { "\($0.id)=\($0.value)" }
        }
        let fields = type.allParameters.map { FormField($0, value: known[$0.name.lowercased()]) }
        control["extra"] = extra.joined(separator: "\n")
        return try page(type, fields, control, nil, context)
    }

    private func submit(_ request: inout Request, _ context: ServiceContext) async throws -> Response {
        let type = try await creation.description(context.parameter("kind"), context)
        var form = try await creation.form(&request, type.name, context)
        let isRun = form["PHASE"] == "RUN"
        let fields = FormField.check(type, form, isComplete: isRun)
        let control = [
            "runID": form["RUNID"] ?? "", "duration": form["EXECUTIONDURATION"] ?? "",
            "destruction": form["DESTRUCTION"] ?? "", "extra": (form["extra"] ?? "").replacing("\r\n", with: "\n"),
        ]
        if fields.contains(where: { $0.error != nil }) { return try page(type, fields, control, nil, context) }
        let extra = type.isOpen ? Self.pairs(control["extra"] ?? "") : []
        form.fields.removeAll { $0.name == "extra" }
        var given = FormField.given(type, form)
        given.fields += extra
        do {
            let job = try await creation.make(type.name, given, context)
            return .seeOther("\(context.root)/jobs/\(job.id)")
        } catch {
            guard let failure = ServiceError(answering: error), failure.code != .unauthenticated else { throw error }
            return try page(type, fields, control, failure, context)
        }
    }

    private static func pairs(_ text: String) -> [(name: String, value: String)] {
        text.split(whereSeparator: \.isNewline).compactMap { line in
            let halves = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard halves.count == 2 else { return nil }
            return (halves[0].trimmingCharacters(in: .whitespaces), halves[1].trimmingCharacters(in: .whitespaces))
        }
    }

    private func page(
        _ type: JobDescription,
        _ fields: [FormField],
        _ control: [String: String],
        _ failure: ServiceError?,
        _ context: ServiceContext
    ) throws -> Response {
        let wrong = fields.filter { $0.error != nil }
        let (required, optional) = (
            fields.filter(\.description.isRequired), fields.filter { !$0.description.isRequired }
        )
        let isOpened = optional.contains { $0.error != nil || $0.value != ($0.description.defaultValue ?? "") }
        var values: Pages.Values = [
            "kind": type.name, "annotation": type.annotation, "required": required.map(\.values),
            "optional": optional.map(\.values), "hasOptional": !optional.isEmpty,
            "isOptionalOpen": isOpened || required.isEmpty, "isOpen": type.isOpen,
            "wrong": wrong.map {
                ["id": "field-\($0.description.name)", "label": $0.description.name, "error": $0.error]
            },
            "hasErrors": !wrong.isEmpty || failure != nil, "wrongCount": wrong.count, "hasWrong": !wrong.isEmpty,
            "isControlOpen": control.values.contains { !$0.isEmpty },
        ]
        for (name, value) in control { values[name] = value }
        values["failure"] = failure?.message
        let code = failure?.code.rawValue ?? 422
        return try pages.make(
            "form",
            "New \(type.name)",
            values,
            context,
            status: wrong.isEmpty && failure == nil ? .ok : .init(code: code)
        )
    }
}
