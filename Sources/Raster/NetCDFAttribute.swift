/// The value of an attribute of a netCDF file, in the type that it is written in.
public enum NetCDFAttribute: Sendable, Hashable {
    case text(String)
    case integers([Int64])
    case doubles([Double])
    case texts([String])

    /// As formats keep it that know texts only.
    public var text: String {
        switch self {
        case .text(let text): text
        case .integers(let numbers): numbers.map { "\($0)" }.joined(separator: ", ")
        case .doubles(let numbers): numbers.map { "\($0)" }.joined(separator: ", ")
        case .texts(let texts): texts.joined(separator: ", ")
        }
    }
}

extension NetCDFAttribute: ExpressibleByStringInterpolation {
    public init(stringLiteral value: String) { self = .text(value) }
}
