import Foundation
import Hummingbird
import Jobs

/// Job types: `/job-types` lists them, `/job-types/NAME` shows one, and those of users can be edited there.
///
/// What the editor does goes to the addresses of `DescriptionRoutes`.
struct DescriptionPages: Sendable {
    let pages: Pages
    private var parts: ServiceParts { pages.parts }

    func add(to router: Router<ServiceContext>) {
        router.get("job-types", use: pages.route(list))
        router.get("job-types/{name}", use: pages.route(show))
        router.get("job-types/{name}/edit", use: pages.route(edit))
    }

    private func list(_ request: inout Request, _ context: ServiceContext) async throws -> Response {
        if !parts.options.allowsAnonymous { _ = try context.requireUser() }
        var types: [Pages.Values] = []
        for name in await parts.descriptions.names {
            guard let type = try? await JobCreation(parts: parts).description(name, context) else {
                continue
            }
            types.append([
                "name": name, "annotation": type.annotation, "version": type.version,
                "isScript": type.isScript,
                "count": type.allParameters.count,
            ])
        }
        var values: Pages.Values = ["types": types, "mayScript": context.identity.mayScript]
        if context.identity.mayScript {
            values["drafts"] = try await drafts()
            values["faults"] = await parts.descriptions.faults.map { fault -> Pages.Values in
                ["file": (fault.file as NSString).lastPathComponent, "reason": fault.reason]
            }
        }
        return try pages.make("job-types", "Job types", values, context)
    }

    private func drafts() async throws -> [Pages.Values] {
        var list: [Pages.Values] = []
        for name in try await parts.descriptions.drafts {
            // One that another program has spoilt hides no other.
            guard let (_, draft) = try? await parts.descriptions.draft(name) else { continue }
            list.append([
                "name": name, "author": draft.author ?? "", "saved": PlainText.time(draft.saved),
                "isRequested": draft.isRequested,
            ])
        }
        return list
    }

    private func show(_ request: inout Request, _ context: ServiceContext) async throws -> Response {
        let name = context.parameter("name")
        let type = try await JobCreation(parts: parts).description(name, context)
        let isBuiltIn = await parts.descriptions.isBuiltIn(name)
        var values = Self.values(type)
        values["isEditable"] = !isBuiltIn && context.identity.mayScript
        values["hasParameters"] = !type.allParameters.isEmpty
        values["facts"] = type.allParameters.map { parameter -> Pages.Values in
            var row = FormField(parameter, value: nil).values
            row["type"] = parameter.type.rawValue
            row["default"] = parameter.defaultValue ?? ""
            row["choices"] = parameter.options.joined(separator: ", ")
            return row
        }
        return try pages.make("job-type", name, values, context)
    }

    /// The editor, with the draft where there is one, else with what is used; `new` begins with nothing.
    private func edit(_ request: inout Request, _ context: ServiceContext) async throws -> Response {
        _ = try context.requireUser()
        guard context.identity.mayScript else {
            throw ServiceError(
                .forbidden,
                "only administrators and users of the role '\(User.scriptRole)' may do this."
            )
        }
        let name = context.parameter("name")
        let draft = try await parts.descriptions.draft(name)
        var type = draft?.description
        if type == nil, name != "new" {
            type = try await JobCreation(parts: parts).description(name, context)
        }
        var values = Self.values(type ?? Self.example)
        values["isNew"] = type == nil
        values["isDraft"] = draft != nil
        values["isRequested"] = draft?.draft.isRequested ?? false
        let none = [
            "name", "default", "annotation", "options", "unit", "minimum", "maximum", "contentType",
            "multiplicity", "url",
        ]
        var blank: Pages.Values = [:]
        for name in none { blank[name] = "" }
        for name in ["isRequired", "isValue", "isAddress"] { blank[name] = false }
        (blank["datatypes"], blank["isFile"], blank["number"]) = (Self.types(nil), true, 0)
        values["blank"] = blank
        return try pages.make(
            "job-type-edit",
            type.map { "Edit \($0.name)" } ?? "New job type",
            values,
            context
        )
    }

    /// What a new job type begins with.
    private static let example = JobDescription(
        name: "",
        parameters: [],
        results: [ResultDescription("result", contentType: "text/plain", pattern: "result.txt")],
        script:
            "#!/bin/sh\n# Parameters are in ANTARES_PARAM_NAME; results are files of this folder.\necho done > result.txt\n"
    )

    private static func types(_ chosen: ParameterDescription.DataType?) -> [Pages.Values] {
        ParameterDescription.DataType.allCases.map { ["value": $0.rawValue, "isChosen": $0 == chosen] }
    }

    private static func values(_ type: JobDescription) -> Pages.Values {
        func text(_ number: Double?) -> String {
            number.map { $0 == $0.rounded() && abs($0) < 1e15 ? "\(Int($0))" : "\($0)" } ?? ""
        }
        let parameters = type.parameters.enumerated().map { number, parameter -> Pages.Values in
            [
                "number": number + 1, "name": parameter.name, "datatypes": types(parameter.type),
                "default": parameter.defaultValue ?? "", "isRequired": parameter.isRequired,
                "annotation": parameter.annotation, "options": parameter.options.joined(separator: ","),
                "unit": parameter.unit ?? "", "minimum": text(parameter.minimum),
                "maximum": text(parameter.maximum),
            ]
        }
        let inputs = type.inputs.enumerated().map { number, input -> Pages.Values in
            [
                "number": number + 1, "name": input.name, "contentType": input.contentType,
                "multiplicity": input.multiplicity, "default": input.defaultValue ?? "",
                "annotation": input.annotation, "isFile": input.isFile, "isValue": input.url.isEmpty,
                "isAddress": !input.isFile && !input.url.isEmpty, "url": input.isFile ? "" : input.url,
            ]
        }
        let results = type.results.enumerated().map { number, result -> Pages.Values in
            [
                "number": number + 1, "name": result.name, "contentType": result.contentType,
                "multiplicity": result.multiplicity, "default": result.pattern ?? "",
                "annotation": result.annotation,
            ]
        }
        return [
            "name": type.name, "annotation": type.annotation, "version": type.version,
            "group": type.group,
            "type": type.type, "subtype": type.subtype, "documentation": type.documentation,
            "url": type.url,
            "contactName": type.contactName, "contactEmail": type.contactEmail,
            "executionDuration": type.executionDuration == 0 ? "" : "\(type.executionDuration)",
            "quote": type.quote.map { "\($0)" } ?? "", "script": type.script ?? "",
            "isScript": type.isScript,
            "isOpen": type.isOpen, "parameters": parameters, "inputs": inputs, "results": results,
            "hasResults": !results.isEmpty,
        ]
    }
}
