/// An account at the USGS's Machine-to-Machine API.
public struct USGSAccount: Sendable, Hashable {
    public let user: String
    public let token: String
    /// Where the API is, nil for the USGS's own.
    public let address: String?

    /// Nil where user or token is missing.
    init?(_ values: AntaresValues) {
        guard let user = values[.usgsUser]?.value, let token = values[.usgsToken]?.value else { return nil }
        (self.user, self.token, address) = (user, token, values[.usgsAddress]?.value)
    }
}

/// How the user's STAC API is reached.
public struct STACAccess: Sendable, Hashable {
    public let address: String?
    /// The value of the header Authorization for that API.
    public let authorization: String?
    /// What signs the addresses of assets: a query, or the address of a service.
    public let sign: String?

    init(_ values: AntaresValues) {
        address = values[.stacAddress]?.value
        authorization = values[.stacAuthorization]?.value
        sign = values[.stacSign]?.value
    }
}
