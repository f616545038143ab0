import Documents
import Postgres

/// Reading and writing rows of metadata types and products.
enum DefinitionStore {
    static func metadataTypes(_ session: Session) throws -> [MetadataType] {
        try session.query("SELECT id, name, definition FROM agdc.metadata_type ORDER BY id").compactMap { row in
            MetadataType(id: row.int("id"), definition: try document(row["definition"], row["name"]))
        }
    }

    /// All products by name.
    static func products(_ session: Session) throws -> [Product] {
        // The type's name is taken from its own row: definitions of old databases may lack it.
        let sql = """
            SELECT p.id, p.name, p.definition, p.metadata, t.name AS type
            FROM agdc.dataset_type AS p JOIN agdc.metadata_type AS t ON t.id = p.metadata_type_ref ORDER BY p.name
            """
        return try session.query(sql).compactMap { row in
            let definition = try document(row["definition"], row["name"])
                .setting(["metadata_type"], to: .string(row["type"] ?? ""))
                .setting(["metadata"], to: try document(row["metadata"], row["name"]))
            return Product(id: row.int("id"), definition: definition)
        }
    }

    static func insert(metadataType document: DocumentValue, _ session: Session) throws {
        try session.query(
            "INSERT INTO agdc.metadata_type (name, definition) VALUES ($1, $2::jsonb)",
            [document["name"]?.string, JSONText.write(document)]
        )
    }

    /// Puts a product in; nil where one of the name is there already.
    static func insert(product: Product, type: MetadataType, _ session: Session) throws -> Product? {
        let sql = """
            INSERT INTO agdc.dataset_type (name, metadata, metadata_type_ref, definition)
            VALUES ($1, $2::jsonb, $3, $4::jsonb) ON CONFLICT (name) DO NOTHING RETURNING id
            """
        let values = [
            product.name, JSONText.write(product.metadata), type.id.map(String.init),
            JSONText.write(product.definition),
        ]
        guard let id = try session.query(sql, values).first?.int("id") else { return nil }
        return Product(id: id, definition: product.definition)
    }

    static func document(_ text: String?, _ name: String?) throws -> DocumentValue {
        try JSONText.parse(text ?? "null", origin: "database row '\(name ?? "")'")
    }
}
