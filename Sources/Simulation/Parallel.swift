import Foundation
import Synchronization

/// The results of `body` for each input, in the order of the inputs, computed on all cores.
///
/// The first error ends the work; what runs already is waited for.
func inParallel<Input: Sendable, Output: Sendable>(
    _ inputs: [Input],
    _ body: @escaping @Sendable (Input) throws -> Output
) async throws -> [Output] {
    let width = max(ProcessInfo.processInfo.activeProcessorCount, 1)
    return try await withThrowingTaskGroup(of: (Int, Output).self) { group in
        var results = [Output?](repeating: nil, count: inputs.count)
        var next = 0
        while next < min(width, inputs.count) {
            let index = next
            group.addTask { (index, try body(inputs[index])) }
            next += 1
        }
        while let (index, output) = try await group.next() {
            results[index] = output
            try Task.checkCancellation()
            if next < inputs.count {
                let index = next
                group.addTask { (index, try body(inputs[index])) }
                next += 1
            }
        }
        return results.compactMap { $0 }
    }
}

/// Counts steps that end on any thread.
final class StepCounter: Sendable {
    private let done = Mutex(0)
    private let report: @Sendable (Int) -> Void

    init(_ report: @escaping @Sendable (Int) -> Void) { self.report = report }

    func advance() {
        let count = done.withLock { count in
            count += 1
            return count
        }
        report(count)
    }
}
