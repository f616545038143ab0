import Dispatch
import Synchronization

extension Array where Element: Sendable {
    /// The results of `transform` in order, computed on all cores.
    func concurrentMap<T: Sendable>(_ transform: @Sendable (Element) -> T) -> [T] {
        guard count > 1 else { return map(transform) }
        let size = 16
        let parts = Mutex<[Int: [T]]>([:])
        DispatchQueue.concurrentPerform(iterations: (count + size - 1) / size) { number in
            let part = self[(number * size)..<Swift.min((number + 1) * size, count)].map(transform)
            parts.withLock { $0[number] = part }
        }
        return parts.withLock { done in done.keys.sorted().flatMap { done[$0] ?? [] } }
    }
}
