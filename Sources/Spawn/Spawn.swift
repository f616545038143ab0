import CSpawn
import Foundation

/// Where a stream of a new program comes from or goes to.
public enum SpawnStream: Sendable {
    /// A descriptor of this program; the number of a stream of the new one where that is smaller than its own.
    case descriptor(Int32)
    /// A file, with the flags and the mode of `open`.
    case file(String, Int32, mode: UInt32 = 0o600)
}

/// Whom a terminal's signals reach.
public enum SpawnGroup: Sendable {
    /// The new program too.
    case shared
    /// The new program is the leader of a process group of its own.
    case own
    /// The new program belongs to no terminal any more.
    case session
}

/// Why a program could not be started.
public struct SpawnError: Error, Sendable, Equatable {
    public let program: String
    /// The number of the system's error.
    public let code: Int32

    public var reason: String { String(cString: strerror(code)) }
}

/// Starts a program beside this one, by `posix_spawn`.
///
/// Foundation's `Process` keeps threads and descriptors for each child, waits for everyone who inherits a socket of its
/// own, as a server does that the child leaves running, and has no process groups; swift-subprocess ties a child to one
/// asynchronous call and needs a newer compiler than this package does.
/// - Parameters:
///   - words: The program, looked for on PATH where it has no slash, and its arguments.
///   - environment: All its variables; nil for those of this program.
///   - directory: Where it starts.
///   - streams: What it gets by the numbers it sees; of the standard ones that are not named, input is empty and the others
///     are those of this program. No other descriptor is passed on.
///   - group: Whom a terminal's signals reach.
/// - Returns: The number of the process, for which somebody has to wait.
/// - Throws: `SpawnError` where it cannot be started.
public func spawn(
    _ words: [String],
    environment: [String: String]? = nil,
    in directory: String? = nil,
    streams: [Int32: SpawnStream] = [:],
    group: SpawnGroup = .shared
) throws(SpawnError) -> Int32 {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    if streams[0] == nil { posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0) }
    for (number, stream) in streams.sorted(by: { $0.key < $1.key }) {
        switch stream {
        case .descriptor(let descriptor): posix_spawn_file_actions_adddup2(&actions, descriptor, number)
        case .file(let path, let flags, let mode):
            posix_spawn_file_actions_addopen(&actions, number, path, flags, mode)
        }
    }
    posix_spawn_file_actions_addclosefrom_np(&actions, max(3, (streams.keys.max().map { $0 + 1 } ?? 0)))
    if let directory { posix_spawn_file_actions_addchdir_np(&actions, directory) }
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var defaults = sigset_t()
    sigemptyset(&defaults)
    for number in [SIGPIPE, SIGINT, SIGTERM, SIGHUP] { sigaddset(&defaults, number) }
    posix_spawnattr_setsigdefault(&attributes, &defaults)
    // Threads of the runtime block signals, and a child would inherit that: nothing but SIGKILL could end it.
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    var flags = Int32(POSIX_SPAWN_SETSIGDEF) | Int32(POSIX_SPAWN_SETSIGMASK)
    switch group {
    case .shared: break
    case .own: flags |= Int32(POSIX_SPAWN_SETPGROUP)  // group 0: its own number
    case .session: flags |= 0x80  // POSIX_SPAWN_SETSID of glibc, which its headers show to GNU programs only
    }
    posix_spawnattr_setflags(&attributes, Int16(flags))
    let all = environment ?? ProcessInfo.processInfo.environment
    var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
    var variables: [UnsafeMutablePointer<CChar>?] = all.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { for text in arguments + variables { free(text) } }
    var process: pid_t = 0
    let code = posix_spawnp(&process, words[0], &actions, &attributes, &arguments, &variables)
    guard code == 0 else { throw SpawnError(program: words[0], code: code) }
    return process
}
