import TestSupport
import Testing

@testable import Workflows

@Suite("Handing out blocks")
struct BlockQueueTests {
    private func drain(_ queue: inout BlockQueue, after current: Int?) -> [String] {
        var taken: [String] = []
        var current = current
        while let (tile, block) = queue.take(after: current) {
            taken.append("\(tile):\(block.map(String.init) ?? "-")")
            current = tile
        }
        return taken
    }

    @Test func `one thread does tile after tile, and an empty tile once`() {
        var queue = BlockQueue([2, 0, 1])
        #expect(drain(&queue, after: nil) == ["0:0", "0:1", "1:-", "2:0"])
    }

    @Test func `with a limit no further tile is begun before one is done`() {
        var queue = BlockQueue([2, 1], tilesAtOnce: 1)
        _ = queue.take(after: nil)
        let second = queue.take(after: nil)
        #expect(second?.tile == 0 && second?.block == 1)
        let early = queue.take(after: 0)
        #expect(early == nil && queue.isHeldBack)
        queue.finishTile()
        let late = queue.take(after: 0)
        #expect(late?.tile == 1 && !queue.isHeldBack)
    }

    @Test func `a second thread begins another tile, and helps when none is left`() {
        var queue = BlockQueue([3, 2])
        let (first, second) = (queue.take(after: nil), queue.take(after: nil))
        #expect(first?.tile == 0 && first?.block == 0)
        #expect(second?.tile == 1 && second?.block == 0)
        #expect(drain(&queue, after: 1) == ["1:1", "0:1", "0:2"])
        let left = queue.take(after: 0)
        #expect(left == nil)
    }
}
