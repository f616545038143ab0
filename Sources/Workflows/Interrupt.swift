import Foundation
import Synchronization

#if canImport(Glibc)
import Glibc
#endif

/// Ctrl-C: the first asks the work to stop after what it is writing, the second ends the program at once.
public enum Interrupt {
    /// True once the user asked to stop; loops over tasks and blocks look at it.
    public static var isRequested: Bool { flag.load(ordering: .relaxed) }

    /// Throws `CancellationError` once the user asked to stop.
    public static func check() throws {
        if isRequested { throw CancellationError() }
    }

    /// Starts to listen for SIGINT and SIGTERM.
    public static func install() {
        _ = isRequested  // makes the flag before a signal handler can meet it half made
        _ = wakeup
        for number in [SIGINT, SIGTERM] { signal(number, noteSignal) }
    }

    /// What is said of an interrupt as soon as it is noticed.
    public static let notice = "interrupted: stopping after what is being written; once more ends at once\n"

    /// Runs the work of a command; an interrupt cancels the task that it runs in, and is answered on stderr.
    public static func cancellingOnInterrupt<T: Sendable>(
        _ work: sending @escaping () async throws -> T
    ) async -> Result<T, any Error> {
        let task = Task { try await work() }
        Thread.detachNewThread {
            var byte: UInt8 = 0
            while read(wakeup.readEnd, &byte, 1) != 1 {}
            FileHandle.standardError.write(Data(notice.utf8))
            task.cancel()
        }
        return await task.result
    }
}

private let flag = Atomic<Bool>(false)
private let wakeup = Pipe()

/// A pipe by which the signal handler wakes a thread: writing to it is one of the few things a handler may do.
private struct Pipe: Sendable {
    let readEnd: Int32
    let writeEnd: Int32

    init() {
        var ends: [Int32] = [-1, -1]
        _ = pipe(&ends)
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        (readEnd, writeEnd) = (ends[0], ends[1])
    }
}

private func noteSignal(number: Int32) {
    if flag.exchange(true, ordering: .relaxed) { _exit(130) }
    var byte: UInt8 = 1
    _ = write(wakeup.writeEnd, &byte, 1)
}
