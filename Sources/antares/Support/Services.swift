import Config
import Logging

/// What a command works with: the resolved configuration, the log, and what is made from them.
struct Services: Sendable {
    let settings: Settings
    let log: Logger
}
