public import Documents
public import Geo

/// A product: what datasets of one kind have in common (a row of `agdc.dataset_type`).
public struct Product: Hashable, Sendable {
    /// The row's number, nil for a product that is not in the index.
    public let id: Int?
    public let name: String
    public let description: String
    /// Name of the metadata type.
    public let metadataType: String
    /// The whole definition as it is stored.
    public let definition: DocumentValue
    public let measurements: [Measurement]

    /// Reads a definition as it is stored; nil where it has no name.
    public init?(id: Int? = nil, definition: DocumentValue) {
        guard let name = definition["name"]?.string else { return nil }
        (self.id, self.name, self.definition) = (id, name, definition)
        description = definition["description"]?.string ?? ""
        let type = definition["metadata_type"]
        metadataType = type?.string ?? type?["name"]?.string ?? ""
        var measurements: [Measurement] = []
        for entry in definition["measurements"]?.array ?? [] {
            guard let measurement = Measurement(document: entry) else { continue }
            // The last of several with one name wins, as in Python.
            measurements.removeAll { $0.name == measurement.name }
            measurements.append(measurement)
        }
        self.measurements = measurements
    }

    /// The signature: what a dataset's document has to contain to belong here.
    public var metadata: DocumentValue { definition["metadata"] ?? .object(DocumentObject()) }

    /// The measurement with a name or an alias.
    ///
    /// - Throws: `IndexError` with the nearest name.
    public func measurement(_ text: String) throws -> Measurement {
        let found = measurements.first { $0.name == text } ?? measurements.first { $0.answers(to: text) }
        guard let found else {
            let near = nearest(to: text, in: measurements.flatMap { [$0.name] + $0.aliases })
            throw IndexError(
                .unknownMeasurement,
                text,
                "product '\(name)' has no such measurement",
                hint: near.map { "Did you mean '\($0)'?" }
                    ?? "It has: \(measurements.map(\.name).joined(separator: ", "))."
            )
        }
        return found
    }

    /// The grid of cells in which the product is stored, nil where `storage` lacks crs, tile_size or resolution.
    public var gridSpec: GridSpec? {
        guard let storage = definition["storage"], let crs = storage["crs"]?.string,
            let tileSize = xy(storage["tile_size"]), let resolution = xy(storage["resolution"])
        else { return nil }
        guard tileSize.x > 0, tileSize.y > 0, resolution.x != 0, resolution.y != 0 else { return nil }
        return GridSpec(
            crs: CRS(crs.trimmingBlanks),
            tileSize: tileSize,
            resolution: resolution,
            origin: xy(storage["origin"]) ?? Point(x: 0, y: 0)
        )
    }

    /// In which CRS and resolution the product is best loaded: `load`, else `storage` without or with cells.
    public var outputHint: OutputHint? {
        let (load, storage) = (definition["load"], definition["storage"])
        for block in [load, storage].compactMap({ $0 }) {
            guard let crs = block["crs"]?.string, let resolution = xy(block["resolution"]) else { continue }
            return OutputHint(crs: CRS(crs.trimmingBlanks), resolution: resolution, align: xy(block["align"]))
        }
        return nil
    }

    /// A pair under the keys x and y, or longitude and latitude.
    private func xy(_ value: DocumentValue?) -> XY<Double>? {
        guard let x = (value?["x"] ?? value?["longitude"])?.double,
            let y = (value?["y"] ?? value?["latitude"])?.double, x.isFinite, y.isFinite
        else { return nil }
        return XY(x: x, y: y)
    }
}

/// In which CRS and resolution a product is best loaded.
public struct OutputHint: Hashable, Sendable {
    public let crs: CRS
    /// Size of a pixel in CRS units; y is usually negative.
    public let resolution: XY<Double>
    /// Where pixel edges lie: offsets from multiples of the resolution, in CRS units.
    public let align: XY<Double>?
}

extension String {
    var trimmingBlanks: String {
        String(drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
    }
}
