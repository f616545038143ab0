import Logging

/// What a command works with.
struct Services: Sendable {
    let log: Logger
}
