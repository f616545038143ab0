/// Where a setting's value came from.
public enum Origin: Hashable, Sendable, CustomStringConvertible {
    case commandLine(option: String)
    case environment(variable: String)
    case file(path: String, line: Int)
    /// Follows from another setting, which the text names.
    case derived(String)
    case builtIn

    public var description: String {
        switch self {
        case .commandLine(let option): "option \(option)"
        case .environment(let variable): "environment variable \(variable)"
        case .file(let path, let line): "\(path):\(line)"
        case .derived(let text): text
        case .builtIn: "default"
        }
    }
}

/// A value together with where it came from.
public struct Sourced<Value: Sendable & Hashable>: Sendable, Hashable {
    public let value: Value
    public let origin: Origin

    public init(_ value: Value, _ origin: Origin) { (self.value, self.origin) = (value, origin) }
}

/// One line of `antares config show`.
public struct Setting: Sendable, Hashable {
    public let name: String
    /// The value as text, secrets masked; nil where it is unset.
    public let value: String?
    public let origin: Origin
    /// What should be said about it, as that nothing uses it any more.
    public let note: String?

    public init(_ name: String, _ value: String?, _ origin: Origin, isSecret: Bool = false, note: String? = nil) {
        self.name = name
        self.value = isSecret ? value.map { _ in "********" } : value
        (self.origin, self.note) = (origin, note)
    }
}

/// A configuration that cannot be used.
public struct ConfigError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The file and line, variable or option that is to blame.
    public let origin: String
    public let reason: String
    public let hint: String?

    public init(_ origin: String, _ reason: String, hint: String? = nil) {
        (self.origin, self.reason, self.hint) = (origin, reason, hint)
    }

    public var description: String { "\(origin): \(reason)." + (hint.map { " \($0)" } ?? "") }
}
