public import Documents
public import Foundation
import FoundationXML

/// The form in WADL (W3C submission of 2009), with the identifiers of OPUS's documents: the resource of the list of jobs,
/// whose method `create_job` has the parameters. What WADL has no words for is in a namespace of its own.
extension JobDescription {
    private static let space = "urn:antares:jdl"

    /// As a WADL document.
    ///
    /// - `base`: What the addresses of job types are below, with a slash at its end.
    public func wadl(base: String) -> Data {
        let root = XMLElement(
            "application",
            [
                ("xmlns", "http://wadl.dev.java.net/2009/02"), ("xmlns:xs", "http://www.w3.org/2001/XMLSchema"),
                ("xmlns:uws", "http://www.ivoa.net/xml/UWS/v1.0"), ("xmlns:jdl", Self.space),
            ]
        )
        root.add("grammars").add("include", [("href", "http://www.ivoa.net/xml/UWS/v1.0")])
        let list = root.add("resources", [("base", base)]).add(
            "resource",
            [("id", "joblist"), ("path", name)]
                + Self.texts.filter { $0.key != "annotation" && !self[keyPath: $0.path].isEmpty }
                .map { ("jdl:\($0.key)", self[keyPath: $0.path]) }
                + [("jdl:open", isOpen ? "true" : nil), ("jdl:quote", quote.map { "\($0)" })]
        )
        list.add("doc", [("title", "description")], text: annotation)
        let show = list.add("method", [("id", "list_jobs"), ("name", "GET")]).add("response", [("status", "200")])
        show.add("representation", [("mediaType", "text/xml"), ("element", "uws:jobs")])
        let create = list.add("method", [("id", "create_job"), ("name", "POST")])
        let request = create.add("request", [("id", "create_job_parameters")])
        for parameter in parameters { request.addChild(parameter.param) }
        for input in inputs { request.addChild(input.param) }
        let run = request.add("param", [("name", "PHASE"), ("style", "query"), ("type", "xs:string")])
        run.add("option", [("value", "RUN")])
        request.add(
            "param",
            [
                ("name", "EXECUTIONDURATION"), ("style", "query"), ("type", "xs:int"),
                ("default", "\(executionDuration)"),
            ]
        )
        request.add("representation", [("mediaType", "application/x-www-form-urlencoded")])
        request.add("representation", [("mediaType", "multipart/form-data")])
        create.add("response", [("status", "303")]).add("doc", text: "Leads to the new job.")
        let job = list.add("resource", [("id", "job"), ("path", "{job-id}")])
        job.add("param", [("name", "job-id"), ("style", "template"), ("type", "xs:string"), ("required", "true")])
        let get = job.add("method", [("id", "get_job"), ("name", "GET")]).add("response", [("status", "200")])
        get.add("representation", [("mediaType", "text/xml"), ("element", "uws:job")])
        let result = job.add("resource", [("id", "job_result"), ("path", "results/{result-id}")])
        let id = result.add(
            "param",
            [("name", "result-id"), ("style", "template"), ("type", "xs:string"), ("required", "true")]
        )
        for description in results { id.addChild(description.option) }
        result.add("method", [("id", "get_result"), ("name", "GET")]).add("response", [("status", "200")])
        if let script { list.add("jdl:script", text: script) }
        return root.document
    }

    /// Reads a WADL document, of this program or of OPUS.
    ///
    /// - Parameters:
    ///   - data: The document.
    ///   - origin: What messages call it.
    /// - Throws: `DocumentError` with the line of the first mistake.
    public init(wadl data: Data, origin: String) throws(DocumentError) {
        try self.init(wadl: try XMLTree.parse(data, origin: origin))
    }

