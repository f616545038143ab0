import Foundation
import Synchronization

/// Shows how far a piece of work is, on standard error: a bar on a terminal, rarer and rarer lines elsewhere.
///
/// May be called from any thread.
final class ProgressReporter: Sendable {
    private struct State {
        var done = 0
        /// What the last line said; nil before the first.
        var shown: Int?
        var nextReport: Duration
        var pause: Duration
    }
    private let title: String
    private let total: Int
    private let isTerminal: Bool
    private let isQuiet: Bool
    private let start = ContinuousClock.now
    private let state: Mutex<State>

    init(_ title: String, total: Int, isQuiet: Bool) {
        (self.title, self.total, self.isQuiet) = (title, total, isQuiet)
        isTerminal = isatty(STDERR_FILENO) == 1
        let pause: Duration = isTerminal ? .milliseconds(200) : .seconds(5)
        state = Mutex(State(nextReport: pause, pause: pause))
    }

    /// Counts `steps` more as done.
    func advance(by steps: Int = 1) { report { $0 += steps } }

    /// Says how many steps are done; never goes back.
    func update(to done: Int) { report { $0 = max($0, done) } }

    /// Ends the bar, or writes the last line where one was written before.
    func finish() {
        guard !isQuiet else { return }
        let (done, shown) = state.withLock { ($0.done, $0.shown) }
        guard let shown, isTerminal || shown != done else { return }
        let line = text(done: done, elapsed: start.duration(to: .now))
        write(isTerminal ? "\r\u{1B}[K\(line)\n" : "\(line)\n")
    }

    private func report(_ change: (inout Int) -> Void) {
        let elapsed = start.duration(to: .now)
        let shown: Int? = state.withLock { state in
            change(&state.done)
            guard elapsed >= state.nextReport else { return nil }
            state.shown = state.done
            state.nextReport = elapsed + state.pause
            if !isTerminal { state.pause = min(state.pause * 2, .seconds(300)) }
            return state.done
        }
        guard !isQuiet, let shown else { return }
        let line = text(done: shown, elapsed: elapsed)
        write(isTerminal ? "\r\u{1B}[K\(line)" : "\(line)\n")
    }

    private func text(done: Int, elapsed: Duration) -> String {
        let bar = isTerminal ? Self.bar(done: done, total: total) + " " : ""
        return "\(title): \(bar)\(Self.text(done: done, total: total, seconds: elapsed / .seconds(1)))"
    }

    /// The bar, `[#####---------------]`.
    static func bar(done: Int, total: Int) -> String {
        let filled = total > 0 ? min(20, 20 * done / total) : 20
        return "[" + String(repeating: "#", count: filled) + String(repeating: "-", count: 20 - filled) + "]"
    }

    /// The state in words: `12 of 40 (30 %), 2.4 a second, 12 s left`.
    static func text(done: Int, total: Int, seconds: Double) -> String {
        let percent = total > 0 ? 100 * done / total : 100
        let head = "\(done) of \(total) (\(percent) %)"
        guard done > 0, seconds > 0 else { return head }
        let rate = Double(done) / seconds
        let pace =
            rate >= 1 ? String(format: "%.1f a second", rate) : String(format: "%.1f a minute", rate * 60)
        guard done < total else { return "\(head), \(pace), took \(span(seconds))" }
        return "\(head), \(pace), \(span(Double(total - done) / rate)) left"
    }

    /// A length of time as `45 s`, `3 min 20 s` or `2 h 5 min`.
    static func span(_ seconds: Double) -> String {
        let whole = Int(seconds.rounded())
        if whole < 60 { return "\(whole) s" }
        if whole < 3600 { return "\(whole / 60) min \(whole % 60) s" }
        return "\(whole / 3600) h \(whole % 3600 / 60) min"
    }

    private func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
}
