import Documents

/// Checks of metadata types and products before they are stored: what Python's schemas ask for, with line numbers.
enum DefinitionCheck {
    static func metadataType(_ root: DocumentReader) throws(DocumentError) {
        try root.allowOnly(["name", "description", "dataset"])
        try checkName(try root.required("name"))
        _ = try root.required("description").string()
        let dataset = try root.required("dataset")
        let offsets = ["id", "creation_dt", "label", "sources", "measurements", "format", "grid_spatial"]
        try dataset.allowOnly(offsets + ["search_fields"])
        for key in ["id", "creation_dt", "label", "sources"] { _ = try dataset.required(key) }
        for key in offsets { if let offset = dataset.optional(key) { try checkOffset(offset) } }
        // An empty mapping is allowed, a missing one is not.
        for (_, field) in try dataset.required("search_fields").entries() { try checkField(field) }
    }

    private static func checkField(_ field: DocumentReader) throws(DocumentError) {
        try field.allowOnly(["description", "offset", "type", "indexed", "min_offset", "max_offset"])
        let kind = try field.optional("type")?.choice(SearchField.Kind.self) ?? .string
        if let indexed = field.optional("indexed") { _ = try indexed.bool() }
        for key in kind.isRange ? ["min_offset", "max_offset"] : ["offset"] {
            let offset = try field.required(key)
            if kind.isRange {
                for path in try offset.elements() { try checkOffset(path) }
            } else {
                try checkOffset(offset)
            }
        }
    }

    private static func checkOffset(_ offset: DocumentReader) throws(DocumentError) {
        for step in try offset.elements() {
            guard step.value.string != nil else { throw step.failure("must be text, not \(step.value.kind)") }
        }
    }

    private static func checkName(_ name: DocumentReader) throws(DocumentError) {
        guard case .string(let text) = name.value else { throw name.failure("must be text, not \(name.value.kind)") }
        guard text.wholeMatch(of: #/\w+/#) != nil else {
            throw name.failure("'\(text)' is no valid name", hint: "Use letters, digits and underscores only.")
        }
    }

    static func product(_ root: DocumentReader) throws(DocumentError) {
        let known = [
            "name", "description", "metadata_type", "metadata", "license", "measurements", "storage", "load",
            "extra_dimensions", "managed",
        ]
        for (key, value) in try root.entries() where !known.contains(key) {
            if key.contains("default_"), value.value.object != nil { continue }
            let near = nearest(to: key, in: known)
            throw value.failure(
                "is an unknown key",
                hint: near.map { "Did you mean '\($0)'?" } ?? "Known keys: \(known.joined(separator: ", "))."
            )
        }
        try checkName(try root.required("name"))
        _ = try root.required("description").string()
        let type = try root.required("metadata_type")
        if type.value.object != nil { try metadataType(type) } else { _ = try type.string() }
        _ = try root.required("metadata").entries()
        if let license = root.optional("license") {
            let text = try license.string()
            guard text.wholeMatch(of: #/[\w\-.+]+/#) != nil else {
                throw license.failure(
                    "'\(text)' is no licence identifier",
                    hint: "Use an SPDX identifier, as CC-BY-4.0."
                )
            }
        }
        if let managed = root.optional("managed") { _ = try managed.bool() }
        var dimensions: [String: Int] = [:]
        for dimension in try root.optional("extra_dimensions")?.elements() ?? [] {
            try dimension.allowOnly(["name", "values", "dtype"])
            let values = try dimension.required("values").elements()
            for value in values { _ = try value.double() }
            try checkType(try dimension.required("dtype"))
            dimensions[try dimension.required("name").string()] = values.count
        }
        for measurement in try root.optional("measurements")?.elements() ?? [] {
            try check(measurement, dimensions)
        }
        if let storage = root.optional("storage") {
            try storage.allowOnly([
                "chunking", "crs", "dimension_order", "resolution", "tile_size", "origin", "driver",
            ])
            try checkGrid(storage, pairs: ["resolution", "tile_size", "origin"])
        }
        if let load = root.optional("load") {
            try load.allowOnly(["crs", "resolution", "align"])
            for key in ["crs", "resolution"] { _ = try load.required(key) }
            try checkGrid(load, pairs: ["resolution", "align"])
        }
    }

    private static func checkGrid(_ block: DocumentReader, pairs: [String]) throws(DocumentError) {
        if let crs = block.optional("crs") { _ = try crs.string() }
        for key in pairs {
            guard let pair = block.optional(key) else { continue }
            try pair.allowOnly(["x", "y", "longitude", "latitude"])
            for (_, number) in try pair.entries() { _ = try number.double() }
        }
    }

    private static func check(_ measurement: DocumentReader, _ dimensions: [String: Int]) throws(DocumentError) {
        try measurement.allowOnly([
            "name", "dtype", "nodata", "units", "aliases", "scale_factor", "add_offset", "spectral_definition",
            "flags_definition", "extra_dim",
        ])
        try checkName(try measurement.required("name"))
        try checkType(try measurement.required("dtype"))
        let nodata = try measurement.required("nodata")
        let words = ["nan", "NAN", "NaN", "Inf", "-Inf"]
        if case .string(let text) = nodata.value, !words.contains(text) {
            throw nodata.failure("must be a number or NaN, not '\(text)'")
        }
        if nodata.value.string == nil { _ = try nodata.double() }
        _ = try measurement.required("units").string()
        for key in ["scale_factor", "add_offset"] {
            if let number = measurement.optional(key) { _ = try number.double() }
        }
        if let aliases = measurement.optional("aliases") {
            for alias in try aliases.elements() { _ = try alias.string() }
        }
        for (_, flag) in try measurement.optional("flags_definition")?.entries() ?? [] {
            let bits = try flag.required("bits")
            if bits.value.array == nil { _ = try bits.double() }
            _ = try flag.required("values").entries()
        }
        guard let extra = measurement.optional("extra_dim") else { return }
        let name = try extra.string()
        guard dimensions[name] != nil else {
            throw extra.failure("names the dimension '\(name)', which extra_dimensions does not define")
        }
    }

    private static func checkType(_ reader: DocumentReader) throws(DocumentError) {
        let known = [
            "float16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64",
            "complex64", "complex128",
        ]
        let text = try reader.string()
        guard !known.contains(text) else { return }
        let near = nearest(to: text, in: known).map { "Did you mean '\($0)'? " } ?? ""
        throw reader.failure("has the unknown value '\(text)'", hint: "\(near)Known: \(known.joined(separator: ", ")).")
    }
}
