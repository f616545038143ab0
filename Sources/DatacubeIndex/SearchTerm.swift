public import Documents
public import Geo

/// A condition on one search field.
public enum SearchTerm: Hashable, Sendable {
    /// Equal to a value; for a range field, the range contains it.
    case equals(DocumentValue)
    /// At least the lower bound and below the upper one; for a range field, the closed range overlaps it.
    case between(Double, Double)
    /// A time range overlaps this one; a single time lies within it.
    case during(TimeRange)
}
