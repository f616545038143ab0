import Foundation
import Jobs

/// A parameter of a job type as a field of a form.
struct FormField {
    let description: ParameterDescription
    var value: String
    /// What is wrong with the value; nil for nothing.
    var error: String?

    init(_ description: ParameterDescription, value: String?, error: String? = nil) {
        (self.description, self.error) = (description, error)
        self.value = value ?? description.defaultValue ?? ""
    }

    /// The fields of a job type with what a form says; what is wrong stands beside its field.
    ///
    /// - Parameters:
    ///   - type: The job type.
    ///   - form: As it was sent.
    ///   - isComplete: False where required values may follow.
    /// - Returns: One for each parameter.
    static func check(_ type: JobDescription, _ form: FormBody, isComplete: Bool) -> [FormField] {
        type.allParameters.map { parameter in
            let value = submitted(parameter, form)
            let hasFile = form.files.contains {
                $0.name.lowercased() == parameter.name.lowercased() && $0.content.size > 0
            }
            var field = FormField(parameter, value: value ?? "")
            if let value, !hasFile {
                field.error = parameter.objection(to: value)
            } else if value == nil, !hasFile, parameter.isRequired, parameter.defaultValue == nil, isComplete {
                field.error = "A value is needed."
            }
            return field
        }
    }

    /// The value of a parameter that a browser's form brings; nil for an empty field.
    ///
    /// A check box comes after a hidden field with what it means when it is not checked, so that the last value counts.
    private static func submitted(_ parameter: ParameterDescription, _ form: FormBody) -> String? {
        let values = form.fields.filter { $0.name.lowercased() == parameter.name.lowercased() }
            .map { $0.value.trimmingCharacters(in: .whitespacesAndNewlines) }.filter { !$0.isEmpty }
        guard let last = values.last else { return nil }
        guard parameter.type == .boolean else { return last }
        // An unchecked box says nothing where that is what the job type takes anyway.
        return last == "false" && (parameter.defaultValue ?? "false") == "false" ? nil : last
    }

    /// What was given: of fields with a value, in the form that a job is made from.
    static func given(_ type: JobDescription, _ form: FormBody) -> FormBody {
        var given = form
        let names = Set(type.allParameters.map { $0.name.lowercased() })
        given.fields = form.fields.filter { !names.contains($0.name.lowercased()) && !$0.value.isEmpty }
        given.fields += type.allParameters.compactMap { parameter in
            submitted(parameter, form).map { (parameter.name, $0) }
        }
        given.files = form.files.filter { !$0.isEmptyField }
        return given
    }

    /// For a template.
    var values: Pages.Values {
        let type = description.type
        let isNumber = type.isNumber
        let hasOptions = !description.options.isEmpty
        var values: Pages.Values = [
            "name": description.name, "id": "field-\(description.name)",
            "label": description.name.replacing("_", with: " "),
            "value": value, "annotation": Self.sentence(description.annotation), "isRequired": description.isRequired,
            "isSelect": hasOptions, "isBoolean": type == .boolean && !hasOptions, "isFile": type == .file,
            "isChecked": ["true", "1"].contains(value.lowercased()),
            "inputMode": isNumber && !hasOptions ? (type.isWholeNumber ? "numeric" : "decimal") : "text",
            "isNumber": isNumber, "isDate": type == .date, "hint": hint,
            "options": description.options.map { option -> Pages.Values in
                ["value": option, "isChosen": option == value]
            },
            "needsEmptyOption": !description.isRequired || value.isEmpty,
        ]
        values["unit"] = description.unit
        values["error"] = error
        return values
    }

    /// The limits, in words.
    private var hint: String {
        func text(_ number: Double) -> String { number == number.rounded() ? "\(Int(number))" : "\(number)" }
        let limits: String
        switch (description.minimum, description.maximum) {
        case (let low?, let high?): limits = "from \(text(low)) to \(text(high))"
        case (let low?, nil): limits = "at least \(text(low))"
        case (nil, let high?): limits = "at most \(text(high))"
        case (nil, nil): limits = ""
        }
        let kind: String
        switch description.type {
        case .integer, .byte, .short, .int, .long: kind = "whole number"
        case .float, .double: kind = "number"
        case .date: kind = "date such as 2026-01-31"
        case .address: kind = "address such as https://example.org/scene.zip"
        case .string, .boolean, .file: kind = ""
        }
        return [kind, limits].filter { !$0.isEmpty }.joined(separator: " ")
    }

    private static func sentence(_ text: String) -> String { text.isEmpty || text.hasSuffix(".") ? text : text + "." }
}
