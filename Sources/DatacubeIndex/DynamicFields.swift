import Logging
import Postgres

/// The indexes and the view that PostgreSQL keeps for the search fields of one product or metadata type.
struct DynamicFields {
    /// One index: its name, method and the fields it holds.
    struct Index: Equatable {
        let name: String
        let method: String
        let fields: [SearchField]
    }

    let type: MetadataType
    /// Nil for the view of the whole type, which has no indexes.
    let product: Product?
    /// PostgreSQL's limit on names, in bytes.
    static let longestName = 63

    private static let composites = [
        ["lat", "lon", "time"], ["time", "lat", "lon"], ["sat_path", "sat_row", "time"],
    ]

    private var subject: String { product?.name ?? type.name }
    var viewName: String { "dv_\(subject)_dataset".lowercased() }

    /// Fields whose value the product's own signature fixes.
    private var fixedFields: Set<String> {
        guard let product else { return Set(type.fields.map(\.name)) }
        let fixed = type.fields.filter { field in
            let (lower, upper) = field.range(in: product.metadata)
            return field.kind.isRange ? !lower.isEmpty || !upper.isEmpty : field.value(in: product.metadata) != nil
        }
        return Set(fixed.map(\.name))
    }

    /// The indexes that should be there.
    var wanted: [Index] { all.filter(\.isWanted).map(\.index) }

    /// All indexes that the fields could have, and whether they should be there.
    private var all: [(index: Index, isWanted: Bool)] {
        guard product != nil else { return [] }
        let fixed = fixedFields
        var covered = fixed
        var result: [(index: Index, isWanted: Bool)] = []
        for names in Self.composites {
            let fields = names.compactMap { name in type.fields.first { $0.name == name } }
            guard fields.count == names.count else { continue }
            result.append((index(fields, method: "gist"), !fixed.isSuperset(of: names)))
            covered.formUnion(names)
        }
        for field in type.fields {
            let isWanted = field.isIndexed && !covered.contains(field.name)
            result.append((index([field], method: field.indexMethod), isWanted))
        }
        return result
    }

    private func index(_ fields: [SearchField], method: String) -> Index {
        let name = "dix_\(subject)_\(fields.map(\.name).joined(separator: "_"))".lowercased()
        return Index(name: name, method: method, fields: fields)
    }

    /// The first name that PostgreSQL would cut short, nil where all fit.
    var tooLongName: String? {
        (wanted.map(\.name) + [viewName]).first { $0.utf8.count > Self.longestName }
    }

    /// How the datasets of the product or type are told from others.
    private func condition() -> String {
        let reference = product == nil ? "metadata_type_ref" : "dataset_type_ref"
        let number = (product?.id ?? type.id) ?? 0
        return "dataset.archived IS NULL AND dataset.\(reference) = \(number)"
    }

    struct Options {
        var rebuildsIndexes = false
        var rebuildsView = false
        /// False builds indexes beside the work of others, outside of a transaction.
        var locksTable = false
    }

    /// Makes what is missing and drops what should not be there.
    func ensure(_ session: Session, _ options: Options, _ log: Logger) throws {
        for (index, isWanted) in all {
            try ensure(index, isWanted: isWanted, session, options, log)
        }
        try ensureView(session, rebuilds: options.rebuildsView, log)
    }

    /// Drops all indexes and the view.
    func drop(_ session: Session, _ log: Logger) throws {
        for (index, _) in all {
            log.debug("Dropping index: \(index.name)")
            try session.execute("DROP INDEX IF EXISTS agdc.\(try session.quotedIdentifier(index.name))")
        }
        log.debug("Dropping view: agdc.\(viewName)")
        try session.execute("DROP VIEW IF EXISTS agdc.\(try session.quotedIdentifier(viewName))")
    }

    private func ensure(
        _ index: Index,
        isWanted: Bool,
        _ session: Session,
        _ options: Options,
        _ log: Logger
    ) throws {
        let name = try session.quotedIdentifier(index.name)
        let sql = "SELECT i.indisvalid FROM pg_index AS i WHERE i.indexrelid = to_regclass($1)"
        let found = try session.query(sql, ["agdc.\(name)"]).first
        var exists = found != nil
        // What an interrupted concurrent build left serves no query.
        if exists, options.rebuildsIndexes || !isWanted || found?.bool("indisvalid") == false {
            log.debug("Dropping index: \(index.name) (replace=\(options.rebuildsIndexes))")
            try session.execute("DROP INDEX agdc.\(name)")
            exists = false
        }
        guard isWanted, !exists else { return }
        log.info("Creating index: \(index.name)")
        let expressions = try index.fields.map { "(\(try $0.expression(session)))" }.joined(separator: ", ")
        let concurrently = options.locksTable ? "" : "CONCURRENTLY"
        try session.execute(
            "CREATE INDEX \(concurrently) \(name) ON agdc.dataset USING \(index.method) (\(expressions)) WHERE \(condition())"
        )
    }

    private func ensureView(_ session: Session, rebuilds: Bool, _ log: Logger) throws {
        let name = "agdc.\(try session.quotedIdentifier(viewName))"
        var exists = try session.query("SELECT to_regclass($1) AS found", [name]).first?["found"] != nil
        if exists, rebuilds {
            log.debug("Dropping view: agdc.\(viewName) (replace=true)")
            try session.execute("DROP VIEW \(name)")
            exists = false
        }
        guard !exists else { return }
        log.debug("Creating view: agdc.\(viewName)")
        try session.execute(
            """
            CREATE VIEW \(name) AS SELECT \(try columns(session))
            FROM agdc.dataset
            JOIN agdc.dataset_type ON dataset_type.id = dataset.dataset_type_ref
            JOIN agdc.metadata_type ON metadata_type.id = dataset_type.metadata_type_ref
            WHERE \(condition())
            """
        )
        // Owned by the role, the view stands neither in the way of other accounts nor of `system init` of datacube 1.9.
        let mayGive = "SELECT pg_has_role(rolname, 'MEMBER') AS may FROM pg_roles WHERE rolname = 'agdc_manage'"
        let owns = "SELECT has_schema_privilege('agdc_manage', 'agdc', 'CREATE') AS may"
        if try session.query(mayGive).first?.bool("may") == true, try session.query(owns).first?.bool("may") == true {
            try session.execute("ALTER VIEW \(name) OWNER TO agdc_manage")
        }
    }

    private func columns(_ session: Session) throws -> String {
        let native = [
            ("id", "dataset.id"), ("indexed_time", "dataset.added"), ("indexed_by", "dataset.added_by"),
            ("product", "dataset_type.name"), ("dataset_type_id", "dataset.dataset_type_ref"),
            ("metadata_type", "metadata_type.name"), ("metadata_type_id", "dataset.metadata_type_ref"),
            ("metadata_doc", "dataset.metadata"),
        ]
        // A declared field takes the place of a native one of its name.
        var columns = native
        for field in type.fixedFields + type.fields {
            columns.removeAll { $0.0 == field.name }
            columns.append((field.name, try field.expression(session)))
        }
        return try columns.map { "\($0.1) AS \(try session.quotedIdentifier($0.0))" }.joined(separator: ", ")
    }
}
