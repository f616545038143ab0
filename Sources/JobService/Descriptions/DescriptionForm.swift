import Documents
import Jobs

/// The form of an editor of job descriptions, with the fields of OPUS's, as `param_name_1`.
enum DescriptionForm {
    /// - Throws: `DocumentError` that names the field; `JobError` for what no description may have.
    static func read(_ form: FormBody, author: String) throws -> JobDescription {
        var object = DocumentObject()
        for key in [
            "annotation", "version", "group", "type", "subtype", "doculink", "url", "contact_name", "contact_email",
            "script", "executionDuration", "quote", "open",
        ] {
            if let text = form[key], !text.isEmpty { object[key] = .string(text) }
        }
        let name = (form["name"] ?? "").split(separator: "/").last.map(String.init) ?? ""
        object["name"] = .string(name)
        if object["contact_name"] == nil { object["contact_name"] = .string(author) }
        object["parameters"] = try items(form, "param") { field in
            var item = DocumentObject()
            item["datatype"] = field("datatype")
            item["default"] = field("default")
            item["required"] = .string(field("required") == "on" || field("required") == "true" ? "true" : "false")
            item["annotation"] = field("annotation")
            item["options"] = field("options")
            for pair in (field("attributes")?.string ?? "").split(separator: " ") {
                let halves = pair.split(separator: "=", maxSplits: 1).map(String.init)
                if halves.count == 2 { item[halves[0]] = .string(halves[1]) }
            }
            return item
        }
        object["used"] = try items(form, "used") { field in
            var item = DocumentObject()
            item["content_type"] = field("contenttype") ?? field("type")
            for key in ["multiplicity", "default", "annotation"] { item[key] = field(key) }
            // The choices are a file, a value, and an identifier with an address.
            item["url"] =
                switch field("isfile")?.string {
                case "File", nil: .string(InputDescription.fileURL)
                case "value": ""
                default: field("url") ?? ""
                }
            return item
        }
        object["generated"] = try items(form, "generated") { field in
            var item = DocumentObject()
            item["content_type"] = field("contenttype") ?? field("type")
            for key in ["multiplicity", "default", "annotation"] { item[key] = field(key) }
            return item
        }
        let description = try JobDescription(SourceDocument(origin: "the form", value: .object(object)).root)
        try description.check()
        return description
    }

    /// The rows of one kind, in the order of their numbers; rows without a name are left out.
    private static func items(
        _ form: FormBody,
        _ kind: String,
        _ make: ((String) -> DocumentValue?) throws -> DocumentObject
    ) throws -> DocumentValue {
        var numbers = Set<Int>()
        for field in form.fields where field.name.hasPrefix("\(kind)_name_") {
            if let number = Int(field.name.dropFirst(kind.count + 6)) { numbers.insert(number) }
        }
        var items: [DocumentValue] = []
        for number in numbers.sorted() {
            guard let name = form["\(kind)_name_\(number)"], !name.isEmpty else { continue }
            var item = try make { field in
                let values = form.fields.filter { $0.name == "\(kind)_\(field)_\(number)" && !$0.value.isEmpty }
                return values.isEmpty ? nil : .string(values.map(\.value).joined(separator: ", "))
            }
            item["name"] = .string(name)
            items.append(.object(item))
        }
        return .array(items)
    }
}
