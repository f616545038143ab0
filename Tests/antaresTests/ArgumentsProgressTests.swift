import Testing

@testable import antares

@Suite struct ProgressReporterTests {
    @Test(arguments: [
        (0, 40, 5.0, "0 of 40 (0 %)"),
        (12, 40, 5.0, "12 of 40 (30 %), 2.4 a second, 12 s left"),
        (1, 40, 60.0, "1 of 40 (2 %), 1.0 a minute, 39 min 0 s left"),
        (40, 40, 7500.0, "40 of 40 (100 %), 0.3 a minute, took 2 h 5 min"),
        (0, 0, 1.0, "0 of 0 (100 %)"),
    ]) func `rate and remaining time follow from what is done`(done: Int, total: Int, seconds: Double, text: String) {
        #expect(ProgressReporter.text(done: done, total: total, seconds: seconds) == text)
    }

    @Test(arguments: [
        (0, 4, "[--------------------]"), (1, 4, "[#####---------------]"), (4, 4, "[####################]"),
    ])
    func `the bar fills from the left`(done: Int, total: Int, bar: String) {
        #expect(ProgressReporter.bar(done: done, total: total) == bar)
    }

    @Test func `a table pads all columns but the last`() {
        #expect(Output.table([["a", "long", "x"], ["bbb", "c", "yy"]]) == "a    long  x\nbbb  c     yy")
    }
}
