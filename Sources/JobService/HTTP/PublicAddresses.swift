import Foundation
import Synchronization

/// Which addresses of the web lead to the public internet, for programs of jobs that fetch what others name.
public enum PublicAddresses {
    private static let known = Mutex<[String: String?]>([:])

    /// Why an address is not fetched: it leads where only this machine or its network reaches, or nowhere.
    ///
    /// Each host is looked up once.
    /// - Parameter address: Of http or https.
    /// - Returns: A sentence; nil for a public one.
    public static func objection(to address: String) -> String? {
        guard let url = try? AddressFetch.parse(address) else { return "'\(address.prefix(200))' is no plain address." }
        let host = url.host ?? ""
        if let answer = known.withLock({ $0[host] }) { return answer }
        var answer: String?
        do {
            _ = try AddressFetch(ServiceOptions()).checked(url, AddressFetch.lookUp)
        } catch {
            answer = "\(error)"
        }
        known.withLock { $0[host] = .some(answer) }
        return answer
    }
}
