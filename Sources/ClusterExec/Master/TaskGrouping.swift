/// How many tiles make one task.
public enum TaskGrouping {
    /// The number of tiles in a task, so that starting it costs little and every slot has work to the end.
    ///
    /// - Parameters:
    ///   - secondsPerTile: As measured with the first tile.
    ///   - tiles: Of the whole job.
    ///   - slots: Tasks that run at once; nil where that is not known.
    ///   - startSeconds: What starting a task costs: the engine's scheduling and the program's own start.
    ///   - limitSeconds: What a task may take at most, 0 for no limit; half of it is used.
    /// - Returns: At least 1, at most all tiles. Starting takes at most a twentieth of the work, a slot gets at least
    ///   four tasks where there are tiles enough for that, and a job has at most 10,000 tasks if its limit allows.
    public static func tilesPerTask(
        secondsPerTile: Double,
        tiles: Int,
        slots: Int?,
        startSeconds: Double = 2,
        limitSeconds: Int = 0
    ) -> Int {
        guard tiles > 1 else { return 1 }
        let seconds = max(secondsPerTile, 0.001)
        var count = Int((20 * startSeconds / seconds).rounded(.up))
        if let slots, slots > 0 { count = min(count, max(1, tiles / (4 * slots))) }
        count = max(count, (tiles + 9999) / 10_000)
        if limitSeconds > 0 { count = min(count, Int(Double(limitSeconds) / 2 / seconds)) }
        return min(max(1, count), tiles)
    }
}
