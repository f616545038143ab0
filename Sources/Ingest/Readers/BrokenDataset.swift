public import struct Foundation.UUID

/// A dataset whose files could not be read.
public struct BrokenDataset: Error, Sendable, CustomStringConvertible {
    public let id: UUID
    public let reason: String

    public var description: String { reason }
}
