import Documents
import Foundation

/// What a server says about an error, from the body of its answer.
enum ServerMessage {
    /// The message of a JSON answer, or the beginning of a plain one; empty for pages of HTML.
    static func text(_ body: Data) -> String {
        guard let text = String(data: body.prefix(16_384), encoding: .utf8) else { return "" }
        guard let value = try? JSONText.parse(text, origin: "answer") else {
            return text.contains("<") ? "" : oneLine(text)
        }
        for key in ["errorMessage", "description", "detail", "message", "error"] {
            if let said = value.at(key) { return oneLine(said.string ?? JSONText.write(said)) }
        }
        return oneLine(JSONText.write(value))
    }

    private static func oneLine(_ text: String) -> String {
        let line = text.split(whereSeparator: \.isNewline).joined(separator: " ").trimmingCharacters(in: .whitespaces)
        return line.count > 300 ? line.prefix(300) + "…" : line
    }
}