    init(wadl root: XMLTree) throws(DocumentError) {
        guard root.name == "application", let list = root.find("resource", "id", "joblist") else {
            throw root.failure("is no application with a resource of the id 'joblist'")
        }
        self.init(name: try list.required("path"))
        for field in Self.texts { if let text = list[field.key] { self[keyPath: field.path] = text } }
        annotation = list.all("doc").first { $0["title"] == "description" }?.trimmed ?? ""
        isOpen = list["open"] == "true"
        let told = try root.find("representation", "id", "quote")?.seconds("default")
        quote = try list.seconds("quote") ?? told
        executionDuration = try root.find("param", "name", "EXECUTIONDURATION")?.seconds("default") ?? 0
        script = list.first("script").flatMap { Self.program($0.text) }
        guard let request = list.find("request", "id", "create_job_parameters") else {
            throw list.failure("has no request of the id 'create_job_parameters'")
        }
        for param in request.all("param") where !Self.reservedNames.contains((param["name"] ?? "").lowercased()) {
            if param["role"] == "input" {
                inputs.append(try InputDescription(wadl: param))
            } else {
                parameters.append(try ParameterDescription(wadl: param))
            }
        }
        for option in root.find("param", "name", "result-id")?.all("option") ?? [] {
            results.append(try ResultDescription(wadl: option))
        }
    }
}

extension XMLElement {
    /// What a thing is for, where that is said.
    fileprivate func describe(_ annotation: String) {
        if !annotation.isEmpty { add("doc", text: annotation) }
    }
}

extension ParameterDescription {
    fileprivate var param: XMLElement {
        let param = XMLElement(
            "param",
            [
                ("name", name), ("style", "query"), ("type", type.rawValue), ("required", "\(isRequired)"),
                ("default", defaultValue), ("jdl:unit", unit), ("jdl:ucd", ucd), ("jdl:utype", utype),
                ("jdl:min", minimum.map(numberText)), ("jdl:max", maximum.map(numberText)),
            ]
        )
        param.describe(annotation)
        for option in options { param.add("option", [("value", option)]) }
        return param
    }

    fileprivate init(wadl param: XMLTree) throws(DocumentError) {
        let name = try param.required("name")
        guard let type = DataType(named: param["type"] ?? "xs:string") else {
            let known = DataType.allCases.map(\.rawValue).joined(separator: ", ")
            throw param.failure("has the unknown type '\(param["type"] ?? "")'", hint: "Known: \(known).")
        }
        let options = param.all("option").compactMap { $0["value"] }
        // OPUS writes them as FILE|LIN|LOG.
        let choices = param["choices"]?.split(separator: "|").map(String.init) ?? []
        self.init(
            name,
            type,
            isRequired: param["required"]?.lowercased() == "true",
            defaultValue: param["default"],
            unit: param["unit"],
            ucd: param["ucd"],
            utype: param["utype"],
            minimum: try param.number("min"),
            maximum: try param.number("max"),
            options: options.isEmpty && choices.count > 1 ? choices : options,
            annotation: param.first("doc")?.trimmed ?? ""
        )
    }
}

extension InputDescription {
    fileprivate var param: XMLElement {
        let param = XMLElement(
            "param",
            [
                ("name", name), ("style", "query"), ("type", parameter.type.rawValue),
                ("required", "\(parameter.isRequired)"), ("default", defaultValue), ("jdl:role", "input"),
                ("jdl:content_type", contentType), ("jdl:multiplicity", multiplicity), ("jdl:url", url),
            ]
        )
        param.describe(annotation)
        return param
    }

    fileprivate init(wadl param: XMLTree) throws(DocumentError) {
        self.init(
            try param.required("name"),
            contentType: param["content_type"] ?? "",
            multiplicity: param["multiplicity"] ?? "",
            defaultValue: param["default"],
            url: param["url"] ?? "",
            annotation: param.first("doc")?.trimmed ?? ""
        )
    }
}

extension ResultDescription {
    fileprivate var option: XMLElement {
        let option = XMLElement(
            "option",
            [
                ("value", name), ("mediaType", contentType.isEmpty ? nil : contentType), ("jdl:default", pattern),
                ("jdl:multiplicity", multiplicity),
            ]
        )
        option.describe(annotation)
        return option
    }

    fileprivate init(wadl option: XMLTree) throws(DocumentError) {
        self.init(
            try option.required("value"),
            contentType: option["mediaType"] ?? option["content_type"] ?? "",
            multiplicity: option["multiplicity"] ?? "",
            pattern: option["default"],
            annotation: option.first("doc")?.trimmed ?? ""
        )
    }
}
