/// What a task may use.
public struct Resources: Sendable, Hashable, Codable {
    /// In bytes; 0 leaves it to the engine.
    public var memory: Int
    /// Wall time; 0 leaves it to the engine.
    public var seconds: Int
    public var cores: Int

    public init(memory: Int = 0, seconds: Int = 0, cores: Int = 1) {
        (self.memory, self.seconds, self.cores) = (memory, seconds, cores)
    }

    /// Bytes of a text such as `4GB`, `512M` or `2000000`; units are powers of 1024, as the engines count them.
    public static func bytes(_ text: String) -> Int? {
        guard let match = text.wholeMatch(of: #/\s*([0-9]+(?:\.[0-9]+)?)\s*([KMGTkmgt]?)i?[Bb]?\s*/#),
            let number = Double(match.1)
        else { return nil }
        let power = ["": 0, "K": 1, "M": 2, "G": 3, "T": 4][match.2.uppercased()] ?? 0
        let bytes = (0..<power).reduce(number) { value, _ in value * 1024 }
        return bytes < 1e18 ? Int(bytes) : nil
    }

    /// Seconds of a text such as `90`, `30m`, `2h`, `1:30:00` or `1-12:00:00`.
    public static func seconds(_ text: String) -> Int? {
        if let match = text.wholeMatch(of: #/([0-9]{1,9})\s*([smhd]?)/#), let number = Int(match.1) {
            return number * (["": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400][String(match.2)] ?? 1)
        }
        guard let match = text.wholeMatch(of: #/(?:([0-9]{1,6})-)?([0-9]{1,6}):([0-9]{1,2}):([0-9]{1,2})/#),
            let hours = Int(match.2), let minutes = Int(match.3), let seconds = Int(match.4)
        else { return nil }
        return (match.1.flatMap { Int($0) } ?? 0) * 86_400 + hours * 3600 + minutes * 60 + seconds
    }

    /// `1536M`, for people and for engines.
    public static func megabytes(_ bytes: Int) -> String { "\((bytes + (1 << 20) - 1) >> 20)M" }
}
