public import Documents
public import Geo

/// One band of a product: its names, how its samples are stored, and what they mean.
public struct Measurement: Hashable, Sendable {
    public let name: String
    public let aliases: [String]
    /// How samples are held in memory; see `dtypeName` for what the document says.
    ///
    /// Types that no `PixelType` names are widened: float16 to float32, 64-bit integers and the real part of complex
    /// numbers to float64.
    public let dtype: PixelType
    /// The type as the product document writes it.
    public let dtypeName: String
    /// The stored value that means "nothing here"; may be NaN.
    public let nodata: Double
    public let units: String
    /// `value = stored · scaleFactor + addOffset`; nil where the product does not say.
    public let scaleFactor: Double?
    public let addOffset: Double?
    public let flags: [FlagDefinition]

    public init(
        name: String,
        aliases: [String] = [],
        dtype: PixelType,
        nodata: Double,
        units: String = "1",
        scaleFactor: Double? = nil,
        addOffset: Double? = nil,
        flags: [FlagDefinition] = []
    ) {
        (self.name, self.aliases, self.dtype, self.dtypeName) = (name, aliases, dtype, dtype.rawValue)
        (self.nodata, self.units, self.scaleFactor, self.addOffset) = (nodata, units, scaleFactor, addOffset)
        self.flags = flags
    }

    /// Reads an entry of a product's `measurements`; nil where it has no name.
    init?(document: DocumentValue) {
        guard let name = document["name"]?.string else { return nil }
        self.name = name
        aliases = document["aliases"]?.array?.compactMap(\.string) ?? []
        dtypeName = document["dtype"]?.string ?? PixelType.float64.rawValue
        dtype = PixelType(rawValue: dtypeName) ?? (dtypeName == "float16" ? .float32 : .float64)
        nodata = document["nodata"]?.double ?? .nan
        units = document["units"]?.string ?? "1"
        (scaleFactor, addOffset) = (document["scale_factor"]?.double, document["add_offset"]?.double)
        flags =
            document["flags_definition"]?.object?.compactMap { FlagDefinition(name: $0.key, document: $0.value) } ?? []
    }

    /// True where `text` is the name or one of the aliases.
    public func answers(to text: String) -> Bool { name == text || aliases.contains(text) }

    /// The test that holds where every flag has its meaning.
    ///
    /// - Throws: `IndexError` that names the known flags, or the known meanings, when one is unknown.
    public func mask(for meanings: [String: DocumentValue]) throws -> BitTest {
        var (mask, value) = (UInt64(0), UInt64(0))
        for (flag, meaning) in meanings.sorted(by: { $0.key < $1.key }) {
            let test = try test(flag: flag, meaning: meaning)
            mask |= test.mask
            value |= test.value
        }
        return BitTest(mask: mask, value: value)
    }

    /// The test for one meaning of one flag.
    ///
    /// - Throws: `IndexError` that names the known flags, or the known meanings, when one is unknown.
    public func test(flag name: String, meaning: DocumentValue) throws -> BitTest {
        guard let flag = flags.first(where: { $0.name == name }) else {
            let near = nearest(to: name, in: flags.map(\.name)).map { "Did you mean '\($0)'? " } ?? ""
            let known = flags.isEmpty ? "It has none." : "Known: \(flags.map(\.name).joined(separator: ", "))."
            throw IndexError(.unknownFlag, name, "measurement '\(self.name)' has no such flag", hint: near + known)
        }
        guard let test = flag.test(for: meaning) else {
            let known = flag.values.sorted { $0.key < $1.key }.map { $0.value.string ?? JSONText.write($0.value) }
            let text = meaning.string ?? JSONText.write(meaning)
            let near = nearest(to: text, in: known).map { "Did you mean '\($0)'? " } ?? ""
            throw IndexError(
                .unknownFlag,
                "\(name): \(text)",
                "flag '\(name)' of measurement '\(self.name)' has no such meaning",
                hint: near + "Known: \(known.joined(separator: ", "))."
            )
        }
        return test
    }
}
