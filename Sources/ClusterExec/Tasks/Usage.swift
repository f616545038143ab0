import Foundation

/// What this process and the children it waited for have used so far.
struct Usage {
    let cpuSeconds: Double
    /// In bytes; the larger of the process and its largest child.
    let peakMemory: Int
    let bytesRead: Int
    let bytesWritten: Int

    enum Scope { case own, withChildren }

    static func measure(_ scope: Scope = .withChildren) -> Usage {
        var (own, children) = (rusage(), rusage())
        getrusage(.init(RUSAGE_SELF.rawValue), &own)
        if scope == .withChildren { getrusage(.init(RUSAGE_CHILDREN.rawValue), &children) }
        func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
        let cpu = [own.ru_utime, own.ru_stime, children.ru_utime, children.ru_stime].map(seconds).reduce(0, +)
        var counters: [String: Int] = [:]
        for line in (try? String(contentsOfFile: "/proc/self/io", encoding: .utf8))?.split(separator: "\n") ?? [] {
            let words = line.split(separator: ":")
            if words.count == 2 { counters[String(words[0])] = Int(words[1].drop { $0 == " " }) }
        }
        return Usage(
            cpuSeconds: cpu,
            peakMemory: max(Int(own.ru_maxrss), Int(children.ru_maxrss)) << 10,
            bytesRead: counters["rchar"] ?? 0,
            bytesWritten: counters["wchar"] ?? 0
        )
    }

    /// Bytes that a process holds now, with its group's other processes; 0 for none.
    static func memory(ofGroup group: pid_t) -> Int {
        var pages = 0
        for name in (try? DurableFile.names(in: "/proc")) ?? [] {
            guard let pid = pid_t(name), getpgid(pid) == group,
                let text = try? String(contentsOfFile: "/proc/\(pid)/statm", encoding: .utf8)
            else { continue }
            let words = text.split(separator: " ")
            if words.count > 1 { pages += Int(words[1]) ?? 0 }
        }
        return pages * Int(sysconf(Int32(_SC_PAGESIZE)))
    }
}
